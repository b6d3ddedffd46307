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

Movements Movements::of(const trace::TraceResult& result, ChainId chain) {
    std::vector<Movement> rows;
    rows.reserve(result.edges.size());
    for (const trace::Edge& edge : result.edges)
        if (edge.chain == chain && !edge.to_asset && !edge.to_chain && edge.from != edge.to &&
            !edge.from.empty() && edge.kind != "fee")
            rows.push_back(
                {edge.at, edge.txn, edge.time, edge.from, edge.to, edge.asset, edge.tainted});
    // A walk backward found them from the end, but lists them in chain order as well.
    return {chain, std::move(rows)};
}

Movements::Movements(ChainId chain, std::vector<Movement> rows)
    : chain_{chain}, rows_{std::move(rows)} {
    // Numbered as they are met, then by address: most of a trace are met twice.
    std::vector<Address> met;
    met.reserve(rows_.size() + 1);
    trace::AddressIndex places;
    const auto number = [&](const Address& address) {
        const uint32_t hash = trace::AddressIndex::hash(chain, address);
        const NodeId known = places.find(hash, [&](NodeId id) { return met[id] == address; });
        if (known != trace::AddressIndex::kNone) return known;
        const auto id = static_cast<NodeId>(met.size());
        places.add(hash, id);
        met.push_back(address);
        return id;
    };
    ends_.reserve(rows_.size());
    for (const Movement& row : rows_) {
        const NodeId from = number(row.from);
        ends_.emplace_back(from, number(row.to));
    }
    std::vector<std::pair<uint64_t, NodeId>> order;
    order.reserve(met.size());
    for (NodeId id = 0; id < met.size(); ++id) order.emplace_back(trace::start_of(met[id]), id);
    std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : met[a.second] < met[b.second];
    });
    addresses_.reserve(order.size());
    std::vector<NodeId> sorted(order.size());
    for (const auto& [start, id] : order) {
        sorted[id] = static_cast<NodeId>(addresses_.size());
        addresses_.push_back(met[id]);
    }
    for (auto& [from, to] : ends_) from = sorted[from], to = sorted[to];
    index(
        addresses_.size(), rows_.size(), [&](uint32_t row) { return ends_[row].first; }, out_,
        out_first_);
    index(
        addresses_.size(), rows_.size(), [&](uint32_t row) { return ends_[row].second; }, in_,
        in_first_);
}

std::optional<Movements::NodeId> Movements::find(const Address& address) const noexcept {
    const auto at = std::lower_bound(addresses_.begin(), addresses_.end(), address);
    if (at == addresses_.end() || *at != address) return std::nullopt;
    return static_cast<NodeId>(at - addresses_.begin());
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
