// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every payment that leaves is held against what was asked for (D07): a thief with our keys cannot
// have the gate ask for what he takes.
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "impl.hpp"

namespace cordon::guard {

Result<Reconciled> Gate::on_outflow(ChainId chain, const Hash256& txn, const Transfer& transfer,
                                    UnixMillis now) {
    Impl& impl = *impl_;
    Reconciled found;
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        State& state = impl.state;
        const std::string what = format(
            "{} of {} from {} to {}", transfer.amount.to_string(), transfer.asset.text(),
            chain::format_address(chain, transfer.from), chain::format_address(chain, transfer.to));
        // The same payment told again, by another feed or a replay.
        if (const auto known = state.outflows.find({chain, txn, transfer.index});
            known != state.outflows.end())
            return Reconciled{known->second,
                              known->second.empty()
                                  ? format("{}: nobody was let through with it", what)
                                  : format("{}: carries out {}", what, known->second)};
        std::string other;  // Asked for, and not let through.
        if (const auto payments =
                state.by_payment.find({chain, transfer.amount, transfer.to, transfer.asset});
            payments != state.by_payment.end())
            for (const auto& [first, id] : payments->second) {  // The oldest first.
                const OpenRequest& open = *state.requests.at(id).open;
                if (!open.request.from.empty() && open.request.from != transfer.from) continue;
                if (!open.counted) {
                    if (other.empty()) other = id;
                    continue;
                }
                found.id = id;
                const Decision last = state.requests.at(id).decision;
                found.text = format("{}: carries out {}{}", what, id,
                                    last == Decision::kAllow
                                        ? ""
                                        : format(", which was let through before it was {}",
                                                 last == Decision::kDeny ? "denied" : "held"));
                break;
            }
        if (found.id.empty())
            found.text = other.empty()
                             ? format("{}: nobody asked for it", what)
                             : format("{}: {} asks for it and was not let through", what, other);
        CORDON_TRY(impl.commit(now, Outflow{chain, txn, transfer, found.id, found.text}));
        next = state.next;
    }
    CORDON_TRY(impl.wait(next));
    return found;
}

}  // namespace cordon::guard
