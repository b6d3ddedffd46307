// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// Numbers of a fixed number of bits, one after the other: number i is the `width` bits from bit
/// i * width on, least significant first (docs/formats/ledger.md).
namespace cordon::ledger {

/// Behind the last number stand so many zero bytes, so that one eight-byte load reads any number.
inline constexpr uint64_t kPackedTail = 8;

/// Bits that hold 0..max. One load at a byte boundary must reach all of a number, so what would
/// need 57 to 63 bits gets 64.
constexpr unsigned packed_width(uint64_t max) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(max));
    return width > 56 ? 64 : width;
}

constexpr bool is_packed_width(uint64_t width) noexcept { return width <= 56 || width == 64; }

constexpr uint64_t packed_mask(unsigned width) noexcept {
    return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
}

/// Bytes of `count` numbers with their tail. REQUIRES: count <= 2^57 / 64.
constexpr uint64_t packed_size(uint64_t count, unsigned width) noexcept {
    return count == 0 || width == 0 ? 0 : (count * width + 7) / 8 + kPackedTail;
}

/// The position of the set bit number `rank` (from 0). REQUIRES: word has more than `rank` ones.
inline unsigned select_bit(uint64_t word, unsigned rank) noexcept {
    unsigned at = 0;
    for (unsigned half = 32; half >= 8; half /= 2) {
        const auto low = static_cast<unsigned>(std::popcount(word & ((uint64_t{1} << half) - 1)));
        if (rank < low) continue;
        rank -= low;
        word >>= half;
        at += half;
    }
    for (; rank > 0; --rank) word &= word - 1;
    return at + static_cast<unsigned>(std::countr_zero(word));
}

}  // namespace cordon::ledger
