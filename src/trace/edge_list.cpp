// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "edge_list.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>

namespace cordon::trace {

void EdgeList::add(const Txn& txn, const Asset& asset, const Move& move) {
    CORDON_CHECK(move.tainted <= move.amount);
    const uint32_t count = txns_.size();
    const bool known =
        count > 0 && txns_[count - 1].chain == txn.chain && txns_[count - 1].at == txn.at;
    Entry entry{move, known ? count - 1 : txns_.add(Txn{txn}), 0, kNone};
    // There are few, and mostly it is the last.
    auto named = std::find(assets_.rbegin(), assets_.rend(), asset);
    if (named == assets_.rend()) {
        assets_.push_back(asset);
        named = assets_.rbegin();
    }
    entry.asset = static_cast<uint32_t>(assets_.rend() - named - 1);
    entries_.add(std::move(entry));
}

void EdgeList::add(Edge&& edge, uint32_t row) {
    CORDON_CHECK(edge.tainted <= edge.amount);
    Entry entry;
    entry.move.row = row;
    entry.whole = static_cast<uint32_t>(wholes_.size());
    wholes_.push_back(std::move(edge));
    entries_.add(std::move(entry));
}

auto EdgeList::place_of(uint32_t at) const {
    const Entry& entry = entries_[at];
    if (entry.whole == kNone) {
        const Txn& txn = txns_[entry.txn];
        return std::tie(txn.chain, txn.at, entry.move.row);
    }
    const Edge& edge = wholes_[entry.whole];
    return std::tie(edge.chain, edge.at, entry.move.row);
}

void EdgeList::tell(const Entry& entry, const std::vector<Node>& nodes, Edge& edge) {
    if (entry.whole != kNone) {
        edge = std::move(wholes_[entry.whole]);
        return;
    }
    const Txn& txn = txns_[entry.txn];
    const Move& move = entry.move;
    edge.chain = txn.chain;
    edge.txn = txn.hash;
    edge.at = txn.at;
    edge.time = txn.time;
    edge.from = nodes[move.from].address;
    edge.to = nodes[move.to].address;
    edge.asset = assets_[entry.asset];
    edge.amount = move.amount;
    edge.tainted = move.tainted;
    edge.kind = to_string(move.kind);
    edge.hop = move.hop;
}

std::vector<Edge> EdgeList::take(const std::vector<Node>& nodes) {
    const uint32_t count = entries_.size();
    std::vector<Edge> edges;
    edges.reserve(count);
    bool sorted = true;  // As a walk forward over one chain finds them.
    for (uint32_t at = 1; at < count && sorted; ++at) sorted = !(place_of(at) < place_of(at - 1));
    if (sorted) {
        for (uint32_t at = 0; at < count; ++at) tell(entries_[at], nodes, edges.emplace_back());
        return edges;
    }
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return place_of(a) < place_of(b); });
    for (const uint32_t at : order) tell(entries_[at], nodes, edges.emplace_back());
    return edges;
}

}  // namespace cordon::trace
