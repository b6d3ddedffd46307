// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/ledger/clusters.hpp>

namespace cordon::patterns {

/// Takes for joins what the rules of classify() take for joins, as far as a shape tells: values of
/// inputs and script kinds are not known to it, so it leaves out more than classify() names. That
/// is the safe side: a cluster then lacks a txn, where it would else hold strangers.
///
/// Its identity is the version of the rules.
const ledger::JoinFilter& join_filter() noexcept;

}  // namespace cordon::patterns
