// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>

#include "../src/engine/picture.hpp"

/// A picture has the pixels that it says, and never more than the bound.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const auto picture = cordon::engine::read_picture({data, size});
    if (!picture) return 0;
    CORDON_CHECK(picture->pixels.size() == picture->width * picture->height);
    CORDON_CHECK(picture->pixels.size() <= cordon::engine::kMaxPixels);
    return 0;
}
