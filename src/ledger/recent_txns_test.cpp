// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "recent_txns.hpp"

#include <random>

#include <gtest/gtest.h>

namespace cordon::ledger {
namespace {

TEST(RecentTxns, guesses_most_of_the_last_thousands_and_nothing_that_never_was) {
    std::mt19937_64 random{11};
    RecentTxns recent;
    EXPECT_EQ(recent.guess(0), RecentTxns::kNone);
    EXPECT_EQ(recent.guess(random()), RecentTxns::kNone);
    constexpr uint64_t kFirst = (uint64_t{1} << 32) - 10'000;  // Through the end of 32 bits.
    std::vector<uint64_t> hashes;
    for (uint64_t i = 0; i < 40'000; ++i) {
        hashes.push_back(random());
        recent.add(hashes.back(), kFirst + i);
        ASSERT_EQ(recent.guess(hashes.back()), kFirst + i);
    }
    std::size_t known = 0;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        const uint64_t guess = recent.guess(hashes[i]);
        ASSERT_TRUE(guess == kFirst + i || guess == RecentTxns::kNone);
        if (i >= hashes.size() - 4000 && guess == kFirst + i) ++known;
    }
    EXPECT_GT(known, 3400U);
    EXPECT_LE(known, 4000U);
    std::size_t wrong = 0;
    for (unsigned i = 0; i < 100'000; ++i) wrong += recent.guess(random()) != RecentTxns::kNone;
    EXPECT_LT(wrong, 5U);
}

}  // namespace
}  // namespace cordon::ledger
