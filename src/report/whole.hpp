// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/layout_value.hpp>

namespace cordon::report {

/// The figures of a trace in one measure, so that each screen, report and letter tells the same
/// figure by the same name (docs/glossary.md). Every share is of `traced`: shares of places that do
/// not overlap add up to 100 %.
struct Whole {
    double stolen = 0;     ///< What the starts put in: the loot.
    double inherited = 0;  ///< Counts as stolen by overspending; a part of `traced`.
    double traced = 0;     ///< All that counts as stolen, wherever it was found.
    double named = 0;      ///< Of it, at named services.
    double freezable = 0;  ///< Of `named`, at services that hold money for others (can_hold).
    double elsewhere = 0;  ///< Of it, neither at a named service nor gone.
    double gone = 0;       ///< Of it, fees and burned.

    double share(double value) const noexcept { return traced > 0 ? value / traced : 0; }
};
/// Cost: O(endpoints).
Whole whole_of(const trace::TraceResult& result, const trace::ValueScale& scale);

}  // namespace cordon::report
