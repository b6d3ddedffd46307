// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain_view.hpp"
#include "head.hpp"

namespace cordon::ledger {

/// The blocks of a head as parts and runs in memory, for snapshots. Made as needed: small images
/// are folded into their neighbours, so that a snapshot after every block costs O(log n) a block.
class HeadImages {
public:
    /// Adds those that show all blocks of `head` to `view`.
    Status show(const Head& head, ChainView& view);
    /// Forgets all but the first `blocks`.
    Status truncate(std::size_t blocks);
    void clear() noexcept { images_.clear(); }

private:
    struct Entry {
        std::size_t first = 0, end = 0;  // Blocks of the head that it shows.
        Image image;
    };
    std::vector<Entry> images_;
};

}  // namespace cordon::ledger
