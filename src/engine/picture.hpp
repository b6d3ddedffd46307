// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

namespace cordon::engine {

/// Grey, one byte a pixel, row by row.
struct Picture {
    std::size_t width = 0, height = 0;
    Bytes pixels;
};

// A phone's camera; a picture that claims more is not opened, whatever it would unpack to.
inline constexpr std::size_t kMaxPixels = 24'000'000;

/// PNG or JPEG, told apart by their first bytes. kUnsupported, kMalformed, kLimit.
Result<Picture> read_picture(ByteView bytes);

/// A grey PNG. kIo: libpng refused.
Result<Bytes> png_of(const Picture& picture);

}  // namespace cordon::engine
