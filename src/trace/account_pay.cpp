// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>

#include "account_flow.hpp"

namespace cordon::trace {

// The rows of one txn: who pays with what, and what that brings to whom.

Parcels AccountFlow::freshen(const Asset& asset, const Parcels& parcels, Amount* fresh) {
    Parcels out;
    for (const Parcel& parcel : parcels) {
        if (parcel.origin == kClean) {
            books_.total(chain_, asset).seeded += parcel.amount;
            if (fresh != nullptr) *fresh += parcel.amount;
        }
        append(out, {parcel.amount, kTainted});
    }
    return out;
}

Parcels AccountFlow::take_known(NodeId id, const TxnKey& key, const Amount& amount,
                                bool own_first) {
    Slot& from = slot(holders_[id], key.asset_number);
    const bool enough = amount <= from.purse.total();
    Parcels parcels = own_first ? from.purse.take_clean_first(amount) : from.purse.take(amount);
    if (enough) return parcels;
    const Amount lacking = amount - total_of(parcels);
    const Amount part = lend(from, key, lacking, own_first);
    append(parcels, {part, kTainted});
    append(parcels, {lacking - part, kClean});
    return parcels;
}

/// Somebody pays more than he was seen to hold: how much of `lacking` is taint.
Amount AccountFlow::lend(const Slot& from, const TxnKey& key, const Amount& lacking,
                         bool own_first) {
    Total& sum = books_.total(chain_, *key.asset);
    sum.assumed += lacking;
    Amount part;
    if (from.purse.poisoned())
        part = lacking;
    else if (walk_.params.overspend == Overspend::kInherit && !own_first && !from.had.is_zero())
        part = mul_div(lacking, from.had_tainted, from.had);
    sum.inherited += part;
    return part;
}

Parcels AccountFlow::take_standing(Current& now, uint32_t key, const Amount& amount,
                                   bool own_first) {
    KeyState& state = now.keys[key];
    const TxnKey& named = now.view.keys[key];
    if (amount.is_zero()) return {};
    state.paid += amount;
    Parcels parcels;
    Holder* held = state.node ? open_holder(*state.node) : nullptr;
    if (held != nullptr && is_seeding(*held, now.txn.time)) {
        parcels = slot(*held, named.asset_number).purse.take_tainted(amount);
        Parcels rest;
        append(rest, {amount - total_of(parcels), kClean});
        append(parcels, freshen(*named.asset, rest, nullptr));
        return parcels;
    }
    if (held != nullptr)
        parcels = take_known(*state.node, named, amount, own_first);
    else
        append(parcels, {amount, kClean});
    if (now.seed_txn) return freshen(*named.asset, parcels, &state.fresh);
    return parcels;
}

Parcels AccountFlow::pay_on_flight(Current& now, uint32_t key, const Amount& amount) {
    KeyState& state = now.keys[key];
    if (state.flight.empty()) return {};
    if (walk_.params.policy == Policy::kLifo)
        std::reverse(state.flight.begin(), state.flight.end());
    Parcels parcels = split_front(state.flight, std::min(amount, total_of(state.flight)));
    if (walk_.params.policy == Policy::kLifo)
        std::reverse(state.flight.begin(), state.flight.end());
    const Holder* held = state.node ? open_holder(*state.node) : nullptr;
    if (held != nullptr && is_seeding(*held, now.txn.time))
        return freshen(*now.view.keys[key].asset, parcels, nullptr);
    return parcels;
}

Status AccountFlow::pay_out(Current& now, uint32_t key) {
    KeyState& state = now.keys[key];
    const std::span<const uint32_t> outs = now.view.outs(key);
    std::vector<Amount> ghosts, wanted;
    Amount rest;
    const bool plain = outs.size() == 1 && state.ghost.is_zero();  // As most are.
    if (plain) rest = now.view.rows[outs.front()].amount;
    for (const uint32_t row : plain ? outs.first(0) : outs) {
        const Amount ghost = std::min(state.ghost, now.view.rows[row].amount);
        state.ghost -= ghost;
        ghosts.push_back(ghost);
        wanted.push_back(now.view.rows[row].amount - ghost);
        rest += wanted.back();
    }
    Parcels pool = pay_on_flight(now, key, rest);
    if (!pool.empty()) rest -= total_of(pool);
    CORDON_TRY(const bool own_first, pays_strangers(now, key, rest));
    if (pool.empty())
        pool = take_standing(now, key, rest, own_first);
    else
        append(pool, take_standing(now, key, rest, own_first));
    const Policy policy = walk_.params.policy;
    if (policy == Policy::kPoison && state.node && open_holder(*state.node) &&
        slot(holders_[*state.node], now.view.keys[key].asset_number).purse.poisoned()) {
        const Amount all = total_of(pool);
        pool.clear();
        append(pool, {all, kTainted});
    }
    // The pool is in give-out order already, which is what the front cut of FIFO keeps.
    if (plain) {
        const TxnRow& row = now.view.rows[outs.front()];
        CORDON_CHECK(total_of(pool) == row.amount);
        if (policy == Policy::kFifo || policy == Policy::kLifo)
            return deliver(now, row, std::move(pool));
        ghosts = {Amount{}};
        wanted = {row.amount};
    }
    std::vector<Parcels> parts =
        distribute(policy == Policy::kLifo ? Policy::kFifo : policy, pool, wanted);
    for (std::size_t i = 0; i < outs.size(); ++i) {
        Parcels parcels;
        append(parcels, {ghosts[i], kClean});
        append(parcels, parts[i]);
        CORDON_TRY(deliver(now, now.view.rows[outs[i]], std::move(parcels)));
    }
    return {};
}

/// One row, and nothing else: somebody who is followed pays from what he holds.
bool AccountFlow::is_plain(const Current& now) {
    if (now.view.rows.size() != 1 || now.seed_txn || !now.arrivals.empty() ||
        may_cross_.value_or(true))
        return false;
    const auto& payer = now.keys[now.view.rows.front().from].node;
    const Holder* held = payer ? open_holder(*payer) : nullptr;
    return held != nullptr && !is_seeding(*held, now.txn.time);
}

/// What pay_out() and settle() do where is_plain(), as most txns are: nothing is in flight, and in
/// which order it comes makes no difference.
Status AccountFlow::pay_plainly(Current& now) {
    const TxnRow& row = now.view.rows.front();
    const TxnKey& payer = now.view.keys[row.from];
    const NodeId from = *now.keys[row.from].node;
    CORDON_TRY(const bool own_first, pays_strangers(now, row.from, row.amount));
    Slot& held = slot(holders_[from], payer.asset_number);
    Sums sums = held.purse.take_sums(row.amount, own_first);
    if (const Amount given = sums.clean + sums.tainted; given < row.amount)
        sums.tainted += lend(held, payer, row.amount - given, own_first);
    if (walk_.params.policy == Policy::kPoison && held.purse.poisoned()) sums.tainted = row.amount;
    std::optional<NodeId>& to = now.keys[row.to].node;
    const TxnKey& key = now.view.keys[row.to];
    if (!sums.tainted.is_zero()) {
        CORDON_TRY(const bool below, below_limit(key, row.amount, sums.tainted, now.txn.time));
        if (below) {
            books_.rest(from, *key.asset, sums.tainted, Stop::kBelowLimit);
            sums.tainted = {};
        }
    }
    sums.clean = row.amount - sums.tainted;
    if (sums.tainted.is_zero()) {
        if (!to) return {};
        books_.arrive(*to, *key.asset, row.amount, {});
    } else {
        to = node(key, books_.at(from).hop + 1);
        move(now, row, from, *to, sums.tainted);
        if (key.address.is_zero() || absorbs(*to)) {
            books_.rest(*to, *key.asset, sums.tainted,
                        key.address.is_zero() ? Stop::kBurned : Stop::kLabel);
            return {};
        }
        CORDON_TRY(reach(now, *to));
    }
    deposit(now, row.to, sums);
    return {};
}

bool AccountFlow::absorbs(NodeId id) const {
    // A router's label says nothing about where the money went; any other service in the middle of
    // a txn does.
    if (!walk_.stops_at(books_, id)) return false;
    const Category category = books_.label_of(id)->category;
    return category != Category::kSwap && category != Category::kDefi;
}

/// Unknown senders of taint are those of a seed txn.
AccountFlow::NodeId AccountFlow::sender_node(const Current& now, const TxnRow& row) {
    if (const auto known = now.keys[row.from].node) return *known;
    const TxnKey& sender = now.view.keys[row.from];
    if (const auto known = find(sender.address_number)) return *known;
    return node(sender, 0);
}

Status AccountFlow::deliver(Current& now, const TxnRow& row, Parcels&& parcels) {
    KeyState& to = now.keys[row.to];
    const TxnKey& key = now.view.keys[row.to];
    Amount tainted = tainted_of(parcels);
    bool below = false;
    if (!tainted.is_zero()) {
        CORDON_TRY(below, below_limit(key, row.amount, tainted, now.txn.time));
    }
    if (below) {
        books_.rest(sender_node(now, row), *key.asset, tainted, Stop::kBelowLimit);
        parcels.clear();
        append(parcels, {row.amount, kClean});
        tainted = {};
    }
    Crossings::Outcome outcome;
    if (!tainted.is_zero()) outcome = cross(now, row, tainted);
    if (outcome.crossed) {
        parcels.clear();
        append(parcels, {row.amount, kClean});
        tainted = {};
    }
    Arrival* const arrival = arrival_of(now, row);
    if (tainted.is_zero() && arrival == nullptr) {
        const Amount swallowed = std::min(to.absorb, row.amount);
        to.absorb -= swallowed;
        if (!swallowed.is_zero()) split_front(parcels, swallowed);
        append(to.flight, parcels);
        if (to.node) books_.arrive(*to.node, *key.asset, row.amount, {});
        return {};
    }
    if (!tainted.is_zero()) {
        const NodeId from = sender_node(now, row);
        to.node = node(key, books_.at(from).hop + 1);
        if (outcome.why.empty()) {
            move(now, row, from, *to.node, tainted);
        } else {
            books_.arrive(*to.node, *key.asset, row.amount, tainted);
            Edge edge = edge_of(now, row, from, tainted);
            edge.why = std::move(outcome.why);
            books_.edge(std::move(edge), row.index);
        }
    }
    if (arrival != nullptr) {
        tainted += land(now, row, *arrival, tainted);
        parcels.clear();
        append(parcels, {tainted, kTainted});
        append(parcels, {row.amount - tainted, kClean});
    }
    if (outcome.candidates > 0)
        books_.candidates(*to.node, *key.asset, {}, outcome.candidates, outcome.best);

    if (outcome.stays)
        books_.rest(*to.node, *key.asset, tainted,
                    walk_.stops_at(books_, *to.node) ? Stop::kLabel : outcome.stop);
    else if (key.address.is_zero())
        books_.rest(*to.node, *key.asset, tainted, Stop::kBurned);
    else if (absorbs(*to.node))
        books_.rest(*to.node, *key.asset, tainted, Stop::kLabel);
    else if (to.flight.empty())
        to.flight = std::move(parcels);
    else
        append(to.flight, parcels);
    return {};
}

/// Notes that the row brings taint from one node to the other.
void AccountFlow::move(const Current& now, const TxnRow& row, NodeId from, NodeId to,
                       const Amount& tainted) {
    const uint32_t asset = booked(now.view.keys[row.to]).number;
    books_.arrive(to, asset, row.amount, tainted);
    const bool back = walk_.backward();
    books_.edge({chain_, now.txn.at, now.txn.time, now.txn.hash}, asset,
                {back ? to : from, back ? from : to, row.index, books_.at(from).hop + 1, row.kind,
                 row.amount, tainted});
}

void AccountFlow::pay_fees(Current& now) {
    for (const FeeRow& fee : now.view.fees) {
        const auto id = find(fee.payer);
        Holder* held = id ? open_holder(*id) : nullptr;
        if (held == nullptr || is_seeding(*held, now.txn.time)) continue;
        Purse& purse = slot(*held, fee.asset).purse;
        if (walk_.backward()) {
            purse.put({fee.amount, kClean});
            continue;
        }
        const Amount tainted = tainted_of(purse.take_clean_first(fee.amount));
        if (const auto asset = rows_.asset(fee.asset))  // Known: its worth was asked for.
            books_.rest(*id, **asset, tainted, Stop::kFee);
    }
}

}  // namespace cordon::trace
