// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>
#include <tuple>

#include "address_index.hpp"

namespace cordon::trace {
namespace {

/// Two parties that trade with each other all day are read in full up to here; a bot beyond it is a
/// service.
constexpr uint64_t kMaxTxnsPerCounterparty = 50;

constexpr std::size_t kFirstPage = 64, kLargestPage = 256;  // Rows, where they are not few.

/// Whom an address deals with. Most deal with few, who are found by looking at each.
class Counterparties {
public:
    struct Other {
        Address address;
        bool receives = false;  // From the address that is read.
        bool sends = false, met = false;
        Amount largest;  // Of what it sent, as the caller says.
    };

    explicit Counterparties(const BusyLimits& limits) : limits_{limits} { all_.reserve(4); }

    void sends_to(const Address& address) {
        Other& other = at(address);
        if (!other.receives) ++receivers_;
        other.receives = true;
    }
    Other& receives_from(const Address& address) {
        Other& other = at(address);
        if (!other.sends) {
            other.met = limits_.met && limits_.met(address);
            if (!other.met) ++strangers_;
        }
        other.sends = true;
        return other;
    }

    bool busy(uint64_t txns) const noexcept {
        if (limits_.both_sides != 0 && strangers_ >= limits_.both_sides &&
            receivers_ >= limits_.both_sides)
            return true;
        return limits_.counterparties != 0 &&
               (all_.size() > limits_.counterparties ||
                txns > kMaxTxnsPerCounterparty * limits_.counterparties);
    }

    /// In the order in which they were met.
    const std::vector<Other>& all() const noexcept { return all_; }

private:
    static constexpr std::size_t kFew = 16;

    Other& at(const Address& address) {
        const auto is = [&](uint32_t place) { return all_[place].address == address; };
        const auto count = static_cast<uint32_t>(all_.size());
        if (count <= kFew) {
            for (Other& other : all_)
                if (other.address == address) return other;
        } else if (const uint32_t place = index_.find(hash(address), is);
                   place != AddressIndex::kNone) {
            return all_[place];
        }
        Other& fresh = all_.emplace_back();
        fresh.address = address;
        if (all_.size() == kFew + 1)
            for (uint32_t place = 0; place < count; ++place)
                index_.add(hash(all_[place].address), place);
        if (all_.size() > kFew) index_.add(hash(address), count);
        return fresh;
    }
    static uint32_t hash(const Address& address) noexcept {
        return AddressIndex::hash(ChainId{}, address);
    }

    const BusyLimits& limits_;
    std::vector<Other> all_;
    AddressIndex index_;  // Of all_, when they are not few.
    std::size_t strangers_ = 0, receivers_ = 0;
};

/// Hands every row of an address to `each`, in chain order, until that returns false. Pages grow,
/// so that a service is found out after few reads and an honest crowd is read in few calls.
template <typename Each>
Status for_each_row(const RecentRows& ledger, ChainId chain, const Address& address, Each&& each) {
    if (const auto few = ledger.few(chain, address)) {
        for (const ledger::PlacedTransfer& row : few->all())
            if (!each(row)) return {};
        return {};
    }
    const auto cursor = ledger.transfers_of(chain, address, {});
    std::vector<ledger::PlacedTransfer> page(kFirstPage);
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) return {};
        for (const ledger::PlacedTransfer& row : std::span{page}.first(count))
            if (!each(row)) return {};
        if (count == page.size() && count < kLargestPage) page.resize(count * 2);
    }
}

/// What an address got and gave of one asset within one txn.
struct Net {
    Amount in, out, fee;
};

/// Money passes through an address within one txn, so only the difference touches its balance.
void settle(History::Balance& balance, const Net& net) {
    const Amount out = net.out + net.fee;
    if (net.in >= out) {
        balance.amount += net.in - out;
        return;
    }
    const Amount need = out - net.in;
    const Amount paid = std::min(need, balance.amount);
    balance.amount -= paid;
    balance.short_of += need - paid;
}

History::Balance& balance_of(History& history, const Asset& asset) {
    auto& all = history.balances;
    const auto at = std::lower_bound(
        all.begin(), all.end(), asset,
        [](const auto& balance, const Asset& wanted) { return balance.first < wanted; });
    if (at != all.end() && at->first == asset) return at->second;
    return all.insert(at, {asset, {}})->second;
}

/// A row of value that touches the address: to whom it is worth looking.
enum class Part : uint8_t { kNone, kSends, kReceives, kAbsurd };

Part part_of(const Transfer& row, const Address& address,
             const std::function<bool(const Asset&)>& is_worthless) {
    const bool sends = row.from == address;
    if (sends == (row.to == address) || row.amount.is_zero() || is_worthless(row.asset))
        return Part::kNone;
    if (is_absurd(row.amount)) return Part::kAbsurd;
    return sends ? Part::kSends : Part::kReceives;
}

}  // namespace

Result<History> read_history(const RecentRows& ledger, ChainId chain, const Address& address,
                             std::optional<TxnPosition> at, Direction direction,
                             const BusyLimits& limits,
                             const std::function<bool(const Asset&)>& is_worthless,
                             std::span<const std::unique_ptr<BaitWatch>> watches) {
    const bool back = direction == Direction::kBackward;
    History history;
    Counterparties others{limits};
    uint64_t txns = 0;
    history.ahead.reserve(4);
    // Only the rows of the address itself, not all of the txns in which it takes part.
    std::vector<std::pair<Asset, Net>> nets;  // Of one txn: few.
    std::optional<TxnPosition> here;
    // False when the address is too busy to be read on.
    const auto end_txn = [&] {
        if (nets.empty()) return true;
        ++txns;
        if (others.busy(txns)) return false;
        const bool reached = at && (back ? *here <= *at : *here < *at);
        if (reached) {
            for (const auto& [asset, net] : nets) {
                History::Balance& balance = balance_of(history, asset);
                settle(balance, net);
                balance.received += net.in;
            }
        }
        if (!at || (back ? *here < *at : *here > *at)) history.ahead.push_back(*here);
        nets.clear();
        return true;
    };
    const auto take = [&](const ledger::PlacedTransfer& placed) {
        const TxnPosition place = placed.at;
        const Transfer& row = placed.transfer;
        if (here && *here != place && !end_txn()) {
            history.busy = true;
            return false;
        }
        here = place;
        const Part part = part_of(row, address, is_worthless);
        if (part == Part::kAbsurd) history.absurd = true;
        if (part == Part::kNone || part == Part::kAbsurd) return true;
        if (std::any_of(watches.begin(), watches.end(),
                        [&](const auto& watch) { return watch->is_bait(row); })) {
            history.bait.emplace_back(place, row.index);
            return true;
        }
        const bool sends = part == Part::kSends;
        auto known = std::find_if(nets.begin(), nets.end(),
                                  [&](const auto& net) { return net.first == row.asset; });
        if (known == nets.end()) known = nets.insert(nets.end(), {row.asset, Net{}});
        Net& net = known->second;
        if (row.kind == TransferKind::kFee) {
            if (sends) net.fee += row.amount;
        } else if (sends) {
            net.out += row.amount;
            others.sends_to(row.to);
            if (!history.first_send) history.first_send = place;
        } else {
            net.in += row.amount;
            others.receives_from(row.from);
            history.last_receipt = place;
        }
        return true;
    };
    CORDON_TRY(for_each_row(ledger, chain, address, take));
    if (history.busy) return history;
    if (!end_txn()) {
        history.busy = true;
        return history;
    }
    if (back) std::reverse(history.ahead.begin(), history.ahead.end());
    return history;
}

Result<Income> read_income(const RecentRows& ledger, ChainId chain, const Address& address,
                           const Asset& asset, const BusyLimits& limits,
                           const std::function<bool(const Asset&)>& is_worthless) {
    Counterparties others{limits};
    uint64_t txns = 0;
    std::optional<TxnPosition> last;
    bool busy = false;
    CORDON_TRY(for_each_row(ledger, chain, address, [&](const ledger::PlacedTransfer& placed) {
        const auto& [at, time, row] = placed;
        const Part part = part_of(row, address, is_worthless);
        if (part == Part::kNone || part == Part::kAbsurd) return true;
        if (last != at) {
            busy = others.busy(txns);
            if (busy) return false;
            ++txns;
        }
        last = at;
        if (row.kind == TransferKind::kFee) return true;
        if (part == Part::kSends) {
            others.sends_to(row.to);
            return true;
        }
        auto& sender = others.receives_from(row.from);
        if (row.asset == asset) sender.largest = std::max(sender.largest, row.amount);
        return true;
    }));
    if (busy || others.busy(txns)) return Income{.busy = true, .senders = {}};
    Income income;
    for (const auto& other : others.all())
        if (!other.largest.is_zero()) income.senders.emplace_back(other.largest, other.address);
    std::sort(income.senders.begin(), income.senders.end(), [](const auto& a, const auto& b) {
        return std::tie(b.first, a.second) < std::tie(a.first, b.second);
    });
    if (income.senders.size() > Income::kMaxSenders) income.senders.resize(Income::kMaxSenders);
    return income;
}

}  // namespace cordon::trace
