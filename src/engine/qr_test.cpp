// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "qr.hpp"

#include <gmock/gmock.h>
#include <jpeglib.h>
#include <png.h>
#include <cstdio>
#include <cstdlib>

#include "picture.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kPixels = 3;  // A module: what zbar reads without fail.

Picture draw(const QrCode& code) {
    const std::size_t side = (code.width + 8) * kPixels;
    Picture picture{side, side, Bytes(side * side, 255)};
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x) {
            const std::size_t column = x / kPixels;
            const std::size_t row = y / kPixels;
            if (column >= 4 && row >= 4 && column < code.width + 4 && row < code.width + 4 &&
                code.dark(column - 4, row - 4))
                picture.pixels[y * side + x] = 0;
        }
    return picture;
}

Bytes png_of(const Picture& picture) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(picture.width);
    image.height = static_cast<png_uint_32>(picture.height);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = 0;
    png_image_write_to_memory(&image, nullptr, &size, 0, picture.pixels.data(), 0, nullptr);
    Bytes bytes(size);
    png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr);
    bytes.resize(size);
    return bytes;
}

Bytes jpeg_of(const Picture& picture) {
    jpeg_error_mgr errors{};
    jpeg_compress_struct info{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* out = nullptr;
    unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type.
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = static_cast<JDIMENSION>(picture.width);
    info.image_height = static_cast<JDIMENSION>(picture.height);
    info.input_components = 1;
    info.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_start_compress(&info, TRUE);
    Bytes row(picture.width);
    while (info.next_scanline < info.image_height) {
        std::copy_n(picture.pixels.begin() +
                        static_cast<std::ptrdiff_t>(info.next_scanline * picture.width),
                    picture.width, row.begin());
        JSAMPROW at = row.data();
        jpeg_write_scanlines(&info, &at, 1);
    }
    jpeg_finish_compress(&info);
    Bytes bytes{out, out + size};
    jpeg_destroy_compress(&info);
    std::free(out);
    return bytes;
}

TEST(Qr, what_is_drawn_is_read_again_from_png_and_jpeg) {
    const std::string text =
        "{\"to\":\"0x96221423681A6d52E184D440a8eFCEbB105C7242\"} " + std::string(200, 'x');
    const auto code = make_qr(text);
    ASSERT_TRUE(code);
    for (const Bytes& bytes : {png_of(draw(*code)), jpeg_of(draw(*code))}) {
        const auto texts = read_qr(memory_file("picture", bytes));
        ASSERT_TRUE(texts) << texts.error().message;
        EXPECT_THAT(*texts, testing::ElementsAre(text));
    }
}

TEST(Qr, a_picture_without_a_code_is_said_to_have_none) {
    const Bytes blank = png_of({40, 40, Bytes(1600, 255)});
    const auto texts = read_qr(memory_file("blank.png", blank));
    ASSERT_FALSE(texts);
    EXPECT_EQ(texts.error().code, ErrorCode::kNotFound);
}

TEST(Qr, what_is_no_picture_or_ends_early_is_refused) {
    const Bytes words{'h', 'e', 'l', 'l', 'o'};
    EXPECT_EQ(read_picture(words).error().code, ErrorCode::kUnsupported);
    EXPECT_FALSE(read_picture({}));
    const auto code = make_qr("text");
    ASSERT_TRUE(code);
    for (const Bytes& whole : {png_of(draw(*code)), jpeg_of(draw(*code))}) {
        for (const std::size_t size : {std::size_t{4}, std::size_t{20}, whole.size() / 2}) {
            const auto picture = read_picture(ByteView{whole}.first(size));
            // libjpeg fills up what is missing; libpng refuses.
            EXPECT_LE(picture ? picture->pixels.size() : 0, kMaxPixels);
        }
    }
}

TEST(Qr, a_picture_that_claims_too_many_pixels_is_not_opened) {
    Bytes huge = png_of({8, 8, Bytes(64, 255)});
    huge[18] = 0x7f;  // The width in IHDR; its checksum no longer fits, or the bound holds.
    EXPECT_FALSE(read_picture(huge));
}

TEST(Qr, more_than_a_code_holds_is_refused) {
    EXPECT_TRUE(make_qr(std::string(2331, 'x')));
    EXPECT_EQ(make_qr(std::string(2332, 'x')).error().code, ErrorCode::kLimit);
    EXPECT_FALSE(make_qr(""));
}

TEST(Qr, drawings_have_the_quiet_zone) {
    const auto code = make_qr("a");
    ASSERT_TRUE(code);
    EXPECT_EQ(code->width, 21U);
    EXPECT_TRUE(qr_terminal(*code).starts_with("█████"));
    EXPECT_THAT(qr_svg(*code), testing::HasSubstr("viewBox=\"0 0 29 29\""));
}

}  // namespace
}  // namespace cordon::engine
