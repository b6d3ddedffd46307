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

TEST(AddressIndex, numbers_that_stand_for_addresses_need_no_telling_apart) {
    // All over 32 bits, side by side, and far from each other in one place of their lines.
    for (const uint32_t step : {2'654'435'761U, 1U, 8U, 1U << 15}) {
        AddressIndex index;
        for (uint32_t i = 0; i < 100'000; i += 2) index.add(AddressIndex::hash(i * step), i);
        for (uint32_t i = 0; i < 100'000; ++i)
            ASSERT_EQ(index.find(AddressIndex::hash(i * step)),
                      i % 2 == 0 ? i : AddressIndex::kNone);
    }
}

TEST(AddressIndex, the_start_of_an_address_orders_as_the_address_does) {
    // Of different kinds and sizes, alike in their first bytes and not.
    std::vector<Address> all{{}, test::address(0)};
    for (const uint8_t byte : {uint8_t{0}, uint8_t{7}, uint8_t{255}})
        for (const std::size_t place : {0U, 5U, 6U, 19U})
            for (const auto& [kind, size] : {std::pair{AddressKind::kEvm, 20U},
                                             {AddressKind::kP2wsh, 32U},
                                             {AddressKind::kWitness, 22U},
                                             {AddressKind::kWitness, 41U}}) {
                Bytes payload(size, 1);
                payload[place] = byte;
                all.emplace_back(kind, payload);
            }
    std::size_t told = 0;
    for (const Address& a : all)
        for (const Address& b : all)
            if (start_of(a) != start_of(b)) {
                EXPECT_EQ(start_of(a) < start_of(b), a < b);
                ++told;
            }
    EXPECT_GT(told, all.size() * all.size() / 2);
}

}  // namespace
}  // namespace cordon::trace
