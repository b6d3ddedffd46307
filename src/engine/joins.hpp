// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/patterns/change.hpp>
#include <cordon/patterns/classify.hpp>
#include <cordon/patterns/join_filter.hpp>

/// What the streets take for a txn of strangers (CoinJoin): one answer for clusters, change and
/// peel chains.
namespace cordon::engine {

/// By ids, for clusters.
inline const ledger::JoinFilter& join_filter() noexcept { return patterns::join_filter(); }

/// By txn, for change.
inline patterns::JoinTest join_test() {
    return [](const UtxoTxn& txn) { return patterns::is_join(patterns::classify(txn).what); };
}

}  // namespace cordon::engine
