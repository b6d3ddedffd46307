// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "block_source.hpp"

namespace cordon::chain {

/// The same blocks, Error, warnings and progress, read and decoded by a thread of its own while the
/// caller works on the blocks before. At most `blocks` (one at least) wait at a time; the Block
/// that the caller hands to read() goes back to that thread, so that nothing is allocated in the
/// long run. Everything that the caller sees belongs to the blocks it was given: warnings and
/// bytes_read do not run ahead.
///
/// The result is confined to one thread, like every source; its own thread is hidden. The
/// destructor waits for the block that is being decoded, no longer.
std::unique_ptr<BlockSource> read_ahead(std::unique_ptr<BlockSource> source, std::size_t blocks);

}  // namespace cordon::chain
