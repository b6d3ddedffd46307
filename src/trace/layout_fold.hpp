// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layout_graph.hpp"

namespace cordon::trace::flow {

/// Decides what is drawn: nodes (single, merged, folded) in columns, and ribbons between them, dust
/// left out. Fills layout.nodes, ribbons, columns (heads only) and omitted; nothing has a place
/// yet.
void fold(const Graph& graph, const LayoutParams& params, FlowLayout& layout);

/// Makes the picture of a backward walk read like any other: money flows to the right, so the seed
/// stands in the last column, and where the walk ended money appears. To be called between fold and
/// place.
void turn_round(FlowLayout& layout);

}  // namespace cordon::trace::flow
