// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/model/feed_event.hpp>

#include "json_cursor.hpp"

namespace cordon::chain {

/// A txn of a block, or one that waits, as events: writes it.
struct EventTxn {
    AccountTxn transfers;
    TxnActivity activity;
    UtxoTxn utxo;                      ///< On UTXO chains, instead of the two above.
    bool moves = false, acts = false;  ///< Which of the two the line tells.
};

/// `when_seen` reads the key "seen", which only a txn that waits has.
Status read_event_txn(ChainId chain, JsonCursor& value, EventTxn& out,
                      JsonVisit<JsonCursor&> when_seen);

}  // namespace cordon::chain
