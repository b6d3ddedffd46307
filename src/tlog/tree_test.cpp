// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <gtest/gtest.h>

#include <bit>

#include <cordon/crypto/hash.hpp>

namespace cordon::tlog {
namespace {

std::vector<Hash256> leaves(uint64_t count) {
    std::vector<Hash256> all;
    for (uint64_t i = 0; i < count; ++i) {
        const std::string text = "entry " + std::to_string(i);
        all.push_back(leaf_hash({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    }
    return all;
}

/// As RFC 6962 §2.1 defines it, word for word.
Hash256 root_by_definition(std::span<const Hash256> all) {
    if (all.empty()) return crypto::sha256({});
    if (all.size() == 1) return all[0];
    const uint64_t left = std::bit_floor(all.size() - 1);
    return node_hash(root_by_definition(all.first(left)), root_by_definition(all.subspan(left)));
}

class Leaves final : public NodeSource {
public:
    explicit Leaves(std::vector<Hash256> all) : all_{std::move(all)} {}
    Result<Hash256> node(unsigned level, uint64_t index) const override {
        const uint64_t width = uint64_t{1} << level;
        if ((index + 1) * width > all_.size()) return fail(ErrorCode::kNotFound, "beyond the end");
        return root_by_definition(std::span{all_}.subspan(index * width, width));
    }
    Hash256 root(uint64_t size) const { return root_by_definition(std::span{all_}.first(size)); }
    const Hash256& leaf(uint64_t index) const { return all_[index]; }

private:
    std::vector<Hash256> all_;
};

constexpr uint64_t kSize = 40;  // Past two powers of two, with odd rows at every level.

TEST(Tree, grows_to_the_root_of_the_definition) {
    const Leaves all{leaves(kSize)};
    Frontier frontier;
    for (uint64_t size = 0; size <= kSize; ++size) {
        EXPECT_EQ(frontier.root(), all.root(size)) << size;
        EXPECT_EQ(root_of(all, size).value(), all.root(size)) << size;
        EXPECT_EQ(Frontier::of(all, size).value().root(), all.root(size)) << size;
        if (size < kSize) frontier.add(all.leaf(size));
    }
}

TEST(Tree, proves_every_leaf_of_every_size_and_no_other) {
    const Leaves all{leaves(kSize)};
    for (uint64_t size = 1; size <= kSize; ++size)
        for (uint64_t index = 0; index < size; ++index) {
            const auto proof = prove_inclusion(all, index, size).value();
            EXPECT_TRUE(verify_inclusion(index, size, all.leaf(index), proof, all.root(size)));
            EXPECT_FALSE(verify_inclusion(index, size, all.leaf((index + 1) % kSize), proof,
                                          all.root(size)));
            EXPECT_FALSE(verify_inclusion(size, size, all.leaf(index), proof, all.root(size)));
            auto longer = proof;
            longer.push_back(all.leaf(0));
            EXPECT_FALSE(verify_inclusion(index, size, all.leaf(index), longer, all.root(size)));
        }
}

TEST(Tree, proves_that_every_size_continues_every_smaller_one) {
    const Leaves all{leaves(kSize)};
    for (uint64_t size = 1; size <= kSize; ++size)
        for (uint64_t old = 1; old <= size; ++old) {
            const auto proof = prove_consistency(all, old, size).value();
            const Status good = verify_consistency(old, size, all.root(old), all.root(size), proof);
            EXPECT_TRUE(good) << old << " " << size << " " << good.error().message;
            for (std::size_t i = 0; i < proof.size(); ++i) {
                auto wrong = proof;
                wrong[i].bytes[0] ^= 1;
                EXPECT_FALSE(verify_consistency(old, size, all.root(old), all.root(size), wrong));
            }
            if (old != size) {
                EXPECT_FALSE(verify_consistency(old, size, all.root(size), all.root(size), proof));
                EXPECT_FALSE(verify_consistency(size, old, all.root(size), all.root(old), proof));
            }
        }
}

TEST(Tree, an_empty_tree_proves_nothing) {
    EXPECT_FALSE(verify_consistency(0, 1, empty_root(), leaves(1)[0], {}));
    EXPECT_FALSE(verify_consistency(0, 0, empty_root(), empty_root(), {}));
}

TEST(Tree, refuses_what_is_no_subtree) {
    const Leaves all{leaves(8)};
    EXPECT_FALSE(verify_subtree({1, 3}, 8, all.root(2), all.root(8), {}));
    EXPECT_FALSE(verify_subtree({3, 3}, 8, all.root(2), all.root(8), {}));
    EXPECT_TRUE(verify_subtree({3, 3}, 8, empty_root(), all.root(8), {}));
    EXPECT_FALSE(verify_subtree({0, 16}, 8, all.root(8), all.root(8), {}));
}

}  // namespace
}  // namespace cordon::tlog
