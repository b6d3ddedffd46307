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
    TxnBook book{0, true, 16, ""};
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

TEST(TxnBook, of_an_account_chain_knows_heads_and_what_never_was) {
    // Three heads of three txns; the last txn of a head stays when the rest of it is sealed.
    TxnBook book{0, false, 1024, ""};
    Head head{kEthereum, {}};
    const auto add = [&](uint64_t i) {
        head.hash.push_back(hash(i));
        book.add(hash_of(head.hash.back()), head.begin.txns + head.hash.size() - 1);
    };
    const auto find = [&](uint64_t i, const Head* sealing) {
        const ChainView nothing{kEthereum, {}, {}};
        const auto found =
            book.find(hash(i), hash_of(hash(i)), Stored{&nothing, sealing, &head}).value();
        return found == TxnBook::kNone ? -1 : static_cast<int>(found);
    };
    for (const uint64_t i : {1U, 2U, 3U}) add(i);
    EXPECT_EQ(find(4, nullptr), -1);

    const Head first = head;
    head.begin.txns = 2;
    head.hash = {hash(3)};
    book.seal(2, head.hash);
    for (const uint64_t i : {4U, 5U}) add(i);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(find(static_cast<uint64_t>(i), &first), i - 1);
    EXPECT_EQ(find(6, &first), -1);

    // A rewind to before the txn that stayed: it is in no table any more, and comes anew.
    for (const uint64_t i : {5U, 4U, 3U}) {
        book.remove(hash_of(hash(i)), i - 1);
        head.hash.pop_back();
    }
    EXPECT_EQ(find(3, &first), -1);
    add(6);
    EXPECT_EQ(find(6, &first), 2);
    EXPECT_EQ(find(2, &first), 1);
}

TEST(AddressBook, tells_addresses_apart_that_begin_alike) {
    Head head{kBitcoin, {}};
    AddressBook book{true, ""};
    const ChainView nothing{kBitcoin, {}, {}};
    const Stored stored{&nothing, nullptr, &head};
    const auto make = [](uint8_t end, std::size_t size) {
        std::array<uint8_t, 32> payload{};
        payload[0] = 7;
        payload[size - 1] = end;
        return Address{size == 20 ? AddressKind::kP2wpkh : AddressKind::kP2tr,
                       ByteView{payload}.first(size)};
    };
    std::vector<Address> all;
    for (const std::size_t size : {std::size_t{20}, std::size_t{32}})
        for (uint8_t end = 1; end <= 9; ++end) all.push_back(make(end, size));
    for (const Address& address : all) {
        EXPECT_EQ(book.find(address, hash_of(address), stored).value(), kNoId);
        book.add(address, hash_of(address), static_cast<uint32_t>(head.addresses.size()));
        head.addresses.push_back(address);
    }
    for (uint32_t id = 0; id < all.size(); ++id) {
        EXPECT_EQ(book.find(all[id], hash_of(all[id]), stored).value(), id);
        EXPECT_FALSE(book.is(id, all[(id + 1) % all.size()], stored));
    }
    // Taken back and given to another.
    book.remove(hash_of(all.back()), static_cast<uint32_t>(all.size() - 1));
    head.addresses.back() = make(99, 32);
    book.add(head.addresses.back(), hash_of(head.addresses.back()),
             static_cast<uint32_t>(all.size() - 1));
    EXPECT_EQ(book.find(all.back(), hash_of(all.back()), stored).value(), kNoId);
    EXPECT_EQ(book.find(make(99, 32), hash_of(make(99, 32)), stored).value(), all.size() - 1);
}

}  // namespace
}  // namespace cordon::ledger
