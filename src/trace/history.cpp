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

    /// Lifetime: the limits must outlive it.
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

/// Reads the rows of one address along.
class Reading {
public:
    Reading(const ChainRows& chain, uint32_t address, std::optional<uint64_t> at, bool back,
            std::span<const std::unique_ptr<BaitWatch>> watches, History& history)
        : chain_{chain},
          address_{address},
          at_{at},
          back_{back},
          watches_{watches},
          history_{history} {}

    /// Who else takes part decides whether the address is busy.
    void count(const BusyLimits& limits) { others_.emplace(limits); }

    /// False when the address is too busy to be read on.
    bool see(const ChainRows::Row& row) {
        if (row.txn != here_) {
            if (!end_txn()) return false;
            here_ = row.txn;
        }
        const Part part = part_of(chain_, row, address_);
        if (part == Part::kAbsurd) history_.absurd = true;
        if (part == Part::kNone || part == Part::kAbsurd) return true;
        if (!watches_.empty() && is_bait(row)) {
            history_.bait.emplace_back(row.txn, row.index);
            return true;
        }
        any_ = true;
        const bool sends = part == Part::kSends;
        if (others_ && row.kind != TransferKind::kFee) {
            if (sends)
                others_->sends_to(row.to);
            else
                others_->receives_from(row.from);
        }
        if (is_reached()) add(row, sends);
        return true;
    }
    bool end_txn() {
        if (!any_) return true;
        any_ = false;
        ++txns_;
        if (others_ && others_->busy(txns_)) {
            history_.busy = true;
            return false;
        }
        for (const Net& net : nets_) {
            History::Balance& balance = balance_of(history_, net.asset);
            settle(balance, net);
            balance.received += net.in;
        }
        nets_.clear();
        if (!at_ || (back_ ? here_ < *at_ : here_ > *at_)) history_.ahead.push_back(here_);
        return true;
    }
    const Status& status() const noexcept { return status_; }

private:
    bool is_reached() const noexcept { return at_ && (back_ ? here_ <= *at_ : here_ < *at_); }
    bool is_bait(const ChainRows::Row& row) {
        const Result<Transfer> named = chain_.transfer(row);
        if (!named) status_ = fail(named.error());
        return named && std::any_of(watches_.begin(), watches_.end(),
                                    [&](const auto& watch) { return watch->is_bait(*named); });
    }
    void add(const ChainRows::Row& row, bool sends) {
        Net* net = std::find_if(nets_.begin(), nets_.end(),
                                [&](const Net& each) { return each.asset == row.asset; });
        if (net == nets_.end()) {
            nets_.push_back({row.asset, {}, {}, {}});
            net = &nets_.back();
        }
        if (!sends) {
            if (row.kind != TransferKind::kFee) net->in += row.amount;
        } else {
            (row.kind == TransferKind::kFee ? net->fee : net->out) += row.amount;
        }
    }

    const ChainRows& chain_;
    uint32_t address_;
    std::optional<uint64_t> at_;
    bool back_;
    std::span<const std::unique_ptr<BaitWatch>> watches_;
    History& history_;
    std::optional<Counterparties> others_;
    Status status_;
    // Of one txn.
    uint64_t here_ = ~uint64_t{0};
    bool any_ = false;          // A row of value.
    SmallVector<Net, 1> nets_;  // Where it touches the balance.
    uint64_t txns_ = 0;
};

}  // namespace

Status read_history(const ChainRows& chain, uint32_t address, std::optional<uint64_t> at,
                    Direction direction, const BusyLimits& limits,
                    std::span<const std::unique_ptr<BaitWatch>> watches, History& history) {
    const bool back = direction == Direction::kBackward;
    history.balances.clear();
    history.ahead.clear();
    history.bait.clear();
    history.absurd = history.busy = false;
    Reading reading{chain, address, at, back, watches, history};
    const auto few = chain.few(address);
    if (!few || limits.may_bind(few->size())) reading.count(limits);
    CORDON_TRY(
        chain.for_each(address, [&](const ChainRows::Row& row) { return reading.see(row); }));
    CORDON_TRY(reading.status());
    if (history.busy || !reading.end_txn()) return {};
    if (back) std::reverse(history.ahead.begin(), history.ahead.end());
    return {};
}

bool is_receipt(const ChainRows& chain, const ChainRows::Row& row, uint32_t address,
                uint32_t asset) {
    return row.asset == asset && row.kind != TransferKind::kFee &&
           part_of(chain, row, address) == Part::kReceives;
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
