// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "movements.hpp"

#include <algorithm>

#include <cordon/trace/address_index.hpp>

namespace cordon::patterns {
namespace {

/// Lists by node: first[id] .. first[id + 1] of `places`, in row order.
template <typename NodeOf>
void index(std::size_t nodes, std::size_t rows, NodeOf&& node_of, std::vector<uint32_t>& places,
           std::vector<uint32_t>& first) {
    first.assign(nodes + 1, 0);
    for (uint32_t row = 0; row < rows; ++row) ++first[node_of(row) + 1];
    for (std::size_t id = 0; id < nodes; ++id) first[id + 1] += first[id];
    places.resize(rows);
    std::vector<uint32_t> next(first.begin(), first.end() - 1);
    for (uint32_t row = 0; row < rows; ++row) places[next[node_of(row)]++] = row;
}

}  // namespace

/// Numbers addresses as they are met: most of a trace are met twice.
class Movements::Numbers {
public:
    explicit Numbers(Movements& moves) noexcept : moves_{moves} {}

    /// Lifetime: the txn must outlive the graph.
    void add(const Txn& txn, const Amount& amount, NodeId from, NodeId to, const Asset& asset) {
        Kept& row = moves_.rows_.emplace_back();
        row.txn = &txn;
        moves_.amounts_.set(row.amount, amount);
        row.asset = moves_.assets_.number(asset);
        moves_.ends_.emplace_back(from, to);
    }
    void add(const Movement& row) {
        const Txn& txn = moves_.own_.emplace_back(moves_.chain_, row.at, row.time, row.txn);
        const NodeId from = number(row.from);
        add(txn, row.amount, from, number(row.to), row.asset);
    }
    NodeId number(const Address& address) {
        std::vector<Address>& met = moves_.addresses_;
        by_name_ = true;
        for (; indexed_ < met.size(); ++indexed_)
            places_.add(trace::AddressIndex::hash(moves_.chain_, met[indexed_]), indexed_);
        const uint32_t hash = trace::AddressIndex::hash(moves_.chain_, address);
        const NodeId known = places_.find(hash, [&](NodeId id) { return met[id] == address; });
        if (known != trace::AddressIndex::kNone) return known;
        return add(address);
    }
    /// Of one that only number() may have been given before.
    NodeId number_of_new(const Address& address) {
        return by_name_ ? number(address) : add(address);
    }

private:
    NodeId add(const Address& address) {
        moves_.addresses_.push_back(address);
        return static_cast<NodeId>(moves_.addresses_.size() - 1);
    }
    Movements& moves_;
    bool by_name_ = false;        // Mostly nobody is asked for so, and nothing is indexed.
    trace::AddressIndex places_;  // Of those below indexed_.
    NodeId indexed_ = 0;
};

Movements Movements::of(const trace::TraceResult& result, ChainId chain) {
    Movements moves{chain};
    moves.rows_.reserve(result.edges.size());
    moves.ends_.reserve(result.edges.size());
    moves.addresses_.reserve(result.nodes.size());
    Numbers numbers{moves};
    // Of the nodes of edges in numbers, as most are: they differ, so that none is looked up by
    // name.
    constexpr NodeId kNew = ~NodeId{0};
    std::vector<NodeId> known(result.edges.node_count(), kNew);
    const auto number = [&](uint32_t node) {
        if (known[node] == kNew) known[node] = numbers.number_of_new(result.edges.address(node));
        return known[node];
    };
    // A walk backward found them from the end, but lists them in chain order as well.
    for (std::size_t place = 0; place < result.edges.size(); ++place) {
        if (const auto edge = result.edges.in_numbers(place)) {
            if (edge->txn.chain != chain || edge->from == edge->to ||
                edge->kind == TransferKind::kFee)
                continue;
            const NodeId from = number(edge->from);
            numbers.add(edge->txn, edge->tainted, from, number(edge->to),
                        result.edges.asset(edge->asset));
            continue;
        }
        const trace::Edge edge = result.edges[place];
        if (edge.chain != chain || edge.to_asset || edge.to_chain || edge.from == edge.to ||
            edge.from.empty() || edge.kind == "fee")
            continue;
        numbers.add({edge.at, edge.txn, edge.time, edge.from, edge.to, edge.asset, edge.tainted});
    }
    moves.close();
    return moves;
}

Movements::Movements(ChainId chain, std::span<const Movement> rows) : chain_{chain} {
    Numbers numbers{*this};
    for (const Movement& row : rows) numbers.add(row);
    close();
}

void Movements::close() {
    index(
        addresses_.size(), rows_.size(), [&](uint32_t row) { return ends_[row].first; }, out_,
        out_first_);
    index(
        addresses_.size(), rows_.size(), [&](uint32_t row) { return ends_[row].second; }, in_,
        in_first_);
}

void add_to(std::vector<std::pair<Asset, Amount>>& sums, const Asset& asset, const Amount& amount) {
    const auto at =
        std::lower_bound(sums.begin(), sums.end(), asset,
                         [](const auto& sum, const Asset& key) { return sum.first < key; });
    if (at != sums.end() && at->first == asset)
        // Hostile rows may add up to more than there is; a sum for a person may then be cut.
        at->second = checked_add(at->second, amount).value_or(Amount::max());
    else
        sums.insert(at, {asset, amount});
}

}  // namespace cordon::patterns
