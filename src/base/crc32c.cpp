// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>
#include <cstring>

namespace cordon {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // RFC 3720, bits reversed.

#ifndef __SSE4_2__
constexpr std::array<uint32_t, 256> make_table() {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        table[i] = crc;
    }
    return table;
}
constexpr std::array<uint32_t, 256> kTable = make_table();
#endif

}  // namespace

uint32_t crc32c(ByteView bytes, uint32_t seed) noexcept {
    uint32_t crc = ~seed;
    std::size_t i = 0;
#ifdef __SSE4_2__
    for (; i + 8 <= bytes.size(); i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes.data() + i, 8);
        crc = static_cast<uint32_t>(__builtin_ia32_crc32di(crc, word));
    }
    for (; i < bytes.size(); ++i) crc = __builtin_ia32_crc32qi(crc, bytes[i]);
#else
    for (; i < bytes.size(); ++i) crc = (crc >> 8) ^ kTable[(crc ^ bytes[i]) & 0xFF];
#endif
    return ~crc;
}

std::optional<uint64_t> flipped_bit(std::size_t size, uint32_t expected, uint32_t actual) noexcept {
    // CRC is linear: the difference of the two depends on the place of the flip alone. The flip of
    // the very last bit leaves the polynomial; each bit further to the front is one more step of
    // the register.
    const uint32_t difference = expected ^ actual;
    if (difference == 0) return std::nullopt;
    uint32_t step = kPolynomial;
    for (uint64_t bit = static_cast<uint64_t>(size) * 8; bit-- > 0;) {
        if (step == difference) return bit;
        step = (step >> 1) ^ ((step & 1) != 0 ? kPolynomial : 0);
    }
    return std::nullopt;
}

}  // namespace cordon
