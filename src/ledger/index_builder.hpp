// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <span>

#include "column_writer.hpp"
#include "head.hpp"
#include "index.hpp"
#include "index_table.hpp"

namespace cordon::ledger {

/// Makes the index of the blocks [first, end) of a head; returns its identity. Memory: 16 bytes an
/// entry of the larger adjacency.
Result<uint32_t> write_index(const ColumnFileWriter::Sink& sink, const Head& head,
                             std::size_t first, std::size_t end, IndexScratch& scratch);

/// An index and the end of what is visible of what it covers.
struct IndexSource {
    std::shared_ptr<const Index> index;
    Totals end;
};

/// Makes one index of some neighbours, without a look at the segments. Memory: some megabytes, and
/// a byte or two for each address that has rows. Cost: some tens of nanoseconds a row. kCancelled
/// soon after `cancel` is set.
Result<uint32_t> merge_indexes(const ColumnFileWriter::Sink& sink,
                               std::span<const IndexSource> sources,
                               const std::atomic<bool>& cancel);

}  // namespace cordon::ledger
