// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "qr.hpp"

#include <gmock/gmock.h>
#include <jpeglib.h>
#include <cstdio>
#include <cstdlib>

#include <cordon/wallet/bundle.hpp>
#include <cordon/wallet/ur/qr.hpp>
#include <cordon/wallet/ur/ur.hpp>

#include "picture.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kPixels = 3;  // A module: what zbar reads without fail.

Picture draw(const wallet::QrCode& code) {
    wallet::QrPicture picture = wallet::qr_picture(code, kPixels);
    return {picture.side, picture.side, std::move(picture.pixels)};
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
    const auto code = wallet::make_qr(text);
    ASSERT_TRUE(code);
    for (const Bytes& bytes : {png_of(draw(*code)).value(), jpeg_of(draw(*code))}) {
        const auto texts = read_qr(memory_file("picture", bytes));
        ASSERT_TRUE(texts) << texts.error().message;
        EXPECT_THAT(*texts, testing::ElementsAre(text));
    }
}

TEST(Qr, a_picture_without_a_code_is_said_to_have_none) {
    const Bytes blank = png_of({40, 40, Bytes(1600, 255)}).value();
    const auto texts = read_qr(memory_file("blank.png", blank));
    ASSERT_FALSE(texts);
    EXPECT_EQ(texts.error().code, ErrorCode::kNotFound);
}

TEST(Qr, what_is_no_picture_or_ends_early_is_refused) {
    const Bytes words{'h', 'e', 'l', 'l', 'o'};
    EXPECT_EQ(read_picture(words).error().code, ErrorCode::kUnsupported);
    EXPECT_FALSE(read_picture({}));
    const auto code = wallet::make_qr("text");
    ASSERT_TRUE(code);
    for (const Bytes& whole : {png_of(draw(*code)).value(), jpeg_of(draw(*code))}) {
        for (const std::size_t size : {std::size_t{4}, std::size_t{20}, whole.size() / 2}) {
            const auto picture = read_picture(ByteView{whole}.first(size));
            // libjpeg fills up what is missing; libpng refuses.
            EXPECT_LE(picture ? picture->pixels.size() : 0, kMaxPixels);
        }
    }
}

TEST(Qr, a_picture_that_claims_too_many_pixels_is_not_opened) {
    Bytes huge = png_of({8, 8, Bytes(64, 255)}).value();
    huge[18] = 0x7f;  // The width in IHDR; its checksum no longer fits, or the bound holds.
    EXPECT_FALSE(read_picture(huge));
}

TEST(Qr, a_bundle_comes_through_when_a_third_of_the_frames_is_lost) {
    wallet::Bundle bundle;
    bundle.request.id = "wd-17";
    for (int i = 0; i < 6; ++i)
        bundle.approvals.push_back({std::string(300, 'a'), Bytes(64, 7), {}, {}});
    const std::string text = wallet::format_bundle(bundle);
    const ByteView content{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    const auto ur = wallet::make_ur(wallet::ur_type_of(content), content).value();
    EXPECT_EQ(ur.type, wallet::kUrBundle);
    const auto sender = wallet::UrEncoder::make(ur).value();
    ASSERT_GT(sender.count(), 8U);

    wallet::UrDecoder receiver;
    std::size_t shown = 0, lost = 0;
    for (uint32_t number = 1; !receiver.done(); ++number) {
        ASSERT_LT(++shown, 5 * sender.count());
        if (number % 3 == 0) {
            ++lost;
            continue;
        }
        std::string part = sender.part(number);
        std::ranges::transform(part, part.begin(),
                               [](char c) { return static_cast<char>(std::toupper(c)); });
        const auto code = wallet::make_qr(part);
        ASSERT_TRUE(code);
        const auto texts = read_qr(memory_file("frame", png_of(draw(*code)).value()));
        ASSERT_TRUE(texts) << texts.error().message;
        ASSERT_TRUE(receiver.receive(texts->front()));
    }
    EXPECT_GT(lost, sender.count() / 3);
    EXPECT_EQ(wallet::content_of(receiver.ur()).value(), Bytes(content.begin(), content.end()));
}

}  // namespace
}  // namespace cordon::engine
