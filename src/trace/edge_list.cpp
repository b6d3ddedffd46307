// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "edge_list.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>
#include <cordon/base/fetch.hpp>

namespace cordon::trace {
namespace {

constexpr uint32_t kAhead = 8;  // Edges whose nodes are on their way.

}  // namespace

void EdgeList::add(const Txn& txn, uint32_t asset, const Move& move) {
    CORDON_CHECK(move.tainted <= move.amount);
    const uint32_t count = txns_.size();
    const bool known =
        count > 0 && txns_[count - 1].chain == txn.chain && txns_[count - 1].at == txn.at;
    entries_.add({move, known ? count - 1 : txns_.add(Txn{txn}), asset, kNone});
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

void EdgeList::tell(const Entry& entry, const std::vector<Node>& nodes, const AssetNumbers& assets,
                    Edge& edge) {
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
    edge.asset = assets[entry.asset];
    edge.amount = move.amount;
    edge.tainted = move.tainted;
    edge.kind = to_string(move.kind);
    edge.hop = move.hop;
}

std::vector<Edge> EdgeList::take(const std::vector<Node>& nodes, const AssetNumbers& assets) {
    const uint32_t count = entries_.size();
    bool sorted = true;  // As a walk forward over one chain finds them.
    for (uint32_t at = 1; at < count && sorted; ++at) sorted = !(place_of(at) < place_of(at - 1));
    std::vector<uint32_t> order;
    if (!sorted) {
        order.resize(count);
        std::iota(order.begin(), order.end(), 0U);
        std::stable_sort(order.begin(), order.end(),
                         [&](uint32_t a, uint32_t b) { return place_of(a) < place_of(b); });
    }
    std::vector<Edge> edges;
    edges.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
        if (sorted && i + kAhead < count) {  // Who pays lies anywhere among the nodes.
            const Entry& later = entries_[i + kAhead];
            if (later.whole == kNone) fetch(&nodes[later.move.from].address);
        }
        tell(entries_[sorted ? i : order[i]], nodes, assets, edges.emplace_back());
    }
    return edges;
}

}  // namespace cordon::trace
