// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_flow.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::trace {

AccountFlow::AccountFlow(const Walk& walk, ChainId chain, Books& books)
    : walk_{walk}, chain_{chain}, books_{books}, queue_{Later{walk.backward()}} {}

// --- Seeds

Status AccountFlow::add_seed(const Seed& seed) {
    if (std::holds_alternative<OutPoint>(seed.what))
        return fail(ErrorCode::kInvalidParam,
                    format("seed {}: {} has balances, not outputs; give a txn or an address",
                           seed.text, to_string(chain_)));
    if (const auto* txn = std::get_if<Seed::FromTxn>(&seed.what)) {
        CORDON_TRY(const auto at, walk_.ledger.find_txn(chain_, txn->hash));
        if (!at)
            return fail(ErrorCode::kNotFound,
                        format("seed {}: no such txn in the ledger", seed.text));
        if (seed_txns_.insert(*at).second) queue_.push({*at, kSeedTxn});
        return {};
    }
    const auto& from = std::get<Seed::FromAddress>(seed.what);
    CORDON_TRY(
        const auto history,
        read_history(walk_.ledger, chain_, from.address, std::nullopt, walk_.params.direction, {},
                     [this](const Asset& asset) { return worthless(asset); }));
    if (history.ahead.empty())
        return fail(ErrorCode::kNotFound,
                    format("seed {}: the ledger has no movement of value of this address on {}",
                           seed.text, to_string(chain_)));
    const NodeId id = books_.node(chain_, from.address, 0);
    books_.at(id).seed = true;
    Holder& held = holder(id);
    if (held.known) {  // Given twice: the earlier start holds (walking backward, the later one).
        const bool wider =
            !from.since || (held.seed_since && (walk_.backward() ? *from.since > *held.seed_since
                                                                 : *from.since < *held.seed_since));
        if (wider) held.seed_since = from.since;
        return {};
    }
    held.known = held.seed = true;
    held.seed_since = from.since;
    held.ahead = history.ahead;
    push_next(id);
    return {};
}

bool AccountFlow::is_seeding(const Holder& held, std::optional<UnixMillis> time) const {
    if (!held.seed || walk_.is_early(time)) return false;
    if (!held.seed_since || !time) return true;
    return walk_.backward() ? *time <= *held.seed_since : *time >= *held.seed_since;
}

// --- Small things

AccountFlow::Holder& AccountFlow::holder(NodeId id) {
    if (id >= holders_.size()) holders_.resize(std::max<std::size_t>(id + 1, holders_.size() * 2));
    return holders_[id];
}

AccountFlow::Holder* AccountFlow::open_holder(NodeId id) {
    Holder& held = holder(id);
    return held.known && held.closed == Stop::kNone ? &held : nullptr;
}

AccountFlow::Slot& AccountFlow::slot(Holder& held, const Asset& asset) {
    for (Slot& slot : held.slots)
        if (slot.asset == asset) return slot;
    return held.slots.emplace_back(Slot{asset, Purse{walk_.params.policy}, {}, {}, false});
}

bool AccountFlow::worthless(const Asset& asset) {
    const auto [at, fresh] = worthless_.try_emplace(asset, false);
    if (fresh)
        at->second =
            std::any_of(walk_.links.begin(), walk_.links.end(), [&](const LinkSource* source) {
                return source->is_worthless(chain_, asset, walk_.context);
            });
    return at->second;
}

void AccountFlow::push_next(NodeId id) {
    const Holder& held = holders_[id];
    if (held.next < held.ahead.size()) queue_.push({held.ahead[held.next], id});
}

std::optional<uint32_t> AccountFlow::key_of(const Current& now, const Address& address,
                                            const Asset& asset) const {
    const auto& keys = now.view.keys;
    const auto at = std::lower_bound(keys.begin(), keys.end(), std::tie(address, asset),
                                     [](const TxnKey& key, const auto& wanted) {
                                         return std::tie(key.address, key.asset) < wanted;
                                     });
    if (at == keys.end() || at->address != address || at->asset != asset) return std::nullopt;
    return static_cast<uint32_t>(at - keys.begin());
}

bool AccountFlow::below_limit(const Asset& asset, const Amount& amount, const Amount& tainted,
                              std::optional<UnixMillis> time) {
    const Total& sum = books_.total(chain_, asset);
    return walk_.below_limit(chain_, asset, amount, tainted, sum.seeded + sum.swapped_in, time);
}

// --- The walk

Result<bool> AccountFlow::run() {
    std::vector<NodeId> here;
    bool stopped = false;
    while (!queue_.empty()) {
        if (books_.over_budget() || (txns_ % kTxnsPerTick == 0 && walk_.cancelled())) {
            stopped = true;
            break;
        }
        const TxnPosition at = queue_.top().at;
        here.clear();
        bool seed_txn = false;
        while (!queue_.empty() && queue_.top().at == at) {
            if (queue_.top().holder == kSeedTxn)
                seed_txn = true;
            else
                here.push_back(queue_.top().holder);
            queue_.pop();
        }
        CORDON_TRY(process(at, here, seed_txn));
        if (++txns_ % kTxnsPerTick == 0)
            walk_.tell(books_, txns_, here.empty() ? 0 : books_.at(here.front()).hop);
    }
    finish_holders(stopped);
    walk_.tell(books_, txns_, 0);
    return !stopped;
}

Status AccountFlow::process(TxnPosition at, const std::vector<NodeId>& holders, bool seed_txn) {
    CORDON_TRY(const auto placed, walk_.ledger.account_txn(chain_, at));
    if (walk_.is_past(placed.time)) {
        // Time never falls within a chain, so nothing that comes later in the walk is within the
        // bound either.
        for (const NodeId id : holders) holders_[id].cut = true;
        return {};
    }
    if (seed_txn && walk_.is_early(placed.time)) {
        books_.warn("a seed txn lies outside the time bound and was not followed");
        seed_txn = false;
    }
    Current now;
    now.placed = &placed;
    now.seed_txn = seed_txn;
    now.view = view_of(placed.txn, walk_.params.direction,
                       [this](const Asset& asset) { return worthless(asset); });
    if (now.view.absurd)
        books_.warn("amounts of 2^192 or more were left out: no real asset has so many units");
    now.keys.resize(now.view.keys.size());
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        const auto id = books_.find(chain_, now.view.keys[i].address);
        if (id && holder(*id).known) now.keys[i].node = id;
    }
    find_links(now);
    take_links(now);
    for (const uint32_t key : payout_order(now.view)) pay_out(now, key);
    give_links(now);
    CORDON_TRY(settle(now));
    pay_fees(now);
    for (const NodeId id : holders) {
        ++holders_[id].next;
        push_next(id);
    }
    return {};
}

// --- Links

void AccountFlow::find_links(Current& now) {
    if (now.view.rows.size() < 2) return;
    for (const LinkSource* source : walk_.links)
        for (Link& link : source->links(chain_, *now.placed, walk_.context)) {
            if (walk_.backward()) std::swap(link.from, link.to);
            now.links.push_back(std::move(link));
        }
}

void AccountFlow::take_links(Current& now) {
    for (const Link& link : now.links) {
        Pot pot;
        pot.link = &link;
        bool ours = false;
        for (const LinkEnd& end : link.from) {
            pot.taken.push_back(end.amount);
            Amount& tainted = pot.tainted.emplace_back();
            const auto key = key_of(now, end.address, end.asset);
            if (!key) continue;
            KeyState& state = now.keys[*key];
            if (!now.seed_txn && !(state.node && open_holder(*state.node))) continue;
            // Never more than the rows show, whatever a recogniser says.
            const Amount amount =
                std::min(end.amount, now.view.keys[*key].out_total - state.link_net);
            if (amount.is_zero()) continue;
            pot.taken.back() = amount;
            tainted = tainted_of(take_standing(now, *key, amount));
            state.link_net += amount;
            ours = true;
        }
        if (ours) now.pots.push_back(std::move(pot));
    }
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        if (state.link_net.is_zero()) continue;
        const TxnKey& key = now.view.keys[i];
        state.ghost = std::min(key.out_total, state.link_net + key.in_total);
        state.absorb = state.ghost - state.link_net;
    }
}

Amount AccountFlow::link_gain(const Pot& pot, const LinkEnd& end,
                              std::optional<UnixMillis> time) const {
    const auto& from = pot.link->from;
    if (walk_.params.policy == Policy::kPoison)
        return std::any_of(pot.tainted.begin(), pot.tainted.end(),
                           [](const Amount& t) { return !t.is_zero(); })
                   ? end.amount
                   : Amount{};
    if (from.size() == 1) return mul_div(end.amount, pot.tainted[0], pot.taken[0]);
    // Several assets went in: each counts by its USD value, or all the same when one has no price.
    constexpr uint64_t kOne = uint64_t{1} << 48;
    std::vector<double> weights;
    for (const LinkEnd& part : from) {
        const auto usd = walk_.context.usd(chain_, part.asset, part.amount, time);
        if (!usd || !(*usd > 0)) break;
        weights.push_back(*usd);
    }
    if (weights.size() != from.size()) weights.assign(from.size(), 1.0);
    double sum = 0;
    for (const double weight : weights) sum += weight;
    Amount share, whole;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Amount weight{static_cast<uint64_t>(weights[i] / sum * static_cast<double>(kOne)) +
                            1};
        whole += weight;
        if (!pot.taken[i].is_zero())
            share += mul_div(weight * Amount{kOne}, pot.tainted[i], pot.taken[i]);
    }
    return mul_div(end.amount, share, whole * Amount{kOne});
}

void AccountFlow::give_links(Current& now) {
    for (const Pot& pot : now.pots) {
        Amount tainted;
        uint32_t hop = ~0U;
        for (std::size_t i = 0; i < pot.tainted.size(); ++i) {
            const LinkEnd& end = pot.link->from[i];
            tainted += pot.tainted[i];
            books_.total(chain_, end.asset).swapped_out += pot.tainted[i];
            if (const auto id = books_.find(chain_, end.address))
                hop = std::min(hop, books_.at(*id).hop);
        }
        if (tainted.is_zero()) continue;
        if (hop == ~0U) hop = 0;
        std::vector<Amount> gains;
        for (const LinkEnd& end : pot.link->to) {
            Amount& gain = gains.emplace_back();
            const auto key = key_of(now, end.address, end.asset);
            if (!key) continue;
            KeyState& state = now.keys[*key];
            const Amount total = total_of(state.flight);
            const Amount old = tainted_of(state.flight);
            gain = std::min(link_gain(pot, end, now.placed->time), total - old);
            if (gain.is_zero()) continue;
            const bool own =
                std::any_of(pot.link->from.begin(), pot.link->from.end(),
                            [&](const LinkEnd& from) { return from.address == end.address; });
            const bool met = state.node.has_value();
            state.node = books_.node(chain_, end.address, own ? hop : hop + 1);
            state.flight.clear();
            append(state.flight, {total - old - gain, kClean});
            append(state.flight, {old + gain, kTainted});
            books_.total(chain_, end.asset).swapped_in += gain;
            books_.arrive(*state.node, end.asset, met ? Amount{} : end.amount, gain);
        }
        link_edges(now, pot, gains);
    }
}

void AccountFlow::link_edges(Current& now, const Pot& pot, const std::vector<Amount>& gains) {
    const Link& link = *pot.link;
    for (std::size_t i = 0; i < link.from.size(); ++i) {
        if (pot.tainted[i].is_zero()) continue;
        for (std::size_t j = 0; j < link.to.size(); ++j) {
            if (walk_.backward() && gains[j].is_zero()) continue;
            Edge edge;
            edge.chain = chain_;
            edge.txn = now.placed->txn.hash;
            edge.at = now.placed->at;
            edge.time = now.placed->time;
            edge.from = link.from[i].address;
            edge.to = link.to[j].address;
            edge.asset = link.from[i].asset;
            edge.amount = pot.taken[i];
            edge.tainted = pot.tainted[i];
            edge.kind = std::string{link.kind};
            edge.confidence = link.confidence;
            edge.to_asset = link.to[j].asset;
            edge.to_amount = link.to[j].amount;
            edge.to_tainted = gains[j];
            edge.why = link.why;
            if (const auto id = books_.find(chain_, edge.to)) edge.hop = books_.at(*id).hop;
            if (walk_.backward()) {
                std::swap(edge.from, edge.to);
                std::swap(edge.asset, *edge.to_asset);
                std::swap(edge.amount, *edge.to_amount);
                std::swap(edge.tainted, *edge.to_tainted);
            }
            books_.edge(std::move(edge), now.view.rows.front().index);
        }
    }
}

// --- Inside one txn

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

Parcels AccountFlow::take_known(NodeId id, const Asset& asset, const Amount& amount) {
    Slot& from = slot(holders_[id], asset);
    Parcels parcels = from.purse.take(amount);
    const Amount lacking = amount - total_of(parcels);
    if (!lacking.is_zero()) {
        Total& sum = books_.total(chain_, asset);
        sum.assumed += lacking;
        Amount part;
        if (from.purse.poisoned())
            part = lacking;
        else if (walk_.params.overspend == Overspend::kInherit && !from.own_means &&
                 !from.last_spend.is_zero())
            part = mul_div(lacking, from.last_tainted, from.last_spend);
        sum.inherited += part;
        append(parcels, {part, kTainted});
        append(parcels, {lacking - part, kClean});
    }
    from.last_spend = amount;
    from.last_tainted = tainted_of(parcels);
    return parcels;
}

Parcels AccountFlow::take_standing(Current& now, uint32_t key, const Amount& amount) {
    KeyState& state = now.keys[key];
    const Asset& asset = now.view.keys[key].asset;
    if (amount.is_zero()) return {};
    state.paid += amount;
    Parcels parcels;
    Holder* held = state.node ? open_holder(*state.node) : nullptr;
    if (held != nullptr && is_seeding(*held, now.placed->time)) {
        parcels = slot(*held, asset).purse.take_tainted(amount);
        Parcels rest;
        append(rest, {amount - total_of(parcels), kClean});
        append(parcels, freshen(asset, rest, nullptr));
        return parcels;
    }
    if (held != nullptr)
        parcels = take_known(*state.node, asset, amount);
    else
        append(parcels, {amount, kClean});
    return now.seed_txn ? freshen(asset, parcels, &state.fresh) : parcels;
}

Parcels AccountFlow::pay_on_flight(Current& now, uint32_t key, const Amount& amount) {
    KeyState& state = now.keys[key];
    if (walk_.params.policy == Policy::kLifo)
        std::reverse(state.flight.begin(), state.flight.end());
    Parcels parcels = split_front(state.flight, std::min(amount, total_of(state.flight)));
    if (walk_.params.policy == Policy::kLifo)
        std::reverse(state.flight.begin(), state.flight.end());
    const Holder* held = state.node ? open_holder(*state.node) : nullptr;
    if (held != nullptr && is_seeding(*held, now.placed->time))
        return freshen(now.view.keys[key].asset, parcels, nullptr);
    return parcels;
}

void AccountFlow::pay_out(Current& now, uint32_t key) {
    KeyState& state = now.keys[key];
    const std::vector<uint32_t>& outs = now.view.keys[key].outs;
    std::vector<Amount> ghosts, wanted;
    Amount rest;
    for (const uint32_t row : outs) {
        const Amount ghost = std::min(state.ghost, now.view.rows[row].amount);
        state.ghost -= ghost;
        ghosts.push_back(ghost);
        wanted.push_back(now.view.rows[row].amount - ghost);
        rest += wanted.back();
    }
    Parcels pool = pay_on_flight(now, key, rest);
    append(pool, take_standing(now, key, rest - total_of(pool)));
    const Policy policy = walk_.params.policy;
    if (policy == Policy::kPoison && state.node && open_holder(*state.node) &&
        slot(holders_[*state.node], now.view.keys[key].asset).purse.poisoned()) {
        pool.clear();
        append(pool, {rest, kTainted});
    }
    // The pool is in give-out order already, which is what the front cut of FIFO keeps.
    std::vector<Parcels> parts =
        distribute(policy == Policy::kLifo ? Policy::kFifo : policy, pool, wanted);
    for (std::size_t i = 0; i < outs.size(); ++i) {
        Parcels parcels;
        append(parcels, {ghosts[i], kClean});
        append(parcels, parts[i]);
        deliver(now, now.view.rows[outs[i]], std::move(parcels));
    }
}

bool AccountFlow::absorbs(const Node& node) const {
    // A router's label says nothing about where the money went; any other service in the middle of
    // a txn does.
    return walk_.stops_at(node) && node.label->category != Category::kSwap &&
           node.label->category != Category::kDefi;
}

uint32_t AccountFlow::sender_hop(const Address& sender) const {
    const auto id = books_.find(chain_, sender);
    return id ? books_.at(*id).hop : 0;  // Unknown senders of taint are those of a seed txn.
}

void AccountFlow::deliver(Current& now, const TxnRow& row, Parcels parcels) {
    KeyState& to = now.keys[row.to];
    const TxnKey& key = now.view.keys[row.to];
    const Address& sender = now.view.keys[row.from].address;
    Amount tainted = tainted_of(parcels);
    if (!tainted.is_zero() && below_limit(key.asset, row.amount, tainted, now.placed->time)) {
        books_.rest(books_.node(chain_, sender, sender_hop(sender)), key.asset, tainted,
                    Stop::kBelowLimit);
        parcels.clear();
        append(parcels, {row.amount, kClean});
        tainted = {};
    }
    if (tainted.is_zero()) {
        const Amount swallowed = std::min(to.absorb, row.amount);
        to.absorb -= swallowed;
        split_front(parcels, swallowed);
        append(to.flight, parcels);
        if (to.node) books_.arrive(*to.node, key.asset, row.amount, {});
        return;
    }
    const uint32_t from_hop = books_.at(books_.node(chain_, sender, sender_hop(sender))).hop;
    to.node = books_.node(chain_, key.address, from_hop + 1);
    books_.arrive(*to.node, key.asset, row.amount, tainted);

    Edge edge;
    edge.chain = chain_;
    edge.txn = now.placed->txn.hash;
    edge.at = now.placed->at;
    edge.time = now.placed->time;
    edge.from = sender;
    edge.to = key.address;
    if (walk_.backward()) std::swap(edge.from, edge.to);
    edge.asset = key.asset;
    edge.amount = row.amount;
    edge.tainted = tainted;
    edge.kind = std::string{to_string(row.kind)};
    edge.hop = from_hop + 1;
    books_.edge(std::move(edge), row.index);

    if (key.address.is_zero())
        books_.rest(*to.node, key.asset, tainted, Stop::kBurned);
    else if (absorbs(books_.at(*to.node)))
        books_.rest(*to.node, key.asset, tainted, Stop::kLabel);
    else
        append(to.flight, parcels);
}

void AccountFlow::pay_fees(Current& now) {
    for (const FeeRow& fee : now.view.fees) {
        const auto id = books_.find(chain_, fee.payer);
        Holder* held = id ? open_holder(*id) : nullptr;
        if (held == nullptr || is_seeding(*held, now.placed->time)) continue;
        Purse& purse = slot(*held, fee.asset).purse;
        if (walk_.backward()) {
            purse.put({fee.amount, kClean});
            continue;
        }
        const Amount tainted = tainted_of(purse.take_clean_first(fee.amount));
        books_.rest(*id, fee.asset, tainted, Stop::kFee);
    }
}

// --- After the rows: what stays where

Status AccountFlow::settle(Current& now) {
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        const Asset& asset = now.view.keys[i].asset;
        Amount tainted = tainted_of(state.flight);
        if (tainted.is_zero()) continue;
        if (!state.fresh.is_zero()) {
            // Lent out and paid back inside a seed txn (flash loans): it never left.
            const Amount back = std::min(state.fresh, tainted);
            books_.total(chain_, asset).seeded -= back;
            Parcels kept;
            append(kept, {total_of(state.flight) - tainted + back, kClean});
            append(kept, {tainted - back, kTainted});
            state.flight = std::move(kept);
            tainted -= back;
            if (tainted.is_zero()) continue;
        }
        CORDON_TRY(reach(now, *state.node));
    }
    for (std::size_t i = 0; i < now.keys.size(); ++i) deposit(now, static_cast<uint32_t>(i));
    return {};
}

Status AccountFlow::reach(Current& now, NodeId id) {
    const Node& node = books_.at(id);
    Holder& held = holder(id);
    const bool nearer = held.closed == Stop::kHops && node.hop < walk_.params.max_hops;
    if (held.known && !nearer) return {};
    held.known = true;
    if (walk_.stops_at(node)) {
        held.closed = Stop::kLabel;
        return {};
    }
    if (node.hop >= walk_.params.max_hops && !node.seed) {
        held.closed = Stop::kHops;
        return {};
    }
    const BusyLimits limits{
        walk_.params.service_degree, walk_.params.service_both_sides,
        [this](const Address& other) { return books_.find(chain_, other).has_value(); }};
    CORDON_TRY(
        const auto history,
        read_history(walk_.ledger, chain_, node.address, now.placed->at, walk_.params.direction,
                     limits, [this](const Asset& asset) { return worthless(asset); }));
    held.closed = history.busy ? Stop::kHighDegree : Stop::kNone;
    if (!history.busy) open(now, id, history);
    if (nearer)
        for (const Asset& asset : books_.resting_assets(id, Stop::kHops)) {
            const Amount amount = books_.unrest(id, asset, Stop::kHops);
            if (history.busy)
                books_.rest(id, asset, amount, Stop::kHighDegree);
            else
                slot(held, asset).purse.put({amount, kTainted});
        }
    return {};
}

void AccountFlow::open(Current& now, NodeId id, const History& history) {
    Holder& held = holders_[id];
    for (const auto& [asset, balance] : history.balances) {
        if (!balance.amount.is_zero()) slot(held, asset).purse.put({balance.amount, kClean});
        if (!balance.short_of.is_zero()) {
            books_.total(chain_, asset).assumed += balance.short_of;
            slot(held, asset).own_means = true;
        }
        books_.arrive(id, asset, balance.received, {});
    }
    held.ahead = history.ahead;
    held.next = 0;
    push_next(id);
    // What it paid in this txn before its own turn came to be known was clean.
    const Address& address = books_.at(id).address;
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        if (now.view.keys[i].address != address || now.keys[i].paid.is_zero()) continue;
        now.keys[i].node = id;
        slot(held, now.view.keys[i].asset).purse.take(now.keys[i].paid);
    }
    for (std::size_t i = 0; i < now.keys.size(); ++i)
        if (now.view.keys[i].address == address) now.keys[i].node = id;
}

void AccountFlow::deposit(Current& now, uint32_t key) {
    KeyState& state = now.keys[key];
    if (!state.node || state.flight.empty()) return;
    Holder& held = holder(*state.node);
    if (!held.known) return;
    const Asset& asset = now.view.keys[key].asset;
    if (held.closed != Stop::kNone) {
        books_.rest(*state.node, asset, tainted_of(state.flight), held.closed);
        return;
    }
    // What a seed holds of its own does not matter: all that it sends counts, whatever its balance.
    const bool seeding = is_seeding(held, now.placed->time);
    for (const Parcel& parcel : state.flight)
        if (parcel.origin != kClean || !seeding) slot(held, asset).purse.put(parcel);
}

void AccountFlow::finish_holders(bool stopped) {
    for (NodeId id = 0; id < holders_.size(); ++id) {
        const Holder& held = holders_[id];
        if (!held.known || held.closed != Stop::kNone) continue;
        Stop why = Stop::kUnspent;
        if (held.cut) why = Stop::kTime;
        if (stopped && held.next < held.ahead.size()) why = Stop::kBudget;
        for (const Slot& slot : held.slots) books_.rest(id, slot.asset, slot.purse.tainted(), why);
    }
}

}  // namespace cordon::trace
