// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layout_graph.hpp"

namespace cordon::trace::flow {

/// Decides what is drawn: nodes (single, merged, folded) in columns, and ribbons between them, dust
/// left out. Fills layout.nodes, ribbons, columns (heads only) and omitted; nothing has a place
/// yet. `shown` is `whole` or a part of it, with the same vertices.
void fold(const Graph& whole, const Graph& shown, const LayoutParams& params, FlowLayout& layout);

/// Makes the picture of a backward walk read like any other: money flows to the right, so the seed
/// stands in the last column, and where the walk ended money appears. To be called between fold and
/// place.
void turn_round(FlowLayout& layout);

/// Adds LayoutParams::context beside what is there. To be called before place.
void add_context(const LayoutParams& params, FlowLayout& layout);

}  // namespace cordon::trace::flow
