// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "look_alike.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

using test::address;

Address evm(const std::string& text) { return parse_address(kEthereum, text).value(); }
const Address kA = evm("0x1111000000000000000000000000000000a02222");
const Address kB = evm("0x1111000000000000000000000000000000b02222");

TEST(LookAlike, counts_what_the_eye_compares) {
    const Likeness like = likeness(kEthereum, kA, kB);
    EXPECT_EQ(like.prefix, 4U + 30U);
    EXPECT_EQ(like.suffix, 5U);
    EXPECT_EQ(ends_of(kEthereum, kA), "11112222");
    EXPECT_EQ(ends_of(kEthereum, Address{}), "");
    EXPECT_EQ(ends_of(kBitcoin, address(1, AddressKind::kP2wpkh)).size(), 8U);
    EXPECT_EQ(ends_of(kTronMainnet, address(1, AddressKind::kTron)).size(), 8U);
}

TEST(LookAlike, same_ends_are_those_that_both_show) {
    const std::array all{kA,
                         kB,
                         Address{},
                         evm("0x1111000000000000000000000000000000a02229"),
                         evm("0x1119000000000000000000000000000000b92222"),
                         address(1, AddressKind::kTron),
                         address(2, AddressKind::kTron),
                         address(1, AddressKind::kP2wpkh)};
    for (const unsigned end : {1U, 3U, 4U, 40U, 41U})
        for (const Address& a : all)
            for (const Address& b : all) {
                const std::string ends = ends_of(kEthereum, a, {end, end});
                EXPECT_EQ(same_ends(kEthereum, a, b, {end, end}),
                          !ends.empty() && ends == ends_of(kEthereum, b, {end, end}));
            }
    EXPECT_TRUE(same_ends(kEthereum, kA, kB));
}

TEST(LookAlike, is_what_chance_does_not_make) {
    EXPECT_TRUE(looks_like(kEthereum, kA, kB));
    EXPECT_FALSE(looks_like(kEthereum, kA, kA));
    EXPECT_FALSE(looks_like(kEthereum, kA, Address{}));
    // Three digits at one end and four at the other: 2^28.
    EXPECT_FALSE(looks_like(kEthereum, kA, evm("0x1119000000000000000000000000000000b92222")));
    // All of one end and nothing of the other is a small number, not an imitation.
    EXPECT_FALSE(looks_like(kEthereum, kA, evm("0x1111000000000000000000000000000000a02229")));
}

TEST(LookAlike, of_base58_needs_fewer_characters) {
    const auto btc = [](const char* text) { return parse_address(kBitcoin, text).value(); };
    EXPECT_TRUE(looks_like(kBitcoin, btc("1B6rJ6ZKfZmkqMyBGe5KR27oWkEbQdNM7P"),
                           btc("1B6rJRfjTXwEy36SCs5zofGMmdv2kdZw7P")));
    EXPECT_FALSE(looks_like(kBitcoin, btc("1B6rJ6ZKfZmkqMyBGe5KR27oWkEbQdNM7P"),
                            btc("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")));
}

}  // namespace
}  // namespace cordon::chain
