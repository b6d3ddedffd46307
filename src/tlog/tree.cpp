// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <bit>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::tlog {
namespace {

/// The largest power of two below `size`. REQUIRES: size > 1.
uint64_t left_size(uint64_t size) noexcept { return std::bit_floor(size - 1); }

Status same_root(const Hash256& found, const Hash256& wanted, std::string_view what) {
    if (found == wanted) return {};
    return fail(ErrorCode::kChecksum, format("{}: it proves another root", what));
}

/// A subtree begins at a multiple of the smallest power of two that holds it.
Status check_subtree(Subtree subtree) {
    if (subtree.begin < subtree.end &&
        subtree.begin % std::bit_ceil(subtree.end - subtree.begin) == 0)
        return {};
    return fail(ErrorCode::kMalformed,
                format("[{}, {}) is no subtree", subtree.begin, subtree.end));
}

/// The root of leaves [begin, begin + size), where begin is a multiple of the subtrees asked for.
Result<Hash256> range_root(const NodeSource& nodes, uint64_t begin, uint64_t size) {
    if (std::has_single_bit(size)) {
        const auto level = static_cast<unsigned>(std::countr_zero(size));
        return nodes.node(level, begin >> level);
    }
    const uint64_t left = left_size(size);
    CORDON_TRY(const Hash256 a, range_root(nodes, begin, left));
    CORDON_TRY(const Hash256 b, range_root(nodes, begin + left, size - left));
    return node_hash(a, b);
}

}  // namespace

Hash256 leaf_hash(ByteView entry) noexcept {
    crypto::Sha256 hash;
    constexpr uint8_t kLeaf = 0;
    hash.update({&kLeaf, 1});
    hash.update(entry);
    return hash.finish();
}

Hash256 node_hash(const Hash256& left, const Hash256& right) noexcept {
    crypto::Sha256 hash;
    constexpr uint8_t kNode = 1;
    hash.update({&kNode, 1});
    hash.update(left);
    hash.update(right);
    return hash.finish();
}

Hash256 empty_root() noexcept { return crypto::sha256({}); }

Hash256 tree_root(std::span<const Hash256> leaves) noexcept {
    Frontier frontier;
    for (const Hash256& leaf : leaves) frontier.add(leaf);
    return frontier.root();
}

void Frontier::add(const Hash256& leaf) {
    Hash256 peak = leaf;
    for (uint64_t rest = size_; rest & 1; rest >>= 1) {
        peak = node_hash(peaks_.back(), peak);
        peaks_.pop_back();
    }
    peaks_.push_back(peak);
    ++size_;
}

Result<Frontier> Frontier::of(const NodeSource& nodes, uint64_t size) {
    Frontier frontier;
    for (unsigned level = 64; level-- > 0;) {
        if (!(size >> level & 1)) continue;
        CORDON_TRY(const Hash256 peak, nodes.node(level, frontier.size_ >> level));
        frontier.peaks_.push_back(peak);
        frontier.size_ += uint64_t{1} << level;
    }
    return frontier;
}

Hash256 Frontier::root() const noexcept {
    if (peaks_.empty()) return empty_root();
    Hash256 root = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
    return root;
}

// RFC 9162 §2.1.3.2.
Status verify_inclusion(uint64_t index, uint64_t size, const Hash256& leaf,
                        std::span<const Hash256> proof, const Hash256& root) {
    if (index >= size)
        return fail(ErrorCode::kMalformed,
                    format("inclusion proof: leaf {} is not in a tree of {}", index, size));
    uint64_t at = index;
    uint64_t last = size - 1;
    Hash256 hash = leaf;
    for (const Hash256& sibling : proof) {
        if (last == 0)
            return fail(ErrorCode::kMalformed, "inclusion proof: more hashes than levels");
        if ((at & 1) || at == last) {
            hash = node_hash(sibling, hash);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) return fail(ErrorCode::kMalformed, "inclusion proof: ends early");
    return same_root(hash, root, "inclusion proof");
}

Status verify_consistency(uint64_t old_size, uint64_t new_size, const Hash256& old_root,
                          const Hash256& new_root, std::span<const Hash256> proof) {
    if (old_size == 0)
        return fail(ErrorCode::kMalformed,
                    "consistency proof: every tree continues an empty one, nothing is proved");
    return verify_subtree({0, old_size}, new_size, old_root, new_root, proof);
}

Status verify_subtree_inclusion(uint64_t index, Subtree subtree, const Hash256& leaf,
                                std::span<const Hash256> proof, const Hash256& root) {
    CORDON_TRY(check_subtree(subtree));
    if (index < subtree.begin)
        return fail(ErrorCode::kMalformed,
                    format("inclusion proof: leaf {} lies before the subtree", index));
    return verify_inclusion(index - subtree.begin, subtree.end - subtree.begin, leaf, proof, root);
}

// draft-ietf-plants-merkle-tree-certs §4.4.3; with begin = 0 it is RFC 9162 §2.1.4.2.
Status verify_subtree(Subtree subtree, uint64_t size, const Hash256& subtree_root,
                      const Hash256& root, std::span<const Hash256> proof) {
    if (subtree.end > size)
        return fail(
            ErrorCode::kMalformed,
            format("consistency proof: the subtree ends at {}, the tree at {}", subtree.end, size));
    if (subtree.begin == subtree.end) {
        if (!proof.empty())
            return fail(ErrorCode::kTrailing, "consistency proof: of an empty subtree it is empty");
        return same_root(subtree_root, empty_root(), "consistency proof: empty subtree");
    }
    CORDON_TRY(check_subtree(subtree));
    uint64_t first = subtree.begin;
    uint64_t last = subtree.end - 1;
    uint64_t tree_last = size - 1;
    const auto up = [&] {
        first >>= 1;
        last >>= 1;
        tree_last >>= 1;
    };
    // Where the subtree is perfect, or ends the tree, its own hash is a node of the tree.
    const bool ends_the_tree = last == tree_last;
    while (first != last && (ends_the_tree || (last & 1))) up();
    std::size_t at = 0;
    Hash256 own = subtree_root;
    if (first != last) {
        if (proof.empty()) return fail(ErrorCode::kMalformed, "consistency proof: is empty");
        own = proof[at++];
    }
    Hash256 whole = own;
    for (; at < proof.size(); ++at) {
        if (tree_last == 0)
            return fail(ErrorCode::kMalformed, "consistency proof: more hashes than levels");
        if ((last & 1) || last == tree_last) {
            if (first < last) own = node_hash(proof[at], own);
            whole = node_hash(proof[at], whole);
            while (!(last & 1) && last != 0) up();
        } else {
            whole = node_hash(whole, proof[at]);
        }
        up();
    }
    if (tree_last != 0) return fail(ErrorCode::kMalformed, "consistency proof: ends early");
    CORDON_TRY(same_root(own, subtree_root, "consistency proof, old tree"));
    return same_root(whole, root, "consistency proof, new tree");
}

Result<Hash256> root_of(const NodeSource& nodes, uint64_t size) {
    if (size == 0) return empty_root();
    return range_root(nodes, 0, size);
}

Result<std::vector<Hash256>> prove_inclusion(const NodeSource& nodes, uint64_t index,
                                             uint64_t size) {
    CORDON_CHECK(index < size);
    // Down from the root: the half that does not hold the leaf is a hash of the proof.
    std::vector<Hash256> proof;
    uint64_t begin = 0;
    while (size > 1) {
        const uint64_t left = left_size(size);
        if (index - begin < left) {
            CORDON_TRY(const Hash256 other, range_root(nodes, begin + left, size - left));
            proof.push_back(other);
            size = left;
        } else {
            CORDON_TRY(const Hash256 other, range_root(nodes, begin, left));
            proof.push_back(other);
            begin += left;
            size -= left;
        }
    }
    return std::vector<Hash256>{proof.rbegin(), proof.rend()};
}

Result<std::vector<Hash256>> prove_consistency(const NodeSource& nodes, uint64_t old_size,
                                               uint64_t new_size) {
    CORDON_CHECK(old_size <= new_size);
    std::vector<Hash256> proof;
    if (old_size == 0 || old_size == new_size) return proof;
    // RFC 6962 §2.1.2, SUBPROOF: down the new tree along the old one's right edge.
    uint64_t begin = 0;
    uint64_t size = new_size;
    bool is_old_whole = true;  // The subtree at hand begins the old tree: its hash is known.
    uint64_t old = old_size;
    while (old != size) {
        const uint64_t left = left_size(size);
        if (old <= left) {
            CORDON_TRY(const Hash256 other, range_root(nodes, begin + left, size - left));
            proof.push_back(other);
            size = left;
        } else {
            CORDON_TRY(const Hash256 other, range_root(nodes, begin, left));
            proof.push_back(other);
            begin += left;
            size -= left;
            old -= left;
            is_old_whole = false;
        }
    }
    if (!is_old_whole) {
        CORDON_TRY(const Hash256 own, range_root(nodes, begin, size));
        proof.push_back(own);
    }
    return std::vector<Hash256>{proof.rbegin(), proof.rend()};
}

}  // namespace cordon::tlog
