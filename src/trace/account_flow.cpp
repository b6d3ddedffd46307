// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_flow.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/fetch.hpp>
#include <cordon/base/format.hpp>

namespace cordon::trace {

AccountFlow::AccountFlow(const Walk& walk, ChainId chain, Books& books, Crossings& crossings)
    : walk_{walk},
      chain_{chain},
      books_{books},
      crossings_{crossings},
      rows_{walk.ledger, chain, walk.links, walk.context},
      limits_{walk.params.service_degree, walk.params.service_both_sides,
              [this](uint32_t other) { return find(other).has_value(); }},
      queue_{Later{walk.backward()}} {
    std::copy_if(
        walk.links.begin(), walk.links.end(), std::back_inserter(inferring_),
        [](const LinkSource* each) { return each->infers() != LinkSource::Infers::kNothing; });
}

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
    if (address) CORDON_TRY(read_history_of(*address, from.address, std::nullopt, {}));
    if (!address || history_.ahead.empty())
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
    held.ahead = std::move(history_.ahead);
    push_next(id);
    return {};
}

bool AccountFlow::is_seeding(const Holder& held, std::optional<UnixMillis> time) const {
    if (!held.seed || walk_.is_early(time)) return false;
    if (!held.seed_since || !time) return true;
    return walk_.backward() ? *time <= *held.seed_since : *time >= *held.seed_since;
}

// --- Small things

/// Has a holder of each node up to `id`.
void AccountFlow::widen(NodeId id) {
    while (id >= holders_.size()) holders_.add({});
}

/// Takes note of the nodes that a crossing made.
void AccountFlow::meet() {
    for (; met_ < books_.node_count(); ++met_) {
        if (books_.chain_of(met_) != chain_) continue;
        const auto number = walk_.ledger.address_id(chain_, books_.at(met_).address);
        if (!number) now_.status = fail(number.error());
        if (number && *number) note(**number, met_);
    }
}

AccountFlow::NodeId AccountFlow::node(const TxnKey& key, uint32_t hop) {
    if (const auto known = find(key.address_number)) {
        Found::Node& node = books_.at(*known);
        node.hop = std::min(node.hop, hop);
        return *known;
    }
    // What cannot be read is asked for again, and told.
    const bool labelled = rows_.is_labelled(key.address_number).value_or(true);
    Address address = key.address;
    if (address.empty()) {
        const auto named = rows_.address(key.address_number);
        if (named)
            address = **named;
        else
            now_.status = fail(named.error());
    }
    const NodeId id = books_.add(chain_, address, hop, labelled);
    note(key.address_number, id);
    met_ = id + 1;
    return id;
}

void AccountFlow::note(uint32_t address, NodeId id) {
    holder(id).address = address;
    ids_.add(AddressIndex::hash(address), id);
}

AccountFlow::Slot& AccountFlow::slot(Holder& held, uint32_t asset) {
    uint32_t* place = &held.slot;
    while (*place != kNoSlot) {
        Slot& slot = slots_[*place];
        if (slot.asset == asset) return slot;
        place = &slot.next;
    }
    if (free_slot_ == kNoSlot) {
        *place = slots_.add({asset, kNoSlot, Purse{walk_.params.policy}, {}, {}});
        return slots_[*place];
    }
    *place = free_slot_;
    Slot& freed = slots_[free_slot_];
    freed.asset = asset;
    free_slot_ = std::exchange(freed.next, kNoSlot);
    freed.purse.clear();
    freed.had = freed.had_tainted = {};
    return freed;
}

/// What an address has that nothing more happens to rests with it, and its slots are another's.
void AccountFlow::give_back(NodeId id) {
    Holder& held = holders_[id];
    rest(id, Stop::kUnspent);
    uint32_t* last = &held.slot;
    while (*last != kNoSlot) last = &slots_[*last].next;
    *last = std::exchange(free_slot_, std::exchange(held.slot, kNoSlot));
}

void AccountFlow::rest(NodeId id, Stop why) {
    for (uint32_t place = holders_[id].slot; place != kNoSlot; place = slots_[place].next)
        if (const Slot& slot = slots_[place]; !slot.purse.tainted().is_zero())
            if (const auto asset = rows_.asset(slot.asset))  // Known: it was needed before.
                books_.rest(id, **asset, slot.purse.tainted(), why);
}

void AccountFlow::receive(Slot& slot, const Amount& tainted, const Amount& clean) {
    if (tainted.is_zero() || clean.is_zero()) {
        slot.purse.put(clean.is_zero() ? Parcel{tainted, kTainted} : Parcel{clean, kClean});
    } else {
        slot.purse.put({tainted, kTainted});
        slot.purse.put({clean, kClean}, true);
    }
    slot.had += tainted;
    slot.had += clean;
    slot.had_tainted += tainted;
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
                                         return std::tie(key.address, *key.asset) < wanted;
                                     });
    if (at == keys.end() || at->address != address || *at->asset != asset) return std::nullopt;
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
        if (holder < kArrival) {
            here_.push_back(holder);
            // Not looked at since long ago; wanted when the rows have been read.
            fetch(&holders_[holder]);
            fetch_lines(books_.at(holder));
        }
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
    if (now.rows.size() == 1) {  // Both are asked for below, and may be far from here.
        ids_.expect(AddressIndex::hash(now.rows.front().from));
        ids_.expect(AddressIndex::hash(now.rows.front().to));
    }
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
    if (!now.links.empty()) {
        now.links.clear();
        now.pots.clear();
    }
    now.arrivals.clear();
    now.crossings.reset();
    now.status = {};
    now.seed_txn = seed_txn;
    asked_.reset();
    if (!expected_.empty())
        if (auto arriving = expected_.extract(now.txn.at))
            now.arrivals = std::move(arriving.mapped());
    CORDON_TRY(view_of(rows_, now.rows, walk_.params.direction, now.view));
    if (now.view.absurd) books_.warn(kAbsurd);
    now.keys.resize(now.view.keys.size());
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        now.keys[i].clear();
        const uint32_t address = now.view.keys[i].address_number;
        // Mostly he pays whose turn it is.
        const auto id = !holders.empty() && holders_[holders.front()].address == address
                            ? std::optional{holders.front()}
                            : find(address);
        if (id && holder(*id).known) now.keys[i].node = id;
    }
    if (is_plain(now)) {
        CORDON_TRY(pay_plainly(now));
        CORDON_TRY(now.status);
    } else {
        CORDON_TRY(find_links(now));
        if (!now.links.empty()) take_links(now);
        for (const uint32_t key : payout_order(now.view)) CORDON_TRY(pay_out(now, key));
        CORDON_TRY(now.status);
        give_links(now);
        CORDON_TRY(settle(now));
    }
    pay_fees(now);
    for (const NodeId id : holders) {
        ++holders_[id].next;
        push_next(id);
        close(id);
    }
    for (const KeyState& key : now.keys)
        if (key.node) close(*key.node);
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
        rest(id, why);
    }
}

}  // namespace cordon::trace
