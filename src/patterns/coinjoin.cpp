// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "coinjoin.hpp"

#include "classify.hpp"

namespace cordon::patterns {

std::optional<trace::JoinVerdict> CoinJoin::join_of(ChainId, const ledger::PlacedUtxoTxn& placed,
                                                    const trace::Context&) const {
    Classification result = classify(placed.txn, params_);
    if (!is_join(result.what)) return std::nullopt;
    return trace::JoinVerdict{to_string(result.what), result.confidence, std::move(result.reasons)};
}

}  // namespace cordon::patterns
