// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "utxo_flow.hpp"

namespace cordon::trace {

// Where a txn of a UTXO chain touches a txn of another chain: outputs by which money crosses over,
// and outputs by which it arrives.

Result<Crossings::Outcome> UtxoFlow::cross(Event& event, Crossings::Row row) {
    if (!crossings_.may_cross(chain_)) return Crossings::Outcome{};
    if (!event.crossings) {
        CORDON_TRY(event.crossings, crossings_.of(chain_, *event.placed));
    }
    if (event.crossings->empty()) return Crossings::Outcome{};
    return crossings_.send(*event.crossings, row);
}

/// Walking backward: the taint of an output leaves by the crossing that ends in it, before the
/// inputs are asked.
Result<Parcels> UtxoFlow::cross_back(Event& event, const End& end, NodeId node, Parcels parcels) {
    Edge edge;
    edge.chain = chain_;
    edge.txn = event.placed->txn.txid;
    edge.at = event.placed->at;
    edge.time = event.placed->time;
    edge.to = end.address;
    edge.amount = end.amount;
    edge.tainted = tainted_of(parcels);
    CORDON_TRY(const auto outcome,
               cross(event, {end.point->index, books_.at(node).hop, std::move(edge)}));
    if (outcome.candidates > 0)
        books_.candidates(node, Asset{}, end.point, outcome.candidates, outcome.best);
    if (outcome.stays) books_.rest(node, Asset{}, tainted_of(parcels), outcome.stop, end.point);
    if (outcome.crossed || outcome.stays) {
        parcels.clear();
        append(parcels, {end.amount, kClean});
    }
    return parcels;
}

// --- Arriving

bool UtxoFlow::has_passed(TxnPosition at) const {
    return last_ && (walk_.backward() ? at >= *last_ : at <= *last_);
}

Status UtxoFlow::expect(Arrival arrival) {
    queue_.push(arrival.to.at);
    expected_[arrival.to.at].push_back(std::move(arrival));
    return {};
}

Arrival* UtxoFlow::arrival_of(Event& event, const End& end) const {
    const auto at =
        std::find_if(event.arrivals.begin(), event.arrivals.end(), [&](const Arrival& a) {
            return end.point && end.point->txid == a.to.txn && end.point->index == a.to.row;
        });
    return at == event.arrivals.end() ? nullptr : &*at;
}

}  // namespace cordon::trace
