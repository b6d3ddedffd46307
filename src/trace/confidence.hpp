// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "trace.hpp"

namespace cordon::trace {

/// Node::confidence of each node, in the order of the result; nothing when all edges are sure, and
/// so all nodes. Cost: one look at the edges that are not in numbers; when one is below 1, O(E log
/// E).
///
/// Of a ranking, whose mass goes against the money, too, a path is one of edges in either
/// direction.
std::vector<double> confidence_of_nodes(const TraceResult& result);
/// Fills it in, where nodes are kept as they are (those of a search).
void weigh_nodes(TraceResult& result);

}  // namespace cordon::trace
