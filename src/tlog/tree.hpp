// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Merkle trees whose growth can be proved (RFC 6962 §2.1, RFC 9162 §2.1): a leaf is
/// SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), and the left half of a tree is
/// the largest power of two that is smaller than it.
namespace cordon::tlog {

Hash256 leaf_hash(ByteView entry) noexcept;
Hash256 node_hash(const Hash256& left, const Hash256& right) noexcept;
/// SHA-256 of nothing: the root of an empty tree.
Hash256 empty_root() noexcept;
/// Of all leaves. For tests and small trees: O(n).
Hash256 tree_root(std::span<const Hash256> leaves) noexcept;

/// That leaf `index` is in the tree of `size` leaves with this root. kMalformed: the proof has the
/// wrong length or the index is not in the tree; kChecksum: it proves another root.
Status verify_inclusion(uint64_t index, uint64_t size, const Hash256& leaf,
                        std::span<const Hash256> proof, const Hash256& root);
/// That the tree of `new_size` leaves begins with the tree of `old_size` leaves, 0 < old_size.
/// kMalformed, kChecksum as above.
Status verify_consistency(uint64_t old_size, uint64_t new_size, const Hash256& old_root,
                          const Hash256& new_root, std::span<const Hash256> proof);

/// The leaves [begin, end) as a tree of their own; begin is a multiple of the smallest power of two
/// that is not smaller than their number (draft-ietf-plants-merkle-tree-certs §4.1).
struct Subtree {
    uint64_t begin = 0, end = 0;
};
Status verify_subtree_inclusion(uint64_t index, Subtree subtree, const Hash256& leaf,
                                std::span<const Hash256> proof, const Hash256& root);
/// That a subtree is part of the tree of `size` leaves. An empty one is part of every tree that
/// reaches to it.
Status verify_subtree(Subtree subtree, uint64_t size, const Hash256& subtree_root,
                      const Hash256& root, std::span<const Hash256> proof);

/// Gives hashes of perfect subtrees: level 0 are leaves, `index` counts at that level.
class NodeSource {
public:
    virtual ~NodeSource() = default;
    virtual Result<Hash256> node(unsigned level, uint64_t index) const = 0;
};

/// The perfect subtrees of the leaves [0, n), largest first: all that is needed to go on growing.
class Frontier {
public:
    /// That of the first `size` leaves.
    static Result<Frontier> of(const NodeSource& nodes, uint64_t size);
    void add(const Hash256& leaf);
    uint64_t size() const noexcept { return size_; }
    Hash256 root() const noexcept;

private:
    uint64_t size_ = 0;
    std::vector<Hash256> peaks_;  // One per set bit of size_, the highest first.
};

/// The root of the first `size` leaves. Cost: one node per set bit of `size`.
Result<Hash256> root_of(const NodeSource& nodes, uint64_t size);
/// REQUIRES: index < size.
Result<std::vector<Hash256>> prove_inclusion(const NodeSource& nodes, uint64_t index,
                                             uint64_t size);
/// REQUIRES: old_size <= new_size. Empty when old_size is 0 or new_size.
Result<std::vector<Hash256>> prove_consistency(const NodeSource& nodes, uint64_t old_size,
                                               uint64_t new_size);

}  // namespace cordon::tlog
