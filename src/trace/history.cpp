// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace cordon::trace {
namespace {

/// Two parties that trade with each other all day are read in full up to here; a bot beyond it is a
/// service.
constexpr uint64_t kMaxTxnsPerCounterparty = 50;

constexpr std::size_t kFirstPage = 8, kLargestPage = 256;  // Rows.

class Counterparties {
public:
    explicit Counterparties(const BusyLimits& limits) noexcept : limits_{limits} {}

    void sends_to(const Address& other) {
        receivers_.insert(other);
        all_.insert(other);
    }
    void receives_from(const Address& other) {
        if (all_.insert(other).second || !senders_.contains(other))
            if (!limits_.met || !limits_.met(other)) senders_.insert(other);
    }

    bool busy(uint64_t txns) const noexcept {
        if (limits_.both_sides != 0 && senders_.size() >= limits_.both_sides &&
            receivers_.size() >= limits_.both_sides)
            return true;
        return limits_.counterparties != 0 &&
               (all_.size() > limits_.counterparties ||
                txns > kMaxTxnsPerCounterparty * limits_.counterparties);
    }

private:
    const BusyLimits& limits_;
    std::unordered_set<Address> senders_, receivers_, all_;  // Counted only, never walked.
};

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

Result<History> read_history(const ledger::Reader& ledger, ChainId chain, const Address& address,
                             std::optional<TxnPosition> at, Direction direction,
                             const BusyLimits& limits,
                             const std::function<bool(const Asset&)>& is_worthless,
                             std::span<const std::unique_ptr<BaitWatch>> watches) {
    const bool back = direction == Direction::kBackward;
    History history;
    Counterparties others{limits};
    uint64_t txns = 0;
    // Only the rows of the address itself, not all of the txns in which it takes part. Pages grow,
    // so that a service is found out after few reads and an honest crowd is read in few calls.
    ledger::TransferQuery query;
    const auto cursor = ledger.transfers_of(chain, address, query);
    std::vector<ledger::PlacedTransfer> page(kFirstPage);
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
                History::Balance& balance = history.balances[asset];
                settle(balance, net);
                balance.received += net.in;
            }
        }
        if (!at || (back ? *here < *at : *here > *at)) history.ahead.push_back(*here);
        nets.clear();
        return true;
    };
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) break;
        for (const ledger::PlacedTransfer& placed : std::span{page}.first(count)) {
            const TxnPosition place = placed.at;
            const Transfer& row = placed.transfer;
            if (here && *here != place && !end_txn()) {
                history.busy = true;
                return history;
            }
            here = place;
            const Part part = part_of(row, address, is_worthless);
            if (part == Part::kAbsurd) history.absurd = true;
            if (part == Part::kNone || part == Part::kAbsurd) continue;
            if (std::any_of(watches.begin(), watches.end(),
                            [&](const auto& watch) { return watch->is_bait(row); })) {
                history.bait.emplace_back(place, row.index);
                continue;
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
        }
        if (page.size() < kLargestPage && count == page.size()) page.resize(page.size() * 2);
    }
    if (!end_txn()) {
        history.busy = true;
        return history;
    }
    if (back) std::reverse(history.ahead.begin(), history.ahead.end());
    return history;
}

Result<Income> read_income(const ledger::Reader& ledger, ChainId chain, const Address& address,
                           const Asset& asset, const BusyLimits& limits,
                           const std::function<bool(const Asset&)>& is_worthless) {
    Counterparties others{limits};
    std::unordered_map<Address, Amount> largest;
    uint64_t txns = 0;
    std::optional<TxnPosition> last;
    const auto cursor = ledger.transfers_of(chain, address, {});
    std::vector<ledger::PlacedTransfer> page(kFirstPage);
    for (;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) break;
        for (const auto& [at, time, row] : std::span{page}.first(count)) {
            const Part part = part_of(row, address, is_worthless);
            if (part == Part::kNone || part == Part::kAbsurd) continue;
            if (last != at) {
                if (others.busy(txns)) return Income{.busy = true, .senders = {}};
                ++txns;
            }
            last = at;
            if (row.kind == TransferKind::kFee) continue;
            if (part == Part::kSends) {
                others.sends_to(row.to);
                continue;
            }
            others.receives_from(row.from);
            if (row.asset != asset) continue;
            Amount& most = largest[row.from];
            most = std::max(most, row.amount);
        }
        if (page.size() < kLargestPage && count == page.size()) page.resize(page.size() * 2);
    }
    if (others.busy(txns)) return Income{.busy = true, .senders = {}};
    Income income;
    for (const auto& [sender, amount] : largest) income.senders.emplace_back(amount, sender);
    std::sort(income.senders.begin(), income.senders.end(), [](const auto& a, const auto& b) {
        return std::tie(b.first, a.second) < std::tie(a.first, b.second);
    });
    if (income.senders.size() > Income::kMaxSenders) income.senders.resize(Income::kMaxSenders);
    return income;
}

}  // namespace cordon::trace
