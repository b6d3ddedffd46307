// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "account_flow.hpp"

namespace cordon::trace {

// Where a txn of an account chain touches another txn: rows by which money crosses over, and rows
// by which it arrives.

Edge AccountFlow::edge_of(const Current& now, const TxnRow& row, NodeId from,
                          const Amount& tainted) const {
    Edge edge;
    edge.chain = chain_;
    edge.txn = now.txn.hash;
    edge.at = now.txn.at;
    edge.time = now.txn.time;
    edge.from = books_.at(from).address;
    edge.to = now.view.keys[row.to].address;
    if (walk_.backward()) std::swap(edge.from, edge.to);
    edge.asset = *now.view.keys[row.to].asset;
    edge.amount = row.amount;
    edge.tainted = tainted;
    edge.kind = to_string(row.kind);
    edge.hop = books_.at(from).hop + 1;
    return edge;
}

Crossings::Outcome AccountFlow::cross(Current& now, const TxnRow& row, const Amount& tainted) {
    if (!may_cross_) may_cross_ = crossings_.may_cross(chain_);
    if (!now.status || !*may_cross_) return {};
    const auto all = [&]() -> Status {
        if (now.crossings) return {};
        CORDON_TRY(const auto* txn, named(now));
        CORDON_TRY(now.crossings, crossings_.of(chain_, *txn));
        return {};
    }();
    if (!all) {
        now.status = all;
        return {};
    }
    if (now.crossings->empty()) return {};
    const NodeId from = sender_node(now, row);
    auto outcome = crossings_.send(
        *now.crossings, {row.index, books_.at(from).hop, edge_of(now, row, from, tainted)});
    if (outcome) return std::move(*outcome);
    now.status = fail(outcome.error());
    return {};
}

// --- Arriving

bool AccountFlow::has_passed(TxnPosition at) const {
    return last_ && (walk_.backward() ? at >= *last_ : at <= *last_);
}

Status AccountFlow::expect(Arrival arrival) {
    CORDON_TRY(const uint64_t number, rows_.numbered().number(arrival.to.at));
    queue_.push({number, kArrival});
    expected_[arrival.to.at].push_back(std::move(arrival));
    return {};
}

Arrival* AccountFlow::arrival_of(Current& now, const TxnRow& row) {
    const auto at = std::find_if(now.arrivals.begin(), now.arrivals.end(),
                                 [&](const Arrival& a) { return a.to.row == row.index; });
    return at == now.arrivals.end() ? nullptr : &*at;
}

/// What the row gains in taint; `tainted` it has already.
Amount AccountFlow::land(Current& now, const TxnRow& row, Arrival& arrival, const Amount& tainted) {
    KeyState& to = now.keys[row.to];
    const TxnKey& key = now.view.keys[row.to];
    const Amount gained = std::min(arrival.tainted, row.amount - tainted);
    to.node = node(key, arrival.hop);
    books_.arrive(*to.node, *key.asset, tainted.is_zero() ? row.amount : Amount{}, gained);
    crossings_.arrived(std::move(arrival), gained, now.txn.time);
    return gained;
}

}  // namespace cordon::trace
