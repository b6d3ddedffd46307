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

    /// `row` without its asset.
    void add(const Row& row, const Address& from, const Address& to, const Asset& asset) {
        moves_.rows_.push_back(row);
        moves_.rows_.back().asset = moves_.assets_.number(asset);
        const NodeId sender = number(from);
        moves_.ends_.emplace_back(sender, number(to));
    }

private:
    NodeId number(const Address& address) {
        std::vector<Address>& met = moves_.addresses_;
        const uint32_t hash = trace::AddressIndex::hash(moves_.chain_, address);
        const NodeId known = places_.find(hash, [&](NodeId id) { return met[id] == address; });
        if (known != trace::AddressIndex::kNone) return known;
        places_.add(hash, static_cast<NodeId>(met.size()));
        met.push_back(address);
        return static_cast<NodeId>(met.size() - 1);
    }
    Movements& moves_;
    trace::AddressIndex places_;
};

Movements Movements::of(const trace::TraceResult& result, ChainId chain) {
    Movements moves{chain};
    moves.rows_.reserve(result.edges.size());
    moves.ends_.reserve(result.edges.size());
    moves.addresses_.reserve(result.nodes.size());
    Numbers numbers{moves};
    // A walk backward found them from the end, but lists them in chain order as well.
    for (const trace::Edge& edge : result.edges)
        if (edge.chain == chain && !edge.to_asset && !edge.to_chain && edge.from != edge.to &&
            !edge.from.empty() && edge.kind != "fee")
            numbers.add({edge.at, 0, edge.time, edge.txn, edge.tainted}, edge.from, edge.to,
                        edge.asset);
    moves.close();
    return moves;
}

Movements::Movements(ChainId chain, std::span<const Movement> rows) : chain_{chain} {
    Numbers numbers{*this};
    for (const Movement& row : rows)
        numbers.add({row.at, 0, row.time, row.txn, row.amount}, row.from, row.to, row.asset);
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
