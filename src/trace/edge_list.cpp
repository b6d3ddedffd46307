// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "edge_list.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>

namespace cordon::trace {
void EdgeList::add(const Txn& txn, uint32_t asset, const Move& move) {
    CORDON_CHECK(move.tainted <= move.amount);
    const uint32_t count = txns_.size();
    const bool known =
        count > 0 && txns_[count - 1].chain == txn.chain && txns_[count - 1].at == txn.at;
    Entry entry{.amount = {},
                .tainted = {},
                .from = move.from,
                .to = move.to,
                .row = move.row,
                .hop = move.hop,
                .txn = known ? count - 1 : txns_.add(Txn{txn}),
                .asset = asset,
                .kind = move.kind};
    amounts_.set(entry.amount, move.amount);
    amounts_.set(entry.tainted, move.tainted);
    entries_.add(std::move(entry));
}

void EdgeList::add(Edge&& edge, uint32_t row) {
    CORDON_CHECK(edge.tainted <= edge.amount);
    Entry entry;
    entry.row = row;
    entry.asset = static_cast<uint32_t>(wholes_.size());
    wholes_.push_back(std::move(edge));
    entries_.add(std::move(entry));
}

auto EdgeList::place_of(uint32_t at) const {
    const Entry& entry = entries_[at];
    if (entry.txn != kNone) {
        const Txn& txn = txns_[entry.txn];
        return std::tie(txn.chain, txn.at, entry.row);
    }
    const Edge& edge = wholes_[entry.asset];
    return std::tie(edge.chain, edge.at, entry.row);
}

Edge EdgeList::operator[](std::size_t place) const {
    if (entries_.size() == 0) return wholes_[place];
    const Entry& entry = entry_at(place);
    if (entry.txn == kNone) return wholes_[entry.asset];
    const Txn& txn = txns_[entry.txn];
    Edge edge;
    edge.chain = txn.chain;
    edge.txn = txn.hash;
    edge.at = txn.at;
    edge.time = txn.time;
    edge.from = address(entry.from);
    edge.to = address(entry.to);
    edge.asset = asset(entry.asset);
    edge.amount = amounts_[entry.amount];
    edge.tainted = amounts_[entry.tainted];
    edge.kind = to_string(entry.kind);
    edge.hop = entry.hop;
    return edge;
}

bool EdgeList::all_sure() const {
    return std::all_of(wholes_.begin(), wholes_.end(),
                       [](const Edge& edge) { return edge.confidence >= 1; });
}

void EdgeList::close(std::shared_ptr<const Found> found) {
    found_ = std::move(found);
    const uint32_t count = entries_.size();
    bool sorted = true;  // As a walk forward over one chain finds them.
    for (uint32_t at = 1; at < count && sorted; ++at) sorted = !(place_of(at) < place_of(at - 1));
    if (sorted) return;
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](uint32_t a, uint32_t b) { return place_of(a) < place_of(b); });
}

}  // namespace cordon::trace
