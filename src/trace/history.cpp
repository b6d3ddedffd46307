// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <algorithm>
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

}  // namespace

Result<History> read_history(const ledger::Reader& ledger, ChainId chain, const Address& address,
                             std::optional<TxnPosition> at, Direction direction,
                             const BusyLimits& limits,
                             const std::function<bool(const Asset&)>& is_worthless) {
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
        for (const auto& [place, time, row] : std::span{page}.first(count)) {
            if (here && *here != place && !end_txn()) {
                history.busy = true;
                return history;
            }
            here = place;
            const bool sends = row.from == address;
            const bool receives = row.to == address;
            if (sends == receives || row.amount.is_zero() || is_worthless(row.asset)) continue;
            if (is_absurd(row.amount)) {
                history.absurd = true;
                continue;
            }
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

}  // namespace cordon::trace
