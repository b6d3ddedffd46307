// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "block_source.hpp"

namespace cordon::chain {

/// How much waits at most: both bounds hold, but one block always may.
struct ReadAheadRoom {
    std::size_t blocks = 4096;
    /// Transfers, or inputs and outputs, of all waiting blocks: what bounds the memory.
    std::size_t rows = std::size_t{32} << 10;
};

/// The same blocks, Error, warnings and progress, read and decoded by a thread of its own while the
/// caller works on the blocks before. The Block that the caller hands to read() goes back to that
/// thread, so that nothing is allocated in the long run. Everything that the caller sees belongs to
/// the blocks it was given: warnings and bytes_read do not run ahead. What the source throws
/// (memory ran out) is thrown by read(), at its place and ever after.
///
/// Each side lets the other go on when half of the room is full or free, not for every block: a
/// wake-up costs as much as a small block.
///
/// The result is confined to one thread, like every source; its own thread is hidden. The
/// destructor waits for the block that is being decoded, no longer.
std::unique_ptr<BlockSource> read_ahead(std::unique_ptr<BlockSource> source,
                                        const ReadAheadRoom& room = {});

}  // namespace cordon::chain
