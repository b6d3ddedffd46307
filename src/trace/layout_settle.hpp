// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace cordon::trace::flow {

/// Something that takes room in a column: a node, or the lane of a ribbon that passes.
struct Slot {
    uint32_t column = 0;
    double value = 0;
    double height = 0;
    bool context = false;                 // Pulled by what it stands beside, pulls nothing.
    std::optional<double> y_before = {};  // In an earlier picture.
};

/// A piece of a ribbon between neighbouring slots; `to` stands in a later column.
struct Piece {
    uint32_t from = 0, to = 0;
    double value = 0;
};

/// The pixels that columns share.
struct Room {
    double top = 0, height = 0;
    /// Between neighbours: gaps take at most 45 % of a column; 18 px is a line of text and some
    /// air.
    double gap(std::size_t slots) const noexcept {
        return slots < 2 ? 0 : std::min(18.0, 0.45 * height / static_cast<double>(slots - 1));
    }
};

struct Settled {
    std::vector<uint32_t> order;  // All slots by column, then from top to bottom.
    std::vector<double> y;        // Upper edge of each slot.
};

/// Orders the slots of each column by barycentre, those with `y_before` among each other as they
/// stood, then moves all towards what they are joined to. None overlaps another.
Settled settle(const std::vector<Slot>& slots, const std::vector<Piece>& pieces,
               std::size_t columns, const Room& room);

}  // namespace cordon::trace::flow
