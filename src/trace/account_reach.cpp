// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "account_flow.hpp"

namespace cordon::trace {

// After the rows of a txn: what stays where, and what is known of who has it for the first time.

Status AccountFlow::settle(Current& now) {
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        if (state.flight.empty() && state.fresh.is_zero()) continue;
        const Asset& asset = *now.view.keys[i].asset;
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
    for (uint32_t i = 0; i < now.keys.size(); ++i)
        if (now.keys[i].node && !now.keys[i].flight.empty())
            deposit(now, i, sums_of(now.keys[i].flight));
    return {};
}

Status AccountFlow::reach(Current& now, NodeId id) {
    const Found::Node& node = books_.at(id);
    Holder& held = holder(id);
    const bool nearer = held.closed == Stop::kHops && node.hop < walk_.params.max_hops;
    if (held.known && !nearer) return {};
    held.known = true;
    forget_income(held.address);
    CORDON_TRY(infer_label(id));
    if (walk_.stops_at(books_, id)) {
        held.closed = Stop::kLabel;
        return {};
    }
    if (node.hop >= walk_.params.max_hops && !node.seed) {
        held.closed = Stop::kHops;
        return {};
    }
    BusyLimits unlimited;
    const bool through = walk_.goes_through(chain_, node.address);
    CORDON_TRY(
        read_history_of(held.address, node.address, now.number, through ? unlimited : limits_));
    const bool busy = history_.busy;
    held.closed = busy ? Stop::kHighDegree : Stop::kNone;
    if (!busy) CORDON_TRY(open(now, id));
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

/// Into history_.
Status AccountFlow::read_history_of(uint32_t address, const Address& named,
                                    std::optional<uint64_t> at, const BusyLimits& limits) {
    CORDON_TRY(const BaitWatches watches, bait_watches(address, named));
    CORDON_TRY(read_history(rows_, address, at, walk_.params.direction, limits, watches, history_));
    if (history_.absurd) books_.warn(kAbsurd);
    if (history_.bait.empty()) return {};
    books_.warn("dust from look-alike addresses counts as nobody's payment: it is sent to be seen");
    bait_.insert(history_.bait.begin(), history_.bait.end());
    return {};
}

Result<AccountFlow::BaitWatches> AccountFlow::bait_watches(uint32_t address, const Address& named) {
    BaitWatches watches;
    others_.clear();
    if (const auto few = rows_.few(address)) {
        SmallVector<uint32_t, 8> numbers;
        for (const ChainRows::Row& row : *few) {
            const uint32_t other = row.from == address ? row.to : row.from;
            if (std::find(numbers.begin(), numbers.end(), other) != numbers.end()) continue;
            numbers.push_back(other);
            ids_.expect(AddressIndex::hash(other));
        }
        if (numbers.size() < 2) return watches;
        for (const uint32_t number : numbers) {
            if (const auto met = find(number)) {
                others_.push_back(books_.at(*met).address);
                continue;
            }
            CORDON_TRY(const Address* other, rows_.address(number));
            others_.push_back(*other);
        }
    }
    for (const LinkSource* source : walk_.links)
        if (auto watch = source->bait_watch(chain_, named, others_, walk_.context))
            watches.push_back(std::move(watch));
    return watches;
}

/// A label of the records always goes before an inference; a seed is what the user says it is.
Status AccountFlow::infer_label(NodeId id) {
    std::optional<bool> pays;
    for (const LinkSource* source : inferring_) {
        const Found::Node& node = books_.at(id);
        if (books_.label_of(id) != nullptr || node.seed) return {};
        if (source->infers() == LinkSource::Infers::kOfPayers) {
            if (!pays) {
                CORDON_TRY(pays, pays_labelled(holders_[id].address));
            }
            if (!*pays) continue;
        }
        CORDON_TRY(auto label,
                   source->inferred_label(chain_, node.address, walk_.ledger, walk_.context));
        if (label) books_.set_label(id, *std::move(label));
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

/// With what history_ says.
Status AccountFlow::open(Current& now, NodeId id) {
    Holder& held = holders_[id];
    for (const History::Balance& balance : history_.balances) {
        CORDON_TRY(const Asset* asset, rows_.asset(balance.asset));
        Slot& own = slot(held, balance.asset);
        own.purse.put({balance.amount, kClean});
        own.had += balance.received + balance.short_of;
        if (!balance.short_of.is_zero()) books_.total(chain_, *asset).assumed += balance.short_of;
        books_.arrive(id, *asset, balance.received, {});
    }
    held.ahead = std::move(history_.ahead);
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

void AccountFlow::deposit(const Current& now, uint32_t key, Sums sums) {
    const NodeId id = *now.keys[key].node;
    Holder& held = holder(id);
    if (!held.known) return;
    const TxnKey& named = now.view.keys[key];
    if (held.closed != Stop::kNone) {
        books_.rest(id, *named.asset, sums.tainted, held.closed);
        return;
    }
    // What a seed holds of its own does not matter: all that it sends counts, whatever its balance.
    if (is_seeding(held, now.txn.time)) sums.clean = {};
    receive(slot(held, named.asset_number), sums.tainted, sums.clean);
}

}  // namespace cordon::trace
