// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "block_scan.hpp"

namespace cordon::chain {

/// A block that was chosen, and its number.
struct OrderedBlock {
    uint32_t entry = 0;  ///< Index into the entries.
    BlockNum number = 0;
    BlockNumKind kind = BlockNumKind::kHeight;
};

struct BlockOrder {
    std::vector<OrderedBlock> blocks;  ///< By strictly rising number.
    std::vector<OrderedBlock>
        others;  ///< Blocks of losing branches, by entry; duplicates are in neither list.
    std::vector<std::string> warnings;
};

/// Puts blocks into chain order. Pure: the same entries give the same order.
///
/// Blocks link by their parents into fragments; of each fragment the branch with the most work is
/// taken, the first seen on equal work (as nodes do). A fragment's height comes from its link to
/// block 0, else from the heights in its coinbases (the most votes), else it is estimated from its
/// time and moved up to where nothing else lies. Of two fragments that claim the same heights the
/// one with more work stays.
BlockOrder order_blocks(std::span<const BlockEntry> entries, ChainId chain);

}  // namespace cordon::chain
