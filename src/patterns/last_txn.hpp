// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/ledger/ledger.hpp>

namespace cordon::patterns {

/// Reads txns for who walks transfers in chain order: one of a thousand transfers is decoded once,
/// not a thousand times. Private to the room.
class LastTxn {
public:
    LastTxn(ChainId chain, const ledger::Reader& ledger) : chain_{chain}, ledger_{ledger} {}

    /// Lifetime: until the next call.
    Result<const ledger::PlacedAccountTxn*> at(TxnPosition at) {
        if (!last_ || last_->at != at) {
            CORDON_TRY(last_, ledger_.account_txn(chain_, at));
        }
        return &*last_;
    }

private:
    ChainId chain_;
    const ledger::Reader& ledger_;
    std::optional<ledger::PlacedAccountTxn> last_;
};

}  // namespace cordon::patterns
