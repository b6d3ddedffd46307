// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <span>

#include "column_writer.hpp"
#include "index_builder.hpp"

namespace cordon::ledger {

/// kCancelled once somebody has set `cancel`.
Status go_on(const std::atomic<bool>& cancel);

/// Merges one adjacency of neighbouring indexes into the next columns of `out`, for an index that
/// has `own` after `begin`. Returns the number of its low bits. kCorrupt, kCancelled. Memory: two
/// megabytes, and a byte or two for each address that has a list.
Result<unsigned> merge_lists(ColumnFileWriter& out, std::span<const IndexSource> sources,
                             bool receiving, const Totals& begin, const Totals& own,
                             const std::atomic<bool>& cancel);

}  // namespace cordon::ledger
