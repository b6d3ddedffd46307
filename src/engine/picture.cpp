// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <jpeglib.h>
#include <png.h>
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

Status check_size(std::size_t width, std::size_t height) {
    if (width == 0 || height == 0) return fail(ErrorCode::kMalformed, "a picture without pixels");
    if (width > kMaxPixels / height)
        return fail(ErrorCode::kLimit, format("{} x {} pixels: more than {} are not opened", width,
                                              height, kMaxPixels));
    return {};
}

Result<Picture> read_png(ByteView bytes) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
        return fail(ErrorCode::kMalformed, format("PNG: {}", image.message));
    Picture picture{image.width, image.height, {}};
    if (const Status size = check_size(picture.width, picture.height); !size) {
        png_image_free(&image);
        return fail(size.error());
    }
    image.format = PNG_FORMAT_GRAY;
    picture.pixels.resize(PNG_IMAGE_SIZE(image));
    // What is transparent is paper.
    const png_color white{255, 255, 255};
    if (png_image_finish_read(&image, &white, picture.pixels.data(), 0, nullptr) == 0)
        return fail(ErrorCode::kMalformed, format("PNG: {}", image.message));
    return picture;
}

struct JpegErrors {
    jpeg_error_mgr manager;
    std::jmp_buf back;
    std::array<char, JMSG_LENGTH_MAX> message;
};

void leave(j_common_ptr info) {
    auto* errors = reinterpret_cast<JpegErrors*>(info->err);
    info->err->format_message(info, errors->message.data());
    std::longjmp(errors->back, 1);
}
void ignore(j_common_ptr) {}

/// libjpeg leaves by longjmp, after which locals are worth nothing: all that lasts is in here.
struct JpegReader {
    jpeg_decompress_struct info{};
    JpegErrors errors{};
    Picture picture;
    Status size;
};

/// False with the reason in `reader`. No local here has a destructor.
bool decode(JpegReader& reader, ByteView bytes) {
    jpeg_decompress_struct& info = reader.info;
    info.err = jpeg_std_error(&reader.errors.manager);
    reader.errors.manager.error_exit = leave;
    reader.errors.manager.output_message = ignore;
    if (setjmp(reader.errors.back) != 0) return false;  // NOLINT(cert-err52-cpp)
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes.data(), bytes.size());
    jpeg_read_header(&info, TRUE);
    reader.size = check_size(info.image_width, info.image_height);
    if (!reader.size) return false;
    info.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&info);
    reader.picture.width = info.output_width;
    reader.picture.height = info.output_height;
    reader.picture.pixels.resize(reader.picture.width * reader.picture.height);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = reader.picture.pixels.data() + info.output_scanline * info.output_width;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    return true;
}

Result<Picture> read_jpeg(ByteView bytes) {
    JpegReader reader;
    const bool good = decode(reader, bytes);
    jpeg_destroy_decompress(&reader.info);
    if (!reader.size) return fail(reader.size.error());
    if (!good) return fail(ErrorCode::kMalformed, format("JPEG: {}", reader.errors.message.data()));
    return std::move(reader.picture);
}

bool begins(ByteView bytes, std::initializer_list<uint8_t> with) {
    return bytes.size() >= with.size() && std::equal(with.begin(), with.end(), bytes.begin());
}

}  // namespace

Result<Picture> read_picture(ByteView bytes) {
    if (begins(bytes, {0x89, 'P', 'N', 'G'})) return read_png(bytes);
    if (begins(bytes, {0xff, 0xd8, 0xff})) return read_jpeg(bytes);
    return fail(ErrorCode::kUnsupported, "expected a PNG or JPEG picture");
}

Result<Bytes> png_of(const Picture& picture) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(picture.width);
    image.height = static_cast<png_uint_32>(picture.height);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = 0;
    if (png_image_write_to_memory(&image, nullptr, &size, 0, picture.pixels.data(), 0, nullptr) ==
        0)
        return fail(ErrorCode::kIo, format("no PNG: {}", image.message));
    Bytes out(size);
    if (png_image_write_to_memory(&image, out.data(), &size, 0, picture.pixels.data(), 0,
                                  nullptr) == 0)
        return fail(ErrorCode::kIo, format("no PNG: {}", image.message));
    out.resize(size);
    return out;
}

}  // namespace cordon::engine
