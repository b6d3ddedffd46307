// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/ledger/clusters.hpp>
#include <cordon/patterns/change.hpp>

/// What the streets take for a txn of strangers (CoinJoin): one answer for clusters, change and
/// peel chains.
namespace cordon::engine {

/// By ids, for clusters.
inline const ledger::JoinFilter& join_filter() noexcept { return ledger::no_join_filter(); }

/// By txn, for change.
inline patterns::JoinTest join_test() { return {}; }

}  // namespace cordon::engine
