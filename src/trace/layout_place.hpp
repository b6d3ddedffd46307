// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "layout_graph.hpp"

namespace cordon::trace::flow {

/// Gives nodes and ribbons their place: order by barycentre, relaxation weighted by value, ports in
/// the order of the far ends. Sorts layout.nodes by column and height.
void place(const LayoutParams& params, FlowLayout& layout);

/// So much of a name tells one service of a family from the next ("Huobi_Deposit_0x4f").
inline constexpr std::size_t kNameCharacters = 18;

/// From the left edge of a node to that of the next column, so that its label keeps so many
/// characters of its name: for two such numbers.
std::array<double, 2> label_rooms(const LayoutParams& params, const FlowLayout& layout,
                                  const FlowNode& node, std::array<std::size_t, 2> characters);

/// Gives labels their place, the most important first; a label that would touch another or leave
/// the canvas is shortened, moved along its node, or left out. What was shortened then grows into
/// the room that the next columns leave free beside it.
void place_labels(const LayoutParams& params, FlowLayout& layout);

}  // namespace cordon::trace::flow
