// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_flow.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::trace {

namespace {

constexpr const char* kAbsurd =
    "amounts of 2^192 or more were left out: no real asset has so many units";

}  // namespace

AccountFlow::AccountFlow(const Walk& walk, ChainId chain, Books& books, Crossings& crossings)
    : walk_{walk},
      chain_{chain},
      books_{books},
      crossings_{crossings},
      queue_{Later{walk.backward()}} {}

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
        auto history,
        read_history(
            walk_.ledger, chain_, from.address, std::nullopt, walk_.params.direction, {},
            [this](const Asset& asset) { return worthless(asset); }, bait_watches(from.address)));
    if (history.absurd) books_.warn(kAbsurd);
    note_bait(history);
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
    held.ahead = std::move(history.ahead);
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
    return held.slots.emplace_back(Slot{asset, Purse{walk_.params.policy}, {}, {}});
}

void AccountFlow::receive(Slot& slot, const Amount& tainted, const Amount& clean) {
    Parcels arrival;
    append(arrival, {tainted, kTainted});
    append(arrival, {clean, kClean});
    slot.purse.put_together(arrival);
    slot.had += tainted + clean;
    slot.had_tainted += tainted;
}

bool AccountFlow::worthless(const Asset& asset) {
    if (last_asked_ && last_asked_->first == asset) return last_asked_->second;
    const auto [at, fresh] = worthless_.try_emplace(asset, false);
    if (fresh)
        at->second =
            std::any_of(walk_.links.begin(), walk_.links.end(), [&](const LinkSource* source) {
                return source->is_worthless(chain_, asset, walk_.context);
            });
    last_asked_ = *at;
    return at->second;
}

std::vector<std::unique_ptr<BaitWatch>> AccountFlow::bait_watches(const Address& address) const {
    std::vector<std::unique_ptr<BaitWatch>> watches;
    for (const LinkSource* source : walk_.links)
        if (auto watch = source->bait_watch(chain_, address, walk_.context))
            watches.push_back(std::move(watch));
    return watches;
}

void AccountFlow::note_bait(const History& history) {
    if (history.bait.empty()) return;
    books_.warn("dust from look-alike addresses counts as nobody's payment: it is sent to be seen");
    bait_.insert(history.bait.begin(), history.bait.end());
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

// --- The walk

std::optional<TxnPosition> AccountFlow::next() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.top().at;
}

Result<std::optional<UnixMillis>> AccountFlow::next_time() {
    const TxnPosition at = queue_.top().at;
    if (!ahead_ || ahead_->at != at) {
        CORDON_TRY(ahead_, walk_.ledger.account_txn(chain_, at));
    }
    return ahead_->time;
}

Result<uint32_t> AccountFlow::step() {
    const TxnPosition at = queue_.top().at;
    last_ = at;
    here_.clear();
    bool seed_txn = false;
    while (!queue_.empty() && queue_.top().at == at) {
        const NodeId holder = queue_.top().holder;
        seed_txn = seed_txn || holder == kSeedTxn;
        if (holder < kArrival) here_.push_back(holder);
        queue_.pop();
    }
    if (!ahead_ || ahead_->at != at) {
        CORDON_TRY(ahead_, walk_.ledger.account_txn(chain_, at));
    }
    // Bait is in nobody's way forward: what stolen money pays is followed, however small.
    if (walk_.backward() && !bait_.empty())
        std::erase_if(ahead_->txn.transfers,
                      [&](const Transfer& row) { return bait_.contains({at, row.index}); });
    CORDON_TRY(process(*ahead_, here_, seed_txn));
    return here_.empty() ? 0 : books_.at(here_.front()).hop;
}

Status AccountFlow::process(const ledger::PlacedAccountTxn& placed,
                            const std::vector<NodeId>& holders, bool seed_txn) {
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
    Current& now = now_;
    now.placed = &placed;
    now.keys.clear();
    now.links.clear();
    now.pots.clear();
    now.arrivals.clear();
    now.crossings.reset();
    now.status = {};
    if (const auto arriving = expected_.find(placed.at); arriving != expected_.end()) {
        now.arrivals = std::move(arriving->second);
        expected_.erase(arriving);
    }
    now.seed_txn = seed_txn;
    view_of(
        placed.txn, walk_.params.direction, [this](const Asset& asset) { return worthless(asset); },
        now.view);
    if (now.view.absurd) books_.warn(kAbsurd);
    now.keys.resize(now.view.keys.size());
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        const auto id = books_.find(chain_, now.view.keys[i].address);
        if (id && holder(*id).known) now.keys[i].node = id;
    }
    find_links(now);
    take_links(now);
    if (now.view.rows.size() == 1)
        CORDON_TRY(pay_out(now, now.view.rows[0].from));
    else
        for (const uint32_t key : payout_order(now.view)) CORDON_TRY(pay_out(now, key));
    CORDON_TRY(now.status);
    give_links(now);
    CORDON_TRY(settle(now));
    pay_fees(now);
    for (const NodeId id : holders) {
        ++holders_[id].next;
        push_next(id);
    }
    return {};
}

// --- After the rows: what stays where

Status AccountFlow::settle(Current& now) {
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        const Asset& asset = now.view.keys[i].asset;
        Amount tainted = tainted_of(state.flight);
        if (state.fresh > tainted)
            books_.mark_payer(books_.node(chain_, now.view.keys[i].address, 0));
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
    forget_income(node.address);
    CORDON_TRY(infer_label(id));
    if (walk_.stops_at(node)) {
        held.closed = Stop::kLabel;
        return {};
    }
    if (node.hop >= walk_.params.max_hops && !node.seed) {
        held.closed = Stop::kHops;
        return {};
    }
    BusyLimits limits = busy_limits();
    if (walk_.goes_through(chain_, node.address)) limits.counterparties = limits.both_sides = 0;
    CORDON_TRY(
        auto history,
        read_history(
            walk_.ledger, chain_, node.address, now.placed->at, walk_.params.direction, limits,
            [this](const Asset& asset) { return worthless(asset); }, bait_watches(node.address)));
    if (history.absurd) books_.warn(kAbsurd);
    note_bait(history);
    const bool busy = history.busy;
    held.closed = busy ? Stop::kHighDegree : Stop::kNone;
    if (!busy) open(now, id, std::move(history));
    if (nearer)
        for (const Asset& asset : books_.resting_assets(id, Stop::kHops)) {
            const Amount amount = books_.unrest(id, asset, Stop::kHops);
            if (busy)
                books_.rest(id, asset, amount, Stop::kHighDegree);
            else
                receive(slot(held, asset), amount, {});
        }
    return {};
}

/// A label of the records always goes before an inference; a seed is what the user says it is.
Status AccountFlow::infer_label(NodeId id) {
    for (const LinkSource* source : walk_.links) {
        if (books_.at(id).label || books_.at(id).seed) return {};
        CORDON_TRY(books_.at(id).label, source->inferred_label(chain_, books_.at(id).address,
                                                               walk_.ledger, walk_.context));
    }
    return {};
}

void AccountFlow::open(Current& now, NodeId id, History history) {
    Holder& held = holders_[id];
    for (const auto& [asset, balance] : history.balances) {
        Slot& own = slot(held, asset);
        own.purse.put({balance.amount, kClean});
        own.had += balance.received + balance.short_of;
        if (!balance.short_of.is_zero()) books_.total(chain_, asset).assumed += balance.short_of;
        books_.arrive(id, asset, balance.received, {});
    }
    held.ahead = std::move(history.ahead);
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
    const Amount tainted = tainted_of(state.flight);
    if (held.closed != Stop::kNone) {
        books_.rest(*state.node, asset, tainted, held.closed);
        return;
    }
    // What a seed holds of its own does not matter: all that it sends counts, whatever its balance.
    const Amount clean =
        is_seeding(held, now.placed->time) ? Amount{} : total_of(state.flight) - tainted;
    receive(slot(held, asset), tainted, clean);
}

void AccountFlow::finish(bool stopped) {
    for (auto& [at, arrivals] : expected_)
        for (Arrival& arrival : arrivals)
            crossings_.strand(std::move(arrival), stopped ? Stop::kBudget : Stop::kTime);
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
