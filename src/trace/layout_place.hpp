// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layout_graph.hpp"

namespace cordon::trace::flow {

/// Gives nodes and ribbons their place: order by barycentre, relaxation weighted by value, ports in
/// the order of the far ends. Sorts layout.nodes by column and height.
void place(const LayoutParams& params, FlowLayout& layout);

/// Gives labels their place, the most important first; a label that would touch another or leave
/// the canvas is shortened, moved along its node, or left out.
void place_labels(const LayoutParams& params, FlowLayout& layout);

}  // namespace cordon::trace::flow
