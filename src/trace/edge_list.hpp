// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "asset_numbers.hpp"
#include "chunks.hpp"
#include "edge.hpp"

namespace cordon::trace {

/// The edges of a trace. Most are rows of account txns between two nodes: these are kept in
/// numbers, less than half as large as an Edge, and told as one to whoever asks. Immutable once
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
    /// Gives Edges, not references to them: what is kept of one must be copied.
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Edge;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Edge;

        Iterator(const EdgeList& list, std::size_t place) noexcept : list_{&list}, place_{place} {}
        Edge operator*() const { return (*list_)[place_]; }
        Iterator& operator++() noexcept {
            ++place_;
            return *this;
        }
        Iterator operator++(int) noexcept { return {*list_, place_++}; }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const EdgeList* list_;
        std::size_t place_;
    };

    EdgeList() = default;
    /// These, in this order.
    EdgeList(std::vector<Edge> edges) : wholes_{std::move(edges)} {}  // NOLINT(*-explicit-*)

    bool empty() const noexcept { return size() == 0; }
    std::size_t size() const noexcept {
        return entries_.size() == 0 ? wholes_.size() : entries_.size();
    }
    /// Cost: a copy of some 400 bytes. REQUIRES: place < size().
    Edge operator[](std::size_t place) const;
    Iterator begin() const noexcept { return {*this, 0}; }
    Iterator end() const noexcept { return {*this, size()}; }
    std::vector<Edge> all() const { return {begin(), end()}; }
    /// Whether none has a confidence below 1.
    bool all_sure() const;

    /// One as it is kept.
    struct InNumbers {
        const Txn& txn;
        const Move& move;
        uint32_t asset = 0;
    };
    /// Nothing of an edge that says more. Lifetime: the list.
    std::optional<InNumbers> in_numbers(std::size_t place) const {
        if (entries_.size() == 0) return std::nullopt;
        const Entry& entry = entry_at(place);
        if (entry.txn == kNone) return std::nullopt;
        return InNumbers{txns_[entry.txn], entry.move, entry.asset};
    }
    /// Of the nodes and assets of those in numbers. Lifetime: the list.
    std::span<const Address> addresses() const noexcept { return addresses_; }
    const AssetNumbers& assets() const noexcept { return assets_; }

    // The walk.

    /// `asset`: a number of those that close() is given.
    void add(const Txn& txn, uint32_t asset, const Move& move);
    void add(Edge&& edge, uint32_t row);
    /// Puts them by (chain, position, row), those added first before their equals. `addresses` are
    /// those of the nodes. REQUIRES: called once, last.
    void close(std::vector<Address> addresses, AssetNumbers assets);

private:
    struct Entry {
        Move move;  // Of one of wholes_ only the row.
        uint32_t txn = kNone;
        uint32_t asset = 0;  // Without a txn: a place in wholes_.
    };
    static constexpr uint32_t kNone = ~uint32_t{0};
    const Entry& entry_at(std::size_t place) const noexcept {
        return entries_[order_.empty() ? static_cast<uint32_t>(place) : order_[place]];
    }
    auto place_of(uint32_t at) const;

    Chunks<Entry> entries_;  // None when all are whole, in their order.
    Chunks<Txn> txns_;
    std::vector<Edge> wholes_;
    std::vector<uint32_t> order_;  // Of entries_; none when they were added in order.
    std::vector<Address> addresses_;
    AssetNumbers assets_;
};

}  // namespace cordon::trace
