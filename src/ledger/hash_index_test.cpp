// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_index.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace cordon::ledger {
namespace {

TEST(HashIndex, finds_what_a_map_finds_while_it_grows_and_shrinks) {
    std::mt19937_64 random{7};
    HashIndex index;
    std::map<uint32_t, uint64_t> model;  // Entry -> hash.
    // Hashes of few values, so that chains are long and equal ones occur.
    const auto hash_of_entry = [&] { return (random() % 97) << 58 | (random() % 5) << 32; };
    for (int step = 0; step < 40'000; ++step) {
        const auto entry = static_cast<uint32_t>(random() % 3000);
        if (const auto known = model.find(entry); known != model.end()) {
            index.remove(known->second, entry);
            model.erase(known);
        } else {
            const uint64_t hash = hash_of_entry();
            index.add(hash, entry);
            model.emplace(entry, hash);
        }
        const auto wanted = static_cast<uint32_t>(random() % 3000);
        const auto known = model.find(wanted);
        const uint64_t hash = known == model.end() ? hash_of_entry() : known->second;
        const uint32_t found = index.find(hash, [&](uint32_t e) { return e == wanted; });
        ASSERT_EQ(found, known == model.end() ? HashIndex::kNone : wanted);
        ASSERT_EQ(index.size(), model.size());
    }
}

TEST(HashIndex, finds_everything_at_every_moment_of_growing) {
    HashIndex index;
    for (uint32_t entry = 0; entry < 5000; ++entry) {
        index.add(hash_of_row(entry), entry);
        for (uint32_t old = entry % 7; old <= entry; old += 7)
            ASSERT_EQ(index.find(hash_of_row(old), [old](uint32_t e) { return e == old; }), old)
                << "after " << entry;
    }
    index.clear();
    EXPECT_EQ(index.find(hash_of_row(1), [](uint32_t) { return true; }), HashIndex::kNone);
}

TEST(HashIndex, keeps_its_memory_and_nothing_else_when_it_is_wiped) {
    HashIndex index;
    HashIndex other;
    for (uint32_t entry = 0; entry < 5000; ++entry) index.add(hash_of_row(entry), entry);
    other.reserve_like(index);
    index.wipe();
    EXPECT_EQ(index.size(), 0U);
    for (HashIndex* each : {&index, &other}) {
        EXPECT_EQ(each->find(hash_of_row(7), [](uint32_t) { return true; }), HashIndex::kNone);
        for (uint32_t entry = 0; entry < 9000; ++entry) each->add(hash_of_row(entry), entry);
        for (uint32_t entry = 0; entry < 9000; ++entry)
            ASSERT_EQ(each->find(hash_of_row(entry), [entry](uint32_t e) { return e == entry; }),
                      entry);
    }
}

TEST(SeenFilter, knows_all_that_was_added_and_little_else) {
    constexpr uint64_t kFirst = 16'384;
    SeenFilter filter{kFirst, ""};
    EXPECT_FALSE(filter.has(hash_of_row(0)));
    uint64_t added = 0;
    const auto check = [&](double most) {
        for (uint64_t i = 0; i < added; ++i) EXPECT_TRUE(filter.has(hash_of_row(i))) << i;
        uint64_t wrong = 0;
        constexpr uint64_t kAsked = 1'000'000;
        for (uint64_t i = 0; i < kAsked; ++i) wrong += filter.has(hash_of_row(added + i)) ? 1 : 0;
        EXPECT_LT(static_cast<double>(wrong), most * kAsked) << added;
        return wrong;
    };
    // When a layer is full, when a larger one begins, and when the smaller one has gone.
    std::vector<uint64_t> begun;
    while (added < filter.most()) {
        if (!filter.add(hash_of_row(added++))) {
            if (added % (16 * kFirst) == 0) check(1.0 / 80);
            continue;
        }
        begun.push_back(added);
        check(1.0 / 200);
        std::vector<uint64_t> old;
        for (uint64_t i = 0; i + 1 < added; ++i) old.push_back(hash_of_row(i));
        filter.bring(old);
        filter.drop_older();
        check(1.0 / 1000);
    }
    EXPECT_EQ(begun, (std::vector<uint64_t>{kFirst + 1, 4 * kFirst + 1}));
    // More than it has room for, which a rewind makes possible: it knows them all the same.
    for (uint64_t i = 0; i < kFirst; ++i) EXPECT_FALSE(filter.add(hash_of_row(added++)));
    EXPECT_GT(check(1.0 / 40), 0U);  // Else it holds more than it says.
}

TEST(SeenFilter, brings_late_what_is_in_smaller_layers_to_the_largest_one) {
    constexpr uint64_t kFirst = 1'024;
    SeenFilter filter{kFirst, ""};
    // Another layer as large has begun before anything was brought.
    uint64_t added = 0, before = 0;
    while (added < 20 * kFirst)
        if (filter.add(hash_of_row(added++))) before = added - 1;
    std::vector<uint64_t> old;
    for (uint64_t i = 0; i < before; ++i) old.push_back(hash_of_row(i));
    filter.bring(old);
    filter.drop_older();
    for (uint64_t i = 0; i < added; ++i) ASSERT_TRUE(filter.has(hash_of_row(i))) << i;
}

}  // namespace
}  // namespace cordon::ledger
