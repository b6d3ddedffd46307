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
      rows_{walk.ledger, chain, walk.links, walk.context},
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
        CORDON_TRY(const uint64_t number, rows_.numbered().number(*at));
        if (seed_txns_.insert(number).second) queue_.push({number, kSeedTxn});
        return {};
    }
    const auto& from = std::get<Seed::FromAddress>(seed.what);
    CORDON_TRY(const auto address, walk_.ledger.address_id(chain_, from.address));
    History history;
    if (address) {
        CORDON_TRY(const BaitWatches watches, bait_watches(*address, from.address));
        CORDON_TRY(history, read_history(rows_, *address, std::nullopt, walk_.params.direction, {},
                                         watches));
    }
    if (history.absurd) books_.warn(kAbsurd);
    note_bait(history);
    if (history.ahead.empty())
        return fail(ErrorCode::kNotFound,
                    format("seed {}: the ledger has no movement of value of this address on {}",
                           seed.text, to_string(chain_)));
    const NodeId id = books_.node(chain_, from.address, 0);
    find(*address);  // Takes note of it.
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
    while (id >= holders_.size()) holders_.emplace_back();
    return holders_[id];
}

AccountFlow::Holder* AccountFlow::open_holder(NodeId id) {
    Holder& held = holder(id);
    return held.known && held.closed == Stop::kNone ? &held : nullptr;
}

/// The node of an address; nothing while the walk has not met it. Nodes that a crossing made are
/// taken note of here.
std::optional<AccountFlow::NodeId> AccountFlow::find(uint32_t address) {
    for (; met_ < books_.node_count(); ++met_) {
        const Node& node = books_.at(met_);
        if (node.chain != chain_) continue;
        const auto number = walk_.ledger.address_id(chain_, node.address);
        if (!number) now_.status = fail(number.error());
        if (number && *number) note(**number, met_);
    }
    const NodeId id = ids_.find(AddressIndex::hash(address));
    if (id == AddressIndex::kNone) return std::nullopt;
    return id;
}

AccountFlow::NodeId AccountFlow::node(const TxnKey& key, uint32_t hop) {
    if (const auto known = find(key.address_number)) {
        Node& node = books_.at(*known);
        node.hop = std::min(node.hop, hop);
        return *known;
    }
    // What cannot be read is asked for again, and told.
    const bool labelled = rows_.is_labelled(key.address_number).value_or(true);
    const NodeId id = books_.add(chain_, key.address, hop, labelled);
    note(key.address_number, id);
    met_ = id + 1;
    return id;
}

void AccountFlow::note(uint32_t address, NodeId id) {
    holder(id).address = address;
    ids_.add(AddressIndex::hash(address), id);
}

AccountFlow::Slot& AccountFlow::slot(Holder& held, uint32_t asset) {
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

Result<AccountFlow::BaitWatches> AccountFlow::bait_watches(uint32_t address,
                                                           const Address& named) const {
    BaitWatches watches;
    std::vector<Address> others;
    if (const auto few = rows_.few(address)) {
        SmallVector<uint32_t, 8> numbers;
        for (const ChainRows::Row& row : *few) {
            const uint32_t other = row.from == address ? row.to : row.from;
            if (std::find(numbers.begin(), numbers.end(), other) == numbers.end())
                numbers.push_back(other);
        }
        if (numbers.size() < 2) return watches;
        others.reserve(numbers.size());
        for (const uint32_t number : numbers) {
            CORDON_TRY(const Address* other, rows_.address(number));
            others.push_back(*other);
        }
    }
    for (const LinkSource* source : walk_.links)
        if (auto watch = source->bait_watch(chain_, named, others, walk_.context))
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

bool AccountFlow::has_next() const { return !queue_.empty(); }

Result<std::optional<UnixMillis>> AccountFlow::next_time() {
    const uint64_t txn = queue_.top().txn;
    if (!ahead_ || ahead_->first != txn) {
        CORDON_TRY(const auto read, rows_.numbered().txn(txn));
        ahead_.emplace(txn, read);
    }
    return ahead_->second.time;
}

Result<uint32_t> AccountFlow::step() {
    const uint64_t txn = queue_.top().txn;
    here_.clear();
    bool seed_txn = false;
    while (!queue_.empty() && queue_.top().txn == txn) {
        const NodeId holder = queue_.top().holder;
        seed_txn = seed_txn || holder == kSeedTxn;
        if (holder < kArrival) here_.push_back(holder);
        queue_.pop();
    }
    Current& now = now_;
    if (ahead_ && ahead_->first == txn) {
        now.txn = ahead_->second;
    } else {
        CORDON_TRY(now.txn, rows_.numbered().txn(txn));
    }
    now.number = txn;
    last_ = now.txn.at;
    CORDON_TRY(rows_.numbered().rows_in(txn, now.rows));
    // Bait is in nobody's way forward: what stolen money pays is followed, however small.
    if (walk_.backward() && !bait_.empty())
        std::erase_if(now.rows,
                      [&](const ChainRows::Row& row) { return bait_.contains({txn, row.index}); });
    CORDON_TRY(process(now, here_, seed_txn));
    return here_.empty() ? 0 : books_.at(here_.front()).hop;
}

Status AccountFlow::process(Current& now, const std::vector<NodeId>& holders, bool seed_txn) {
    if (walk_.is_past(now.txn.time)) {
        // Time never falls within a chain, so nothing that comes later in the walk is within the
        // bound either.
        for (const NodeId id : holders) holders_[id].cut = true;
        return {};
    }
    if (seed_txn && walk_.is_early(now.txn.time)) {
        books_.warn("a seed txn lies outside the time bound and was not followed");
        seed_txn = false;
    }
    now.named.reset();
    now.keys.clear();
    now.links.clear();
    now.pots.clear();
    now.arrivals.clear();
    now.crossings.reset();
    now.status = {};
    if (const auto arriving = expected_.find(now.txn.at); arriving != expected_.end()) {
        now.arrivals = std::move(arriving->second);
        expected_.erase(arriving);
    }
    now.seed_txn = seed_txn;
    CORDON_TRY(view_of(rows_, now.rows, walk_.params.direction, now.view));
    if (now.view.absurd) books_.warn(kAbsurd);
    now.keys.resize(now.view.keys.size());
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        const auto id = find(now.view.keys[i].address_number);
        if (id && holder(*id).known) now.keys[i].node = id;
    }
    CORDON_TRY(find_links(now));
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
    return now.status;
}

Result<const ledger::PlacedAccountTxn*> AccountFlow::named(Current& now) const {
    if (now.named) return &*now.named;
    ledger::PlacedAccountTxn& out = now.named.emplace();
    out.at = now.txn.at;
    out.time = now.txn.time;
    out.txn.hash = now.txn.hash;
    out.txn.time = now.txn.own_time;
    out.txn.transfers.reserve(now.rows.size());
    for (const ChainRows::Row& row : now.rows) {
        CORDON_TRY(Transfer transfer, rows_.transfer(row));
        out.txn.transfers.push_back(transfer);
    }
    return &out;
}

// --- After the rows: what stays where

Status AccountFlow::settle(Current& now) {
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        const Asset& asset = now.view.keys[i].asset;
        Amount tainted = tainted_of(state.flight);
        if (state.fresh > tainted) books_.mark_payer(node(now.view.keys[i], 0));
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
    forget_income(held.address);
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
    CORDON_TRY(const BaitWatches watches, bait_watches(held.address, node.address));
    CORDON_TRY(auto history, read_history(rows_, held.address, now.number, walk_.params.direction,
                                          limits, watches));
    if (history.absurd) books_.warn(kAbsurd);
    note_bait(history);
    const bool busy = history.busy;
    held.closed = busy ? Stop::kHighDegree : Stop::kNone;
    if (!busy) CORDON_TRY(open(now, id, std::move(history)));
    if (nearer)
        for (const Asset& asset : books_.resting_assets(id, Stop::kHops)) {
            const Amount amount = books_.unrest(id, asset, Stop::kHops);
            if (busy)
                books_.rest(id, asset, amount, Stop::kHighDegree);
            else
                receive(slot(held, rows_.number_of(asset)), amount, {});
        }
    return {};
}

/// A label of the records always goes before an inference; a seed is what the user says it is.
Status AccountFlow::infer_label(NodeId id) {
    std::optional<bool> labelled;
    for (const LinkSource* source : walk_.links) {
        Node& node = books_.at(id);
        if (node.label || node.seed) return {};
        if (source->infers_from_labels()) {
            if (!labelled) {
                CORDON_TRY(labelled, pays_labelled(holders_[id].address));
            }
            if (!*labelled) continue;
        }
        CORDON_TRY(node.label,
                   source->inferred_label(chain_, node.address, walk_.ledger, walk_.context));
    }
    return {};
}

/// Whether the address pays anybody who has a label; also true when its payments are too many to
/// look at.
Result<bool> AccountFlow::pays_labelled(uint32_t address) const {
    const auto few = rows_.few(address);
    if (!few) return true;
    for (const ChainRows::Row& row : *few) {
        if (row.from != address) continue;
        CORDON_TRY(const bool labelled, rows_.is_labelled(row.to));
        if (labelled) return true;
    }
    return false;
}

Status AccountFlow::open(Current& now, NodeId id, History history) {
    Holder& held = holders_[id];
    for (const History::Balance& balance : history.balances) {
        CORDON_TRY(const Asset* asset, rows_.asset(balance.asset));
        Slot& own = slot(held, balance.asset);
        own.purse.put({balance.amount, kClean});
        own.had += balance.received + balance.short_of;
        if (!balance.short_of.is_zero()) books_.total(chain_, *asset).assumed += balance.short_of;
        books_.arrive(id, *asset, balance.received, {});
    }
    held.ahead = std::move(history.ahead);
    held.next = 0;
    push_next(id);
    // What it paid in this txn before its own turn came to be known was clean.
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        if (now.view.keys[i].address_number != held.address) continue;
        now.keys[i].node = id;
        if (!now.keys[i].paid.is_zero())
            slot(held, now.view.keys[i].asset_number).purse.take(now.keys[i].paid);
    }
    return {};
}

void AccountFlow::deposit(Current& now, uint32_t key) {
    KeyState& state = now.keys[key];
    if (!state.node || state.flight.empty()) return;
    Holder& held = holder(*state.node);
    if (!held.known) return;
    const TxnKey& named = now.view.keys[key];
    const Amount tainted = tainted_of(state.flight);
    if (held.closed != Stop::kNone) {
        books_.rest(*state.node, named.asset, tainted, held.closed);
        return;
    }
    // What a seed holds of its own does not matter: all that it sends counts, whatever its balance.
    const Amount clean =
        is_seeding(held, now.txn.time) ? Amount{} : total_of(state.flight) - tainted;
    receive(slot(held, named.asset_number), tainted, clean);
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
        for (const Slot& slot : held.slots)
            if (const auto asset = rows_.asset(slot.asset))  // Known: it was needed before.
                books_.rest(id, **asset, slot.purse.tainted(), why);
    }
}

}  // namespace cordon::trace
