// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "heists_stats.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>

#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using heists::StatsGroup;
using heists::StatsRow;

value or_null(const std::optional<int64_t>& lead) { return lead ? value(*lead) : value(nullptr); }

object row_json(const StatsRow& row) {
    object sources;
    for (const auto& [key, words] : row.facts->sources) sources[key] = words;
    return {{"row", row.facts->row},
            {"name", row.facts->name},
            {"victim", row.facts->victim},
            {"year", row.year},
            {"kind", to_string(row.facts->kind)},
            {"signed_by", to_string(row.facts->signed_by)},
            {"signal", to_string(row.facts->signal)},
            {"loss_cents", row.loss},
            {"vintage", row.facts->vintage},
            {"detector", row.detector},
            {"lead_seconds", or_null(row.lead)},
            {"in_time", row.in_time},
            {"saveable_cents", row.saveable},
            {"sources", std::move(sources)}};
}

object group_json(const StatsGroup& group) {
    return {{"name", group.name},
            {"heists", group.heists},
            {"loss_cents", group.loss},
            {"in_time", group.in_time},
            {"lead_seconds", or_null(group.lead)},
            {"saveable_cents", group.saveable}};
}

array groups_json(const std::vector<StatsGroup>& groups) {
    array out;
    for (const StatsGroup& group : groups) out.push_back(group_json(group));
    return out;
}

object stats_json(const heists::Stats& stats, std::string_view basis) {
    array rows;
    for (const StatsRow& row : stats.rows) rows.push_back(row_json(row));
    return {{"basis", basis},
            {"all", group_json(stats.all)},
            {"by_year", groups_json(stats.years)},
            {"by_signed_by", groups_json(stats.causes)},
            {"by_signal", groups_json(stats.signals)},
            {"heists", std::move(rows)}};
}

std::string share_text(const StatsGroup& group) {
    return format("{:.0f} %", 100 * static_cast<double>(group.saveable) /
                                  static_cast<double>(std::max<Cents>(group.loss, 1)));
}

Status print_groups(std::string_view title, const std::vector<StatsGroup>& groups) {
    Table table{{{title},
                 {"THEFTS", Table::Align::kRight},
                 {"LOSS", Table::Align::kRight},
                 {"ALERT IN TIME", Table::Align::kRight},
                 {"MEDIAN ALERT AT", Table::Align::kRight},
                 {"SAVEABLE", Table::Align::kRight},
                 {"OF LOSS", Table::Align::kRight}}};
    for (const StatsGroup& group : groups)
        table.add({printable(group.name), format("{}", group.heists), format_usd(group.loss),
                   format("{}", group.in_time), lead_text(group.lead), format_usd(group.saveable),
                   share_text(group)});
    CORDON_TRY(print(table.render(terminal_width())));
    return print("\n");
}

Status print_csv(const heists::Stats& stats) {
    CORDON_TRY(
        print("row,name,year,kind,signed_by,signal,loss_cents,detector,lead_seconds,in_time,"
              "saveable_cents\n"));
    for (const StatsRow& row : stats.rows)
        CORDON_TRY(
            print(format("{},{},{},{},{},{},{},{},{},{},{}\n", row.facts->row, row.facts->name,
                         row.year, to_string(row.facts->kind), to_string(row.facts->signed_by),
                         to_string(row.facts->signal), row.loss, row.detector,
                         row.lead ? format("{}", *row.lead) : "", row.in_time, row.saveable)));
    return {};
}

}  // namespace

Status print_heist_stats(const heists::Stats& stats, std::string_view basis,
                         const Session& session) {
    switch (session.format) {
        case Format::kJson: return print(envelope("heists.stats", stats_json(stats, basis)));
        case Format::kJsonl:
            for (const StatsRow& row : stats.rows)
                CORDON_TRY(print(envelope("heists.stats.heist", row_json(row))));
            return {};
        case Format::kCsv: return print_csv(stats);
        case Format::kTable: break;
    }
    CORDON_TRY(print_groups("YEAR", stats.years));
    CORDON_TRY(print_groups("WHOSE KEYS SIGNED", stats.causes));
    CORDON_TRY(print_groups("FIRST IN PUBLIC", stats.signals));
    CORDON_TRY(print_groups("", {stats.all}));
    CORDON_TRY(print(format("{}:\n", basis)));
    for (const StatsRow& row : stats.rows)
        CORDON_TRY(
            print(format("  {}: {}\n", printable(row.facts->name), printable(row.facts->vintage))));
    return {};
}

}  // namespace cordon::cli
