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

/// Whom an address deals with. Most deal with few, who are found by looking at each.
class Counterparties {
public:
    struct Other {
        uint32_t address = 0;
        bool receives = false;  // From the address that is read.
        bool sends = false, met = false;
        Amount largest;  // Of what it sent, as the caller says.
    };

    explicit Counterparties(const BusyLimits& limits) : limits_{limits} {}

    void sends_to(uint32_t address) {
        Other& other = at(address);
        if (!other.receives) ++receivers_;
        other.receives = true;
    }
    Other& receives_from(uint32_t address) {
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
    const auto& all() const noexcept { return all_; }

private:
    static constexpr std::size_t kFew = 16;

    Other& at(uint32_t address) {
        const auto count = static_cast<uint32_t>(all_.size());
        if (count <= kFew) {
            for (Other& other : all_)
                if (other.address == address) return other;
        } else if (const uint32_t place = index_.find(AddressIndex::hash(address));
                   place != AddressIndex::kNone) {
            return all_[place];
        }
        all_.push_back({.address = address, .largest = {}});
        if (all_.size() == kFew + 1)
            for (uint32_t place = 0; place < count; ++place)
                index_.add(AddressIndex::hash(all_[place].address), place);
        if (all_.size() > kFew) index_.add(AddressIndex::hash(address), count);
        return all_.back();
    }
    const BusyLimits& limits_;
    SmallVector<Other, 4> all_;
    AddressIndex index_;  // Of all_, when they are not few.
    std::size_t strangers_ = 0, receivers_ = 0;
};

/// What an address got and gave of one asset within one txn.
struct Net {
    uint32_t asset = 0;
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

History::Balance& balance_of(History& history, uint32_t asset) {
    for (History::Balance& balance : history.balances)
        if (balance.asset == asset) return balance;
    history.balances.push_back({asset, {}, {}, {}});
    return history.balances.back();
}

/// A row of value that touches the address: to whom it is worth looking.
enum class Part : uint8_t { kNone, kSends, kReceives, kAbsurd };

Part part_of(const ChainRows& chain, const ChainRows::Row& row, uint32_t address) {
    const bool sends = row.from == address;
    if (sends == (row.to == address) || row.amount.is_zero() || chain.is_worthless(row.asset))
        return Part::kNone;
    if (is_absurd(row.amount)) return Part::kAbsurd;
    return sends ? Part::kSends : Part::kReceives;
}

}  // namespace

Result<History> read_history(const ChainRows& chain, uint32_t address, std::optional<uint64_t> at,
                             Direction direction, const BusyLimits& limits,
                             std::span<const std::unique_ptr<BaitWatch>> watches) {
    const bool back = direction == Direction::kBackward;
    History history;
    Counterparties others{limits};
    uint64_t txns = 0;
    // Only the rows of the address itself, not all of the txns in which it takes part.
    SmallVector<Net, 1> nets;  // Of one txn.
    std::optional<uint64_t> here;
    // False when the address is too busy to be read on.
    const auto end_txn = [&] {
        if (nets.empty()) return true;
        ++txns;
        if (others.busy(txns)) return false;
        const bool reached = at && (back ? *here <= *at : *here < *at);
        if (reached) {
            for (const Net& net : nets) {
                History::Balance& balance = balance_of(history, net.asset);
                settle(balance, net);
                balance.received += net.in;
            }
        }
        if (!at || (back ? *here < *at : *here > *at)) history.ahead.push_back(*here);
        nets.clear();
        return true;
    };
    Status status;  // Of naming rows for the watches.
    const auto is_bait = [&](const ChainRows::Row& row) {
        if (watches.empty()) return false;
        const Result<Transfer> named = chain.transfer(row);
        if (!named) status = fail(named.error());
        return named && std::any_of(watches.begin(), watches.end(),
                                    [&](const auto& watch) { return watch->is_bait(*named); });
    };
    CORDON_TRY(chain.for_each(address, [&](const ChainRows::Row& row) {
        if (here && *here != row.txn && !end_txn()) {
            history.busy = true;
            return false;
        }
        here = row.txn;
        const Part part = part_of(chain, row, address);
        if (part == Part::kAbsurd) history.absurd = true;
        if (part == Part::kNone || part == Part::kAbsurd) return true;
        if (is_bait(row)) {
            history.bait.emplace_back(row.txn, row.index);
            return true;
        }
        const bool sends = part == Part::kSends;
        const auto of_asset = [&](const Net& each) { return each.asset == row.asset; };
        if (std::none_of(nets.begin(), nets.end(), of_asset))
            nets.push_back({row.asset, {}, {}, {}});
        Net& net = *std::find_if(nets.begin(), nets.end(), of_asset);
        if (row.kind == TransferKind::kFee) {
            if (sends) net.fee += row.amount;
        } else if (sends) {
            net.out += row.amount;
            others.sends_to(row.to);
        } else {
            net.in += row.amount;
            others.receives_from(row.from);
        }
        return true;
    }));
    CORDON_TRY(status);
    if (history.busy) return history;
    if (!end_txn()) {
        history.busy = true;
        return history;
    }
    if (back) std::reverse(history.ahead.begin(), history.ahead.end());
    return history;
}

Result<Income> read_income(const ChainRows& chain, uint32_t address, uint32_t asset,
                           const BusyLimits& limits) {
    Counterparties others{limits};
    uint64_t txns = 0;
    std::optional<uint64_t> last;
    bool busy = false;
    CORDON_TRY(chain.for_each(address, [&](const ChainRows::Row& row) {
        const Part part = part_of(chain, row, address);
        if (part == Part::kNone || part == Part::kAbsurd) return true;
        if (last != row.txn) {
            busy = others.busy(txns);
            if (busy) return false;
            ++txns;
        }
        last = row.txn;
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
        if (!other.largest.is_zero()) income.senders.push_back({other.address, other.largest});
    if (income.senders.size() <= Income::kMaxSenders) return income;
    std::vector<std::pair<Address, Income::Sender>> order;
    for (const Income::Sender& sender : income.senders) {
        CORDON_TRY(const Address* named, chain.address(sender.address));
        order.emplace_back(*named, sender);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::tie(b.second.largest, a.first) < std::tie(a.second.largest, b.first);
    });
    income.senders.clear();
    for (std::size_t i = 0; i < Income::kMaxSenders; ++i) income.senders.push_back(order[i].second);
    return income;
}

}  // namespace cordon::trace
