// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "stats.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <cordon/base/format.hpp>

namespace cordon::heists {
namespace {

constexpr double kCentsOfUsd = 100;

int year_of(UnixMillis time) {
    return static_cast<int>(
        std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
}

UnixMillis first_theft(const Facts& facts) {
    const auto theft = std::find_if(facts.steps.begin(), facts.steps.end(),
                                    [](const Step& step) { return step.theft; });
    return theft == facts.steps.end() ? UnixMillis{} : theft->at;
}

StatsRow row_of(const Summary& summary) {
    StatsRow row;
    row.facts = summary.facts;
    row.year = year_of(first_theft(*summary.facts));
    row.loss = static_cast<Cents>(std::llround(summary.facts->loss * kCentsOfUsd));
    row.detector = summary.detector;
    row.lead = summary.lead;
    row.in_time = summary.in_time;
    row.saveable = static_cast<Cents>(std::floor(summary.saveable * static_cast<double>(row.loss)));
    return row;
}

/// Rows by what `name_of` says of them, in the order in which the names come.
template <typename NameOf>
std::vector<StatsGroup> grouped(const std::vector<StatsRow>& rows, NameOf name_of) {
    std::vector<StatsGroup> groups;
    std::vector<std::vector<int64_t>> leads;
    for (const StatsRow& row : rows) {
        const std::string name = name_of(row);
        auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const StatsGroup& group) { return group.name == name; });
        if (found == groups.end()) {
            found = groups.insert(found, StatsGroup{.name = name, .lead = {}});
            leads.emplace_back();
        }
        found->heists += 1;
        found->in_time += row.in_time ? 1 : 0;
        found->loss += row.loss;
        found->saveable += row.saveable;
        if (row.lead) leads[static_cast<std::size_t>(found - groups.begin())].push_back(*row.lead);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (leads[i].empty()) continue;
        std::sort(leads[i].begin(), leads[i].end());
        groups[i].lead = leads[i][(leads[i].size() - 1) / 2];
    }
    return groups;
}

void by_loss(std::vector<StatsGroup>& groups) {
    std::stable_sort(groups.begin(), groups.end(),
                     [](const StatsGroup& a, const StatsGroup& b) { return a.loss > b.loss; });
}

}  // namespace

Stats stats_of(std::span<const Summary> summaries) {
    Stats stats;
    for (const Summary& summary : summaries) stats.rows.push_back(row_of(summary));
    std::stable_sort(stats.rows.begin(), stats.rows.end(),
                     [](const StatsRow& a, const StatsRow& b) {
                         return first_theft(*a.facts) < first_theft(*b.facts);
                     });
    const auto all = grouped(stats.rows, [](const StatsRow&) { return std::string{"all"}; });
    if (!all.empty()) stats.all = all.front();
    stats.years = grouped(stats.rows, [](const StatsRow& row) { return format("{}", row.year); });
    stats.causes = grouped(stats.rows, [](const StatsRow& row) {
        return std::string{to_string(row.facts->signed_by)};
    });
    stats.signals = grouped(
        stats.rows, [](const StatsRow& row) { return std::string{to_string(row.facts->signal)}; });
    by_loss(stats.causes);
    by_loss(stats.signals);
    return stats;
}

}  // namespace cordon::heists
