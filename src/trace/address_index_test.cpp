// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_index.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace cordon::trace {
namespace {

TEST(AddressIndex, finds_what_was_added_and_nothing_else) {
    AddressIndex index;
    constexpr uint32_t kCount = 5'000;
    const auto find = [&](uint32_t number, ChainId chain) {
        const Address address = test::address(number);
        return index.find(AddressIndex::hash(chain, address), [&](uint32_t at) {
            return chain == kEthereum && test::address(at) == address;
        });
    };
    EXPECT_EQ(find(1, kEthereum), AddressIndex::kNone);
    for (uint32_t i = 0; i < kCount; ++i)
        index.add(AddressIndex::hash(kEthereum, test::address(i)), i);
    for (uint32_t i = 0; i < kCount; ++i) ASSERT_EQ(find(i, kEthereum), i);
    EXPECT_EQ(find(kCount, kEthereum), AddressIndex::kNone);
    EXPECT_EQ(find(3, kBitcoin), AddressIndex::kNone);
}
TEST(AddressIndex, spreads_addresses_that_differ_in_few_bytes) {
    // The places are the low bits: of 2^16 neighbours nearly all have to differ there.
    std::vector<bool> taken(1 << 20);
    std::size_t different = 0;
    for (uint32_t i = 0; i < 1 << 16; ++i) {
        const std::size_t at = AddressIndex::hash(kEthereum, test::address(i)) & (taken.size() - 1);
        different += taken[at] ? 0 : 1;
        taken[at] = true;
    }
    EXPECT_GT(different, 60'000U);
}

}  // namespace
}  // namespace cordon::trace
