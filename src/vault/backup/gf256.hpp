// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The field of 256 elements of Rijndael, x^8 + x^4 + x^3 + x + 1 (SLIP-39, SSKR). No tables and no
/// branches on values: a table looked up by a secret tells it to who watches the cache.
namespace cordon::vault {

constexpr uint8_t gf_multiply(uint8_t a, uint8_t b) noexcept {
    constexpr unsigned kReduction = 0x1b;
    unsigned product = 0, factor = a;
    for (unsigned bit = 0; bit < 8; ++bit) {
        product ^= factor & (0U - ((unsigned{b} >> bit) & 1U));
        factor = (factor << 1) ^ (kReduction & (0U - (factor >> 7)));
        factor &= 0xffU;
    }
    return static_cast<uint8_t>(product);
}

/// a^254: of 0 it is 0.
constexpr uint8_t gf_inverse(uint8_t a) noexcept {
    uint8_t square = a, out = 1;
    for (unsigned bit = 1; bit < 8; ++bit) {  // 254 is 2 + 4 + … + 128.
        square = gf_multiply(square, square);
        out = gf_multiply(out, square);
    }
    return out;
}

}  // namespace cordon::vault
