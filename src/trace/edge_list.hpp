// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "chunks.hpp"
#include "edge.hpp"
#include "found.hpp"
#include "told_list.hpp"

namespace cordon::trace {

/// The edges of a trace. Most are rows of account txns between two nodes: these are kept in
/// numbers, a seventh as large as an Edge, and told as one to whoever asks. Immutable once
/// the walk has closed it, and then for any thread.
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
    using value_type = Edge;

    EdgeList() = default;
    /// These, in this order.
    EdgeList(std::vector<Edge> edges) : wholes_{std::move(edges)} {}  // NOLINT(*-explicit-*)

    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept {
        return entries_.size() == 0 ? wholes_.size() : entries_.size();
    }
    /// Cost: a copy of some 400 bytes. REQUIRES: place < size().
    Edge operator[](std::size_t place) const;
    TellingIterator<EdgeList> begin() const noexcept { return {*this, 0}; }
    TellingIterator<EdgeList> end() const noexcept { return {*this, size()}; }
    std::vector<Edge> all() const { return {begin(), end()}; }
    /// Whether none has a confidence below 1.
    bool all_sure() const;

    /// One as it is kept.
    struct InNumbers {
        const Txn& txn;
        uint32_t from = 0, to = 0;  ///< Nodes.
        uint32_t asset = 0;
        TransferKind kind = TransferKind::kNative;
        Amount tainted;
    };
    /// Nothing of an edge that says more. Lifetime: the list.
    std::optional<InNumbers> in_numbers(std::size_t place) const {
        if (entries_.size() == 0) return std::nullopt;
        const Entry& entry = entry_at(place);
        if (entry.txn == kNone) return std::nullopt;
        return InNumbers{txns_[entry.txn], entry.from, entry.to,
                         entry.asset,      entry.kind, amounts_[entry.tainted]};
    }
    /// Of the nodes and assets of those in numbers. Lifetime: the list.
    /// REQUIRES: some are.
    const Address& address(uint32_t node) const noexcept { return found_->nodes[node].address; }
    const Asset& asset(uint32_t asset) const noexcept { return found_->assets[asset]; }
    std::size_t node_count() const noexcept { return found_ ? found_->nodes.size() : 0; }

    // The walk.

    /// `asset`: a number of the Found's.
    void add(const Txn& txn, uint32_t asset, const Move& move);
    void add(Edge&& edge, uint32_t row);
    /// Puts them by (chain, position, row), those added first before their equals. `found` names
    /// nodes and assets. REQUIRES: called once, last.
    void close(std::shared_ptr<const Found> found);

private:
    struct Entry {
        ShortAmount amount, tainted;
        uint32_t from = 0, to = 0, row = 0, hop = 0;  // Of one of wholes_ only the row.
        uint32_t txn = kNone;
        uint32_t asset = 0;  // Without a txn: a place in wholes_.
        TransferKind kind = TransferKind::kNative;
    };
    static_assert(sizeof(Entry) <= 64);
    static constexpr uint32_t kNone = ~uint32_t{0};
    const Entry& entry_at(std::size_t place) const noexcept {
        return entries_[order_.empty() ? static_cast<uint32_t>(place) : order_[place]];
    }
    auto place_of(uint32_t at) const;

    Chunks<Entry> entries_;  // None when all are whole, in their order.
    Chunks<Txn> txns_;
    ShortAmounts amounts_;
    std::vector<Edge> wholes_;
    std::vector<uint32_t> order_;         // Of entries_; none when they were added in order.
    std::shared_ptr<const Found> found_;  // The owners are the lists of one result.
};

}  // namespace cordon::trace
