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

}  // namespace
}  // namespace cordon::ledger
