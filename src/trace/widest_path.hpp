// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "layout_value.hpp"

namespace cordon::trace {

/// A way through the result of a trace.
struct WidestPath {
    std::vector<uint32_t> nodes;  ///< Places in TraceResult::nodes; empty: there is no way.
    std::vector<uint32_t> edges;  ///< All movements of each step, in the order of the way.
    double bottleneck = 0;        ///< The least value of a step, by the scale.
};

/// The way from one node to another whose least step carries most stolen value; of equals the one
/// with fewer steps. A step is all that moved between two nodes. Says how they are connected, not
/// that the same coins went all the way: the movements of a step may be earlier than those before
/// it. Cost: O(E log E).
WidestPath widest_path(const TraceResult& result, const ValueScale& scale, uint32_t from,
                       uint32_t to);

}  // namespace cordon::trace
