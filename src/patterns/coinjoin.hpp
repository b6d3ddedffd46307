// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/link_source.hpp>

#include "join_params.hpp"

namespace cordon::patterns {

/// Tells trace() which txns strangers made together, by classify() (docs/patterns/coinjoin.md).
class CoinJoin final : public trace::LinkSource {
public:
    CoinJoin() noexcept = default;
    explicit CoinJoin(const JoinParams& params) noexcept : params_{params} {}

    std::optional<trace::JoinVerdict> join_of(ChainId chain, const ledger::PlacedUtxoTxn& txn,
                                              const trace::Context& context) const override;

private:
    JoinParams params_;
};

}  // namespace cordon::patterns
