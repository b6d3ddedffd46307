// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <cordon/model/block.hpp>

#include "txn_shape.hpp"

/// Multi-input clustering: whoever signs the inputs of one txn together is taken for one owner. It
/// is a heuristic: joint txns of strangers (CoinJoin, PayJoin) break it, so every union keeps the
/// txn that made it.
namespace cordon::ledger {

/// Says which txns are made by strangers together and must join nobody. Pure and thread-safe.
class JoinFilter {
public:
    virtual ~JoinFilter() = default;
    virtual bool is_join(const TxnShape& shape) const = 0;
    /// Changes whenever an answer may: clusters made under another identity are made anew. 0 is
    /// no_join_filter().
    virtual uint32_t identity() const noexcept = 0;
};

/// Takes no txn for a join.
const JoinFilter& no_join_filter() noexcept;

/// Who was joined with whom, and by which txn. Addresses are dense ids; every id that was never
/// joined is a cluster of one, so ids need not be announced. A cluster is named by its smallest id.
///
/// The successful unions, in the order of the chain, are a forest over the ids: n - 1 edges for a
/// cluster of n. All else follows from them, so a forest that was rewound and went on equals one
/// that was built at once.
///
/// Memory: 12 bytes an id up to the largest that was joined, 12 a union, 16 a block with unions.
/// Confined to one thread while it changes; const calls may then come from any number of threads.
class ClusterForest {
public:
    /// Joins all senders of a txn. REQUIRES: txns come in the order of the chain; at.block is not
    /// below that of the last union. Cost: O(inputs), nearly.
    void add(TxnPosition at, std::span<const uint32_t> senders);
    /// The same, unless the filter takes the txn for a join.
    void add(const TxnShape& shape, const JoinFilter& filter) {
        if (shape.senders.size() > 1 && !filter.is_join(shape)) add(shape.at, shape.senders);
    }

    enum class Tie : uint8_t { kJoined, kKnown, kRefused };
    /// Joins a payer with the address that a guess takes for his change, on top of all that signed
    /// together; the union is marked with `mark` (not 0), which means what the caller wants. kKnown
    /// when both are in one cluster already; kRefused when both clusters have `large` ids or more:
    /// a wrong guess would make one owner of two services. REQUIRES: a position of the chain.
    /// add() must not follow; rewind() forgets all such unions, for guesses may change with every
    /// block, and files do not hold them.
    Tie tie(TxnPosition at, uint32_t payer, uint32_t change, uint32_t mark, uint32_t large);

    /// Makes room for ids below `ids`, so that growing need not copy.
    void reserve(uint64_t ids);

    /// Forgets the unions of all blocks above `last_good`, or all of them when there is none. Cost:
    /// every kept union is made again, O(ids + unions); nothing when no union goes.
    void rewind(std::optional<BlockNum> last_good);

    /// The smallest id of the cluster.
    uint32_t cluster(uint32_t id) const noexcept;
    /// How many ids the cluster of `id` has; at least 1.
    uint32_t size(uint32_t id) const noexcept;
    /// All ids of the cluster of `id`, ascending. Cost: sorting them.
    std::vector<uint32_t> members(uint32_t id) const;

    struct Cluster {
        uint32_t id = 0;
        uint32_t size = 0;
    };
    /// Clusters of at least `least` (from 2) ids: largest first, then by id. Cost: O(ids).
    std::vector<Cluster> clusters(uint32_t least = 2) const;

    /// One successful union: `a` and `b` signed txn `at` together, or with a mark are payer and
    /// change of it, by tie().
    struct Join {
        TxnPosition at;
        uint32_t a = 0, b = 0;
        uint32_t mark = 0;
        friend bool operator==(const Join&, const Join&) = default;
    };
    std::size_t joins() const noexcept { return edges_.size() + ties_.size(); }
    /// In the order of the chain, ties after all others. REQUIRES: index < joins(). Cost: a binary
    /// search over blocks.
    Join join(std::size_t index) const noexcept;
    /// The largest id that was joined, and one more.
    uint64_t id_end() const noexcept { return parents_.size(); }

    /// The unions that lead from `a` to `b`, in the order of that path; empty when they are not in
    /// one cluster, or equal. Of all chains of evidence this is the one that was complete first:
    /// its latest txn is the one that brought the two into one cluster. Cost: one pass over all
    /// unions, memory for those of the cluster.
    std::vector<Join> why(uint32_t a, uint32_t b) const;

    /// A union of two clusters that both were large already: seldom a user, often a service or a
    /// join that no filter knows.
    struct Merge {
        Join join;
        uint32_t size_a = 0, size_b = 0;  ///< Of the clusters of a and b just before.
    };
    /// Unions of which both sides had at least `least` ids, in the order of join(). Cost: all
    /// unions are made again.
    std::vector<Merge> merges(uint32_t least) const;

    /// Equal when the same unions were made by the same txns.
    friend bool operator==(const ClusterForest& a, const ClusterForest& b) noexcept {
        return a.edges_ == b.edges_ && a.blocks_ == b.blocks_ && a.ties_ == b.ties_;
    }

private:
    friend class ClusterCodec;

    struct Ring {
        uint32_t size;  // Of a root: ids of the cluster.
        uint32_t next;  // The next id of the cluster; the last one leads to the first.
    };
    struct Edge {
        uint32_t a, b;
        uint32_t txn;  // Within its block.
        friend bool operator==(const Edge&, const Edge&) = default;
    };
    struct BlockEdges {
        BlockNum block;
        uint64_t first;  // Of edges_.
        friend bool operator==(const BlockEdges&, const BlockEdges&) = default;
    };

    void grow(uint32_t id);
    uint32_t root(uint32_t id) noexcept;
    bool unite(uint32_t a, uint32_t b) noexcept;
    std::pair<uint32_t, uint32_t> ends_of(std::size_t index) const noexcept;

    // Apart, for finding a root reads parents only.
    std::vector<uint32_t> parents_;  // A root, which is the smallest id, has itself.
    std::vector<Ring> rings_;
    std::vector<Edge> edges_;         // In the order of the chain.
    std::vector<BlockEdges> blocks_;  // Only blocks that have edges; rising.
    std::vector<Join> ties_;          // In the order of the calls.
};

}  // namespace cordon::ledger
