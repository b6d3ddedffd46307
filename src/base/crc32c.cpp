// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <array>
#include <cstring>

namespace cordon {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // RFC 3720, bits reversed.

#ifdef __SSE4_2__
// One instruction takes three cycles, and three may be under way: long inputs are taken as three
// lanes side by side, whose registers are put together as if the ones behind were zeros (Gopal et
// al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel, 2011).
constexpr std::size_t kLane = 1360;  // Three of them leave 16 bytes of 4,096.

/// What kLane bytes of zeros make of each byte of a register.
using Shift = std::array<std::array<uint32_t, 256>, 4>;
constexpr Shift make_shift() {
    // Of each bit first: the register is linear.
    std::array<uint32_t, 32> bits{};
    for (unsigned bit = 0; bit < 32; ++bit) {
        uint32_t crc = uint32_t{1} << bit;
        for (std::size_t i = 0; i < kLane * 8; ++i)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
        bits[bit] = crc;
    }
    Shift shift{};
    for (unsigned byte = 0; byte < 4; ++byte)
        for (unsigned value = 0; value < 256; ++value)
            for (unsigned bit = 0; bit < 8; ++bit)
                if ((value >> bit & 1) != 0) shift[byte][value] ^= bits[byte * 8 + bit];
    return shift;
}
constexpr Shift kShift = make_shift();

uint32_t behind_lane(uint32_t crc) noexcept {
    return kShift[0][crc & 0xFF] ^ kShift[1][crc >> 8 & 0xFF] ^ kShift[2][crc >> 16 & 0xFF] ^
           kShift[3][crc >> 24];
}

uint32_t step(uint32_t crc, const uint8_t* at) noexcept {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    return static_cast<uint32_t>(__builtin_ia32_crc32di(crc, word));
}
#else
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
    for (; i + 3 * kLane <= bytes.size(); i += 3 * kLane) {
        const uint8_t* at = bytes.data() + i;
        uint32_t second = 0;
        uint32_t third = 0;
        for (const uint8_t* end = at + kLane; at != end; at += 8) {
            crc = step(crc, at);
            second = step(second, at + kLane);
            third = step(third, at + 2 * kLane);
        }
        crc = behind_lane(behind_lane(crc) ^ second) ^ third;
    }
    for (; i + 8 <= bytes.size(); i += 8) crc = step(crc, bytes.data() + i);
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
