// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include <cordon/detect/watch.hpp>

#include "scenario.hpp"

/// A played heist before the detectors: who saw what first, and what could still be saved then.
namespace cordon::heists {

/// An alert of high or above, as far as a replay tells of it.
struct Seen {
    UnixMillis time;
    std::string detector;
    Severity severity{};
    std::string reason;
    bool hit = false;  ///< Its evidence is the robbers' doing; otherwise it is a false alarm.
};

struct Outcome {
    std::string name;
    uint32_t row = 0;
    Signal signal{};
    uint64_t seed = 0;
    UnixMillis begin, first_step, first_theft, end;
    Cents stolen = 0;
    std::optional<Seen> first;           ///< The first hit.
    std::optional<Seen> first_on_chain;  ///< The first that is not about something to be signed.
    int64_t lead = 0;          ///< Seconds before the first theft's block; negative: after.
    bool in_time = false;      ///< Before it, or within it.
    double saveable = 0;       ///< Share of `stolen` not yet in a block at the first alert.
    uint64_t criticals = 0;    ///< False ones, before the first theft.
    uint64_t highs = 0;        ///< The same of severity high.
    double wallet_months = 0;  ///< Of normal traffic, to that moment.
    uint64_t events = 0, txns = 0;
    std::vector<Seen> seen;  ///< All of high or above, by time.
    std::vector<Mark> marks;
    std::vector<Theft> thefts;
    std::vector<std::string> blind;  ///< Detectors that were not given what they need.
};

/// Months are of 30 days.
inline constexpr double kDaysOfMonth = 30;

/// Plays a heist before all shipped detectors and rules. Whatever makes the scenario impossible is
/// the error.
Result<Outcome> replay(const Common& common, const Facts& facts, uint64_t seed);

/// Several runs of one heist, in medians; of two middle values the worse.
struct Summary {
    const Facts* facts = nullptr;
    std::vector<Outcome> runs;
    std::string detector;  ///< That was first in the most runs; empty: none was in most of them.
    bool in_time = false;  ///< In more than half of the runs.
    std::optional<int64_t> lead;
    double saveable = 0;
    double criticals_per_month = 0;  ///< False ones of all runs over their wallet-months.
    double highs_per_month = 0;
};
Summary summarise(const Facts& facts, std::vector<Outcome> runs);
/// Plays `runs` seeds from `seed` on. As replay(); kCancelled between two runs.
Result<Summary> replay_seeds(const Common& common, const Facts& facts, uint64_t seed, uint64_t runs,
                             const std::atomic<bool>* cancel);

/// What a run looks like over time: steps, alerts, thefts and what is lost. An SVG document that
/// needs nothing beside it.
std::string timeline_svg(const Facts& facts, const Outcome& outcome);

}  // namespace cordon::heists
