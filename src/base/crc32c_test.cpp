// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crc32c.hpp"

#include <random>

#include <gtest/gtest.h>

namespace cordon {
namespace {

/// Bit by bit, as RFC 3720 says it.
uint32_t by_bits(ByteView bytes, uint32_t seed = 0) {
    uint32_t crc = ~seed;
    for (const uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0);
    }
    return ~crc;
}

TEST(Crc32c, gives_what_rfc_3720_shows) {
    // Appendix B.4.
    Bytes bytes(32, 0x00);
    EXPECT_EQ(crc32c(bytes), 0x8A9136AAU);
    bytes.assign(32, 0xFF);
    EXPECT_EQ(crc32c(bytes), 0x62A8AB43U);
    for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<uint8_t>(i);
    EXPECT_EQ(crc32c(bytes), 0x46DD794EU);
}

TEST(Crc32c, is_the_same_for_every_size_and_in_any_pieces) {
    std::mt19937 random{5};
    Bytes bytes(13'000);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    // Around the sizes at which lanes begin: 4,080 and twice and three times that.
    for (std::size_t size = 0; size <= bytes.size();
         size += size % 4080 < 20 || size % 4080 > 4060 ? 1 : 17) {
        const ByteView all = ByteView{bytes}.first(size);
        ASSERT_EQ(crc32c(all), by_bits(all)) << size;
    }
    for (int i = 0; i < 200; ++i) {
        const std::size_t cut = random() % bytes.size();
        const ByteView first = ByteView{bytes}.first(cut);
        ASSERT_EQ(crc32c(ByteView{bytes}.subspan(cut), crc32c(first)), by_bits(bytes)) << cut;
    }
}

TEST(Crc32c, finds_the_flipped_bit_and_no_other_damage) {
    Bytes bytes(333, 0x5A);
    const uint32_t sum = crc32c(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 5) {
        Bytes bad = bytes;
        bad[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        ASSERT_EQ(flipped_bit(bad.size(), sum, crc32c(bad)), bit);
    }
    EXPECT_EQ(flipped_bit(bytes.size(), sum, sum), std::nullopt);
    EXPECT_EQ(flipped_bit(bytes.size(), sum, crc32c(Bytes(333, 0))), std::nullopt);
}

}  // namespace
}  // namespace cordon
