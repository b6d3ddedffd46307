// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include <cordon/trace/asset_numbers.hpp>
#include <cordon/trace/trace.hpp>

namespace cordon::patterns {

/// Money that went from one address to another: a row of the ledger, or the stolen part of one.
struct Movement {
    TxnPosition at;
    Hash256 txn;
    std::optional<UnixMillis> time;
    Address from, to;
    Asset asset;
    Amount amount;
};

/// What the recognisers of shapes look at: the movements of one chain as a graph. Immutable.
class Movements {
public:
    /// Numbers of addresses as the rows name them first: what is near in time is near in memory.
    using NodeId = uint32_t;
    /// A movement without the names of its ends and asset. Lifetime: as the graph.
    struct Row {
        const TxnPosition& at;
        uint32_t asset;  ///< Equal for equal assets.
        const std::optional<UnixMillis>& time;
        const Hash256& txn;
        Amount amount;
    };

    /// The tainted parts of a trace; what links and crossings carry changes its asset and is left
    /// out, but the two ends of an exchange stay where they are. Lifetime: of `result`.
    static Movements of(const trace::TraceResult& result, ChainId chain);
    /// `rows` in chain order.
    Movements(ChainId chain, std::span<const Movement> rows);
    Movements(Movements&&) = default;

    ChainId chain() const noexcept { return chain_; }
    std::size_t node_count() const noexcept { return addresses_.size(); }
    const Address& address(NodeId id) const noexcept { return addresses_[id]; }

    Row row(uint32_t place) const noexcept {
        const auto& [txn, amount, asset] = rows_[place];
        return {txn->at, asset, txn->time, txn->hash, amounts_[amount]};
    }
    const Asset& asset(uint32_t place) const noexcept { return assets_[rows_[place].asset]; }
    NodeId from(uint32_t place) const noexcept { return ends_[place].first; }
    NodeId to(uint32_t place) const noexcept { return ends_[place].second; }
    /// Places of the rows that leave or reach a node, in chain order.
    std::span<const uint32_t> out(NodeId id) const noexcept { return part(out_, out_first_, id); }
    std::span<const uint32_t> in(NodeId id) const noexcept { return part(in_, in_first_, id); }

private:
    explicit Movements(ChainId chain) noexcept : chain_{chain} {}
    class Numbers;
    /// Lists the rows by node.
    void close();
    static std::span<const uint32_t> part(const std::vector<uint32_t>& places,
                                          const std::vector<uint32_t>& first, NodeId id) noexcept {
        return std::span{places}.subspan(first[id], first[id + 1] - first[id]);
    }

    using Txn = trace::EdgeList::Txn;
    struct Kept {
        const Txn* txn = nullptr;
        trace::ShortAmount amount;
        uint32_t asset = 0;  // Of assets_.
    };
    ChainId chain_;
    std::vector<Kept> rows_;
    trace::ShortAmounts amounts_;
    std::deque<Txn> own_;  // Of rows that are no edges in numbers.
    trace::AssetNumbers assets_;
    std::vector<Address> addresses_;
    std::vector<std::pair<NodeId, NodeId>> ends_;
    std::vector<uint32_t> out_, out_first_, in_, in_first_;
};

/// What else a recogniser of shapes may ask of the world.
struct World {
    /// A business by its label: what many people pay is no shape of one owner.
    std::function<bool(const Address&)> is_business;
    /// True when the ledger shows the address taking part in something before this position.
    std::function<bool(const Address&, TxnPosition)> seen_before;
};

/// Sums by asset, in the order of the assets.
void add_to(std::vector<std::pair<Asset, Amount>>& sums, const Asset& asset, const Amount& amount);

/// Of long lists only so many are named; counts are always of all.
inline constexpr std::size_t kMaxNamed = 100;

}  // namespace cordon::patterns
