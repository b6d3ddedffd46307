// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cordon/base/hex.hpp>

#include "hash.hpp"
#include "merkle.hpp"

namespace cordon::crypto {
namespace {

ByteView view(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Hash, agrees_with_the_published_vectors) {
    EXPECT_EQ(to_hex(sha256(view(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(view("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256d(view("hello"))),
              "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
    EXPECT_EQ(to_hex(ripemd160(view(""))), "9c1185a5c5e9fc54612808977ee8f548b2258d31");
    EXPECT_EQ(to_hex(ripemd160(view("abc"))), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    EXPECT_EQ(to_hex(hash160(view("hello"))), "b6a9c8c230722b7c748331a8b450f05566dc7d0f");
}

TEST(Hash, keccak_is_the_padding_of_the_competition_not_of_fips_202) {
    EXPECT_EQ(to_hex(keccak256(view(""))),
              "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    EXPECT_EQ(to_hex(keccak256(view("Transfer(address,address,uint256)"))),
              "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

TEST(Hash, keccak_object_is_clean_after_each_use) {
    const Hash256 first = keccak256(view("a"));
    keccak256(view(std::string(1000, 'x')));
    EXPECT_EQ(keccak256(view("a")), first);
}

RC_GTEST_PROP(Sha256Stream, equals_the_hash_of_all_pieces_together,
              (const std::vector<Bytes>& pieces)) {
    Sha256 stream;
    Bytes all;
    for (const Bytes& piece : pieces) {
        stream.update(piece);
        all.insert(all.end(), piece.begin(), piece.end());
    }
    Sha256 fork = stream;
    RC_ASSERT(stream.finish() == sha256(all));
    RC_ASSERT(fork.finish_double() == sha256d(all));
    RC_ASSERT(stream.finish() == sha256({}));
}

Hash256 leaf(uint8_t value) {
    Hash256 out;
    out.bytes.fill(value);
    return out;
}

Hash256 join(const Hash256& a, const Hash256& b) {
    Bytes both(a.bytes.begin(), a.bytes.end());
    both.insert(both.end(), b.bytes.begin(), b.bytes.end());
    return sha256d(both);
}

TEST(Merkle, of_one_hash_is_that_hash_and_of_none_is_zero) {
    EXPECT_EQ(merkle_root({leaf(7)}).root, leaf(7));
    EXPECT_EQ(merkle_root({}).root, Hash256{});
}

TEST(Merkle, pairs_the_last_of_an_odd_row_with_itself) {
    const Hash256 expected = join(join(leaf(1), leaf(2)), join(leaf(3), leaf(3)));
    EXPECT_EQ(merkle_root({leaf(1), leaf(2), leaf(3)}).root, expected);
    EXPECT_FALSE(merkle_root({leaf(1), leaf(2), leaf(3)}).mutated);
}

TEST(Merkle, of_any_number_of_hashes_is_what_pairing_row_by_row_gives) {
    for (std::size_t size = 1; size < 150; ++size) {
        std::vector<Hash256> row;
        for (std::size_t i = 0; i < size; ++i) row.push_back(leaf(static_cast<uint8_t>(i)));
        const Hash256 root = merkle_root(row).root;
        while (row.size() > 1) {
            if (row.size() % 2 == 1) row.push_back(row.back());
            for (std::size_t i = 0; i < row.size(); i += 2) row[i / 2] = join(row[i], row[i + 1]);
            row.resize(row.size() / 2);
        }
        ASSERT_EQ(root, row[0]) << size;
    }
}

TEST(Merkle, flags_a_list_whose_tail_is_repeated_to_the_same_root) {
    const MerkleRoot honest = merkle_root({leaf(1), leaf(2), leaf(3)});
    const MerkleRoot forged = merkle_root({leaf(1), leaf(2), leaf(3), leaf(3)});
    EXPECT_EQ(honest.root, forged.root);
    EXPECT_TRUE(forged.mutated);
}

RC_GTEST_PROP(Merkle, flags_every_repeated_half_of_a_tree, ()) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 70);
    std::vector<Hash256> hashes;
    for (std::size_t i = 0; i < size; ++i) hashes.push_back(sha256(Bytes{static_cast<uint8_t>(i)}));
    RC_ASSERT(!merkle_root(hashes).mutated);
    if (size % 2 == 1) {
        std::vector<Hash256> repeated = hashes;
        repeated.push_back(hashes.back());
        RC_ASSERT(merkle_root(repeated).root == merkle_root(hashes).root || size == 1);
        RC_ASSERT(merkle_root(repeated).mutated);
    }
}

}  // namespace
}  // namespace cordon::crypto
