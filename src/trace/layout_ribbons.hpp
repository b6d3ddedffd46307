// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <vector>

#include "layout_graph.hpp"

namespace cordon::trace::flow {

/// Draws the links of the graph as ribbons between the nodes of the layout, the widest first, and
/// leaves out dust: thin ribbons, and nodes that nothing leads to any more. What `opened` vertices
/// pay and get is never dust. `of_vertex`: vertex to node. Fills layout.ribbons, the sums of each
/// node, and omitted.
void add_ribbons(const Graph& graph, const std::vector<uint32_t>& of_vertex,
                 const std::set<uint32_t>& opened, const LayoutParams& params, FlowLayout& layout);

}  // namespace cordon::trace::flow
