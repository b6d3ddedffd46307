// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/trace.hpp>

namespace cordon::patterns {

/// Whether a txn has to do with services of this category: pays or is paid by one that is labelled
/// so, or has facts of either kind. Asked of every txn of a trace, so that an index over the ledger
/// is made only when one does: two look-ups a transfer, after one reading of labels and facts a
/// chain. Private to the room.
bool is_touched(ChainId chain, const AccountTxn& txn, Category category, FactKind in, FactKind out,
                const trace::Context& context);
/// Whether any txn of the chain may have to do with them.
bool is_touched(ChainId chain, Category category, FactKind in, FactKind out,
                const trace::Context& context);

}  // namespace cordon::patterns
