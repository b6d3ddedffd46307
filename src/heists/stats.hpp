// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "replay.hpp"

/// What past thefts have in common: how much, when, whose keys signed, what came first, how early
/// they are seen, and what could still be saved then. Losses are those of the facts' files; the
/// rest is as replayed.
namespace cordon::heists {

struct StatsRow {
    const Facts* facts = nullptr;
    int year = 0;    ///< Of the first theft.
    Cents loss = 0;  ///< As its sources give it (Facts::vintage).
    std::string detector;
    std::optional<int64_t> lead;
    bool in_time = false;
    Cents saveable = 0;  ///< That share of the loss that was in no block yet at the first alert.
};

struct StatsGroup {
    std::string name;
    uint64_t heists = 0, in_time = 0;
    Cents loss = 0, saveable = 0;
    std::optional<int64_t> lead;  ///< Median of those that were seen; of two middle ones the worse.
};

struct Stats {
    std::vector<StatsRow> rows;  ///< By time.
    StatsGroup all;
    std::vector<StatsGroup> years;    ///< By year, those without a theft left out.
    std::vector<StatsGroup> causes;   ///< By SignedBy, the most expensive first.
    std::vector<StatsGroup> signals;  ///< By Signal, likewise.
};

Stats stats_of(std::span<const Summary> summaries);

/// A theft a line over the years, red what was gone and green what could still be saved, beside
/// what they have in common. `basis` says how the figures came about. An SVG document that needs
/// nothing beside it.
std::string stats_svg(const Stats& stats, std::string_view basis);

}  // namespace cordon::heists
