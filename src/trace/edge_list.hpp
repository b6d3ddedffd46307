// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "asset_numbers.hpp"
#include "chunks.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// The edges that a walk has found. Most are rows of account txns between two nodes: these are kept
/// in numbers, a third as large as an Edge, until all are known. Confined to one thread.
class EdgeList {
public:
    struct Txn {
        ChainId chain;
        TxnPosition at;
        std::optional<UnixMillis> time;
        Hash256 hash;
    };
    /// What an Edge says that a row of a txn made, its ends by number.
    struct Move {
        uint32_t from = 0, to = 0;  ///< Nodes.
        uint32_t row = 0;           ///< Orders the edges of one txn.
        uint32_t hop = 0;
        TransferKind kind = TransferKind::kNative;
        Amount amount, tainted;
    };

    std::size_t size() const noexcept { return entries_.size(); }
    /// `asset`: a number of those that take() is given.
    void add(const Txn& txn, uint32_t asset, const Move& move);
    void add(Edge&& edge, uint32_t row);
    /// By (chain, position, row), those added first before their equals. REQUIRES: called once,
    /// last.
    std::vector<Edge> take(const std::vector<Node>& nodes, const AssetNumbers& assets);

private:
    struct Entry {
        Move move;  // Of one of wholes_ only the row.
        uint32_t txn = 0, asset = 0;
        uint32_t whole = kNone;  // A place in wholes_.
    };
    static constexpr uint32_t kNone = ~uint32_t{0};
    auto place_of(uint32_t at) const;
    void tell(const Entry& entry, const std::vector<Node>& nodes, const AssetNumbers& assets,
              Edge& edge);

    Chunks<Entry> entries_;
    Chunks<Txn> txns_;
    std::vector<Edge> wholes_;
};

}  // namespace cordon::trace
