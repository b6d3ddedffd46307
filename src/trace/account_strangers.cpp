// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "account_flow.hpp"

namespace cordon::trace {

// Whom a payment goes to: somebody with an income of his own is not followed for a little taint
// (docs/decisions/0008).

/// How many pay `to` whom the walk has not met, counted up to Params::stranger_senders; nothing
/// when `to` leads the walk to nobody new: a service, or met before.
Result<std::optional<uint32_t>> AccountFlow::other_payers(const TxnKey& to, const Amount& amount) {
    const NodeId met = static_cast<NodeId>(books_.node_count());
    if (asked_ && asked_->address == to.address_number && asked_->asset == to.asset_number &&
        asked_->met == met && asked_->amount == amount)
        return asked_->payers;
    // A receipt of less than a hundredth of what is paid now is no income beside it: dust and
    // poisoning must not make a stranger of a mule.
    CORDON_TRY(const auto payers, count_payers(to, mul_div(amount, Amount{1U}, Amount{100U})));
    asked_ = {to.address_number, to.asset_number, amount, met, payers};
    return payers;
}

/// The same of those who paid `least` or more at once.
Result<std::optional<uint32_t>> AccountFlow::count_payers(const TxnKey& to, const Amount& least) {
    if (to.address.is_zero() || find(to.address_number)) return std::nullopt;
    CORDON_TRY(const bool labelled, rows_.is_labelled(to.address_number));
    if (labelled && !walk_.goes_through(chain_, to.address))
        if (const auto label = walk_.context.label(chain_, to.address);
            label && walk_.is_stop(*label))
            return std::nullopt;
    // Backward the payee is known and the payer is asked for. What passes a payment on in the same
    // txn serves many, which tells nothing of whom it pays.
    if (walk_.backward() || to.out_count > 0) return 0;
    const uint32_t limit = walk_.params.stranger_senders;
    const auto few = rows_.few(to.address_number);
    if (few && !limits_.may_bind(few->size())) {
        SmallVector<uint32_t, 8> payers;
        for (const ChainRows::Row& row : *few) {
            if (payers.size() >= limit) break;
            if (row.amount >= least && is_receipt(rows_, row, to.address_number, to.asset_number) &&
                std::find(payers.begin(), payers.end(), row.from) == payers.end() &&
                !find(row.from))
                payers.push_back(row.from);
        }
        CORDON_TRY(rows_.status());
        return static_cast<uint32_t>(payers.size());
    }
    const std::pair payee{to.address_number, to.asset_number};
    auto at = incomes_.find(payee);
    if (at == incomes_.end()) {
        CORDON_TRY(Income income, read_income(rows_, payee.first, payee.second, limits_));
        at = incomes_.emplace(payee, std::move(income)).first;
    }
    if (at->second.busy) return std::nullopt;
    uint32_t payers = 0;
    for (const auto& [sender, largest] : at->second.senders) {
        if (payers >= limit) break;
        if (largest >= least && !find(sender)) ++payers;
    }
    return payers;
}

/// Who has been reached is not asked about again.
void AccountFlow::forget_income(uint32_t address) {
    auto at = incomes_.lower_bound({address, 0});
    while (at != incomes_.end() && at->first.first == address) at = incomes_.erase(at);
}

/// Whether all that `key` pays `amount` from what it holds are strangers; false where it makes no
/// difference, so that nothing is read for it.
Result<bool> AccountFlow::pays_strangers(const Current& now, uint32_t key, const Amount& amount) {
    const KeyState& state = now.keys[key];
    Holder* held = state.node ? open_holder(*state.node) : nullptr;
    if (walk_.params.stranger_senders == 0 || amount.is_zero() || held == nullptr ||
        is_seeding(*held, now.txn.time))
        return false;
    const Slot& from = slot(*held, now.view.keys[key].asset_number);
    const Amount& tainted = from.purse.tainted();
    if (amount <= from.purse.total() && (tainted.is_zero() || tainted == from.purse.total()))
        return false;
    if (from.had_tainted.is_zero()) return false;
    for (const uint32_t row : now.view.outs(key)) {
        CORDON_TRY(const auto payers,
                   other_payers(now.view.keys[now.view.rows[row].to], now.view.rows[row].amount));
        if (payers != walk_.params.stranger_senders) return false;
    }
    return true;
}

Result<bool> AccountFlow::below_limit(const TxnKey& to, const Amount& amount, const Amount& tainted,
                                      std::optional<UnixMillis> time) {
    const Params& params = walk_.params;
    double purity = 0;
    if (tainted < amount) {
        CORDON_TRY(const auto payers, other_payers(to, amount));
        if (payers) purity = params.min_purity;
        // Every wallet is filled by somebody first; each payer beyond one says more.
        if (payers && *payers > 0 && params.stranger_purity > purity)
            purity += (params.stranger_purity - purity) *
                      (*payers == params.stranger_senders
                           ? 1.0
                           : (*payers - 1.0) / (params.stranger_senders - 1.0));
    }
    const Total& sum = *booked(to).total;
    return walk_.below_limit(chain_, *to.asset, amount, tainted, purity,
                             sum.seeded + sum.swapped_in, time);
}

}  // namespace cordon::trace
