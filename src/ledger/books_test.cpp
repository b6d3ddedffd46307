// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

TEST(TxnBook, finds_what_comes_after_a_reorg_across_the_place_where_it_begins_a_new_half) {
    // What the book looks at lies in a head of three txns; all else has hashes that nobody asks
    // for.
    Head head{kEthereum, {}};
    head.begin.txns = TxnBook::kHalf - 1;
    head.hash = {hash(1), hash(2), hash(3)};
    const Stored stored{nullptr, nullptr, &head};
    TxnBook book{0};
    const auto filler = [](uint64_t i) { return (i + 1) * 0x9E3779B97F4A7C15ULL; };
    for (uint64_t i = 0; i < head.begin.txns; ++i) book.add(filler(i), i);
    for (uint64_t i = 0; i < 3; ++i) book.add(hash_of(head.hash[i]), head.begin.txns + i);
    for (uint64_t i = 3; i-- > 0;) book.remove(hash_of(head.hash[i]), head.begin.txns + i);

    head.hash = {hash(4), hash(5)};
    for (uint64_t i = 0; i < 2; ++i) book.add(hash_of(head.hash[i]), head.begin.txns + i);
    for (uint64_t i = 0; i < 2; ++i) {
        const auto found = book.find(head.hash[i], hash_of(head.hash[i]), stored);
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_EQ(*found, head.begin.txns + i);
    }
    EXPECT_EQ(book.find(hash(1), hash_of(hash(1)), stored).value(), TxnBook::kNone);
}

}  // namespace
}  // namespace cordon::ledger
