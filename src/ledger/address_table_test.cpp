// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_table.hpp"

#include <random>

#include <gtest/gtest.h>

namespace cordon::ledger {
namespace {

Address address(uint64_t i, AddressKind kind = AddressKind::kEvm) {
    std::array<uint8_t, 20> payload{};
    for (std::size_t at = 0; at < payload.size(); at += 4) {
        const auto word = static_cast<uint32_t>(hash_of_row(i * 5 + at));
        std::memcpy(payload.data() + at, &word, sizeof word);
    }
    return {kind, payload};
}

uint32_t find(const AddressTable& table, const Address& of) { return table.find(of, hash_of(of)); }

TEST(AddressTable, finds_all_at_every_size) {
    // Small tables, one to three pieces, and several groups.
    constexpr uint32_t kAll = 700'000;
    AddressTable table;
    std::mt19937_64 random{1};
    for (uint32_t i = 0; i < kAll; ++i) {
        const Address next = address(i);
        ASSERT_EQ(find(table, next), AddressTable::kNone);
        ASSERT_TRUE(table.add(next, hash_of(next), i));
        ASSERT_EQ(find(table, next), i);
        const auto earlier = static_cast<uint32_t>(random() % (i + 1));
        ASSERT_EQ(find(table, address(earlier)), earlier);
    }
    EXPECT_EQ(table.size(), kAll);
    for (uint32_t i = 0; i < kAll; ++i) ASSERT_EQ(find(table, address(i)), i);
    table.clear();
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(find(table, address(0)), AddressTable::kNone);
}

TEST(AddressTable, tells_addresses_apart_that_differ_in_one_byte_or_their_kind) {
    AddressTable table;
    std::vector<Address> all;
    for (const AddressKind kind : {AddressKind::kP2pkh, AddressKind::kP2sh, AddressKind::kP2wpkh})
        for (std::size_t at = 0; at <= 20; ++at) {
            std::array<uint8_t, 20> payload{};
            if (at < payload.size()) payload[at] = 1;
            all.emplace_back(kind, payload);
        }
    for (uint32_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(find(table, all[i]), AddressTable::kNone);
        ASSERT_TRUE(table.add(all[i], hash_of(all[i]), i));
    }
    for (uint32_t i = 0; i < all.size(); ++i) EXPECT_EQ(find(table, all[i]), i);
    const std::array<uint8_t, 32> longer{};
    EXPECT_FALSE(AddressTable::takes({AddressKind::kP2tr, longer}));
}

TEST(AddressTable, agrees_with_a_map_when_addresses_come_and_go) {
    for (const uint64_t most : {40U, 3'000U, 150'000U}) {
        AddressTable table;
        std::vector<uint32_t> truth(most, AddressTable::kNone);
        std::mt19937_64 random{most};
        std::size_t size = 0;
        for (uint32_t step = 0; step < 4 * most; ++step) {
            const uint64_t which = random() % most;
            const Address of = address(which);
            ASSERT_EQ(find(table, of), truth[which]);
            if (truth[which] == AddressTable::kNone) {
                ASSERT_TRUE(table.add(of, hash_of(of), step));
                truth[which] = step;
                ++size;
            } else if (random() % 2 == 0) {
                ASSERT_TRUE(table.remove(hash_of(of), truth[which]));
                ASSERT_FALSE(table.remove(hash_of(of), truth[which]));
                truth[which] = AddressTable::kNone;
                --size;
            }
            ASSERT_EQ(table.size(), size);
        }
        for (uint64_t i = 0; i < most; ++i) ASSERT_EQ(find(table, address(i)), truth[i]);
    }
}

TEST(AddressTable, refuses_what_makes_a_group_too_large) {
    AddressTable table{{}, 0};
    uint32_t added = 0;
    while (table.add(address(added), hash_of(address(added)), added)) ++added;
    EXPECT_EQ(added, 3u * (1u << 14) * 4);
    EXPECT_EQ(table.size(), added);
    EXPECT_EQ(find(table, address(added)), AddressTable::kNone);
    for (uint32_t i = 0; i < added; ++i) ASSERT_EQ(find(table, address(i)), i);
    // Where one goes another may come.
    ASSERT_TRUE(table.remove(hash_of(address(7)), 7));
    EXPECT_TRUE(table.add(address(added), hash_of(address(added)), added));
    EXPECT_EQ(find(table, address(added)), added);
}

}  // namespace
}  // namespace cordon::ledger
