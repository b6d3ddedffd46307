// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// How mass at an address is shared out over its later movements: pure arithmetic of the ranking.
namespace cordon::trace {

/// A movement away from the address, in the order of the walk.
struct SweepRow {
    uint32_t asset = 0;
    double weight = 0;             ///< Finite and not negative.
    std::optional<uint32_t> into;  ///< A swap for oneself: the asset it turns into.
};

/// Mass in one asset that may leave by rows from `start` on.
struct Chip {
    std::size_t start = 0;
    uint32_t asset = 0;
    double mass = 0;
};

/// Shares mass out by weight. Built once an address and direction, used at each visit.
class Sweep {
public:
    Sweep() = default;
    explicit Sweep(std::vector<SweepRow> rows);

    /// The mass that each row carries away. A chip is shared over the rows of its asset from its
    /// start on, by weight; what a swap takes goes on as a chip of the other asset behind the swap.
    /// A chip without a row to leave by stays: it is in no row. Cost: O(n + c log n).
    std::vector<double> share(std::vector<Chip> chips) const;

    const std::vector<SweepRow>& rows() const noexcept { return rows_; }

private:
    /// Weight of the rows of `asset` from `start` on.
    double weight_from(uint32_t asset, std::size_t start) const;

    struct Place {
        std::size_t row = 0;
        double weight_from = 0;  // Of this row and all later ones of the asset.
    };
    std::vector<SweepRow> rows_;
    std::vector<std::vector<Place>> by_asset_;  // By asset number, in row order.
};

}  // namespace cordon::trace
