// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "movements.hpp"

namespace cordon::patterns {

struct FanOutParams {
    uint32_t min_children = 5;  ///< Fresh receivers; fewer is how anybody pays.
    Seconds window{86'400};     ///< In which they are paid.
    double min_fresh = 0.5;     ///< Of them: the part that the ledger shows for the first time.
    // Layering: the parts come together again.
    uint32_t min_merged = 3;        ///< So many children's money at one address,
    double min_merged_share = 0.5;  ///< and so large a part of the children.
    uint32_t max_depth = 4;         ///< Movements from a child to where it merges.
    uint32_t max_visited = 256;     ///< Addresses looked at below one child.
};

/// One address that splits its money among fresh ones in a short time: "fan-out" (docs/patterns/
/// fan-out.md), with the children after it; and where the parts come together again, "layering"
/// (docs/patterns/layering.md): who split, where it merges, the children that lead there. Cost:
/// O(n log n) and the bound below each child.
std::vector<trace::Finding> fan_outs(const Movements& moves, const World& world,
                                     const FanOutParams& params = {});

/// [begin, end) of the most entries of `rows` (places, in chain order) within the window; all when
/// the rows have no times.
std::pair<std::size_t, std::size_t> busiest(const Movements& moves, std::span<const uint32_t> rows,
                                            Seconds window);

}  // namespace cordon::patterns
