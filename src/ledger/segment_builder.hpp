// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "column_writer.hpp"
#include "head.hpp"

namespace cordon::ledger {

/// Lays the blocks [first, end) of a head out as a segment and returns its identity. Memory: a
/// little over a bit a row beside the head. Cost: a few nanoseconds a column entry.
Result<uint32_t> write_segment(const ColumnFileWriter::Sink& sink, const Head& head,
                               std::size_t first, std::size_t end);

}  // namespace cordon::ledger
