// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "search_table.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/report/crossing_text.hpp>
#include <cordon/report/text.hpp>

#include "progress.hpp"
#include "table.hpp"
#include "trace_table.hpp"

namespace cordon::cli {
namespace {

using trace::TraceResult;

constexpr std::size_t kMaxRows = 40;  // What fits a screen or two; the rest is one flag away.

std::string more(std::size_t rows) {
    if (rows <= kMaxRows) return {};
    return format("+ {} more: cordon trace … --format json\n", format_count(rows - kMaxRows));
}

std::string ranked_text(const TraceResult& result, std::size_t width) {
    std::vector<trace::Node> order;
    for (const trace::Node& node : result.nodes)
        if (!node.seed) order.push_back(node);
    std::sort(order.begin(), order.end(), [](const trace::Node& a, const trace::Node& b) {
        if (a.score != b.score) return a.score > b.score;
        return std::tie(a.chain, a.address) < std::tie(b.chain, b.address);
    });
    Table table{{{"RANK", Table::Align::kRight},
                 {"SCORE", Table::Align::kRight},
                 {"ADDRESS", Table::Align::kLeft, true},
                 {"LABEL", Table::Align::kLeft, true, true},
                 {"HOP", Table::Align::kRight},
                 {"STOP"}}};
    const PlaceNames names{result};
    for (std::size_t i = 0; i < std::min(kMaxRows, order.size()); ++i) {
        const trace::Node& node = order[i];
        table.add({std::to_string(i + 1), format("{:.6f}", node.score.value_or(0)),
                   names.of(node.chain, node.address), node.label ? node.label->text : "",
                   std::to_string(node.hop),
                   node.stop == trace::Stop::kNone ? "" : std::string{to_string(node.stop)}});
    }
    return table.render(width) + more(order.size());
}

/// What is to be said of a movement beside its kind: how it crossed over, or why it did not.
std::string reason_text(const trace::Edge& edge) {
    if (edge.to_chain) return report::crossing_text(edge);
    std::string out;
    for (const std::string& why : edge.why) out += (out.empty() ? "" : "; ") + why;
    return out;
}

/// The movements of a way, one a line, and below them what is to be said of some.
std::string way_text(const TraceResult& result, const trace::Path& path, const PlaceNames& names,
                     const trace::Context& context, std::size_t width) {
    std::vector<Table::Column> columns{{"TIME (UTC)"},
                                       {"FROM", Table::Align::kLeft, true},
                                       {"TO", Table::Align::kLeft, true},
                                       {"AMOUNT", Table::Align::kRight}};
    const bool turns = std::any_of(path.edges.begin(), path.edges.end(), [&](uint32_t at) {
        return result.edges[at].to_asset.has_value();
    });
    if (turns) columns.push_back({"ARRIVED", Table::Align::kRight});
    columns.push_back({"KIND"});
    Table table{std::move(columns)};
    std::string reasons;
    std::size_t step = 0;
    for (const uint32_t at : path.edges) {
        const trace::Edge edge = result.edges[at];
        std::vector<std::string> cells{edge.time ? format_rfc3339(*edge.time) : "unknown",
                                       names.of(edge.chain, edge.from),
                                       names.of(edge.arrives_on(), edge.to),
                                       money(context, edge.chain, edge.asset, edge.amount)};
        if (turns)
            cells.push_back(edge.to_asset && edge.to_amount
                                ? money(context, edge.arrives_on(), *edge.to_asset, *edge.to_amount)
                                : std::string{});
        cells.emplace_back(edge.kind);
        table.add(std::move(cells));
        ++step;
        if (const std::string reason = reason_text(edge); !reason.empty())
            reasons += format("step {}: {}\n", step, reason);
    }
    return table.render(width) + reasons;
}

std::string paths_text(const TraceResult& result, const trace::Context& context,
                       std::size_t width) {
    std::string out;
    const PlaceNames names{result};
    for (std::size_t i = 0; i < std::min(kMaxRows, result.paths.size()); ++i) {
        const trace::Path& path = result.paths[i];
        const trace::Edge last = result.edges[path.edges.back()];
        double confidence = 1;
        for (const uint32_t at : path.edges) confidence *= result.edges[at].confidence;
        out += format(
            "{}. {} can have come this way{}{}\n", i + 1,
            money(context, last.arrives_on(), path.asset, path.bottleneck),
            path.usd ? format(", worth ${} at its start", group_digits(format("{:.0f}", *path.usd)))
                     : std::string{},
            confidence < 1 ? format(", {} sure", report::percent_text(confidence)) : std::string{});
        out += way_text(result, path, names, context, width) + "\n";
    }
    if (result.paths.empty()) out = "no path within the bounds\n";
    return out + more(result.paths.size());
}

std::string watch_text(const TraceResult& result, const trace::Context& context,
                       std::size_t width) {
    Table table{{{"ADDRESS", Table::Align::kLeft, true},
                 {"STOLEN", Table::Align::kRight},
                 {"SINCE (UTC)"},
                 {"WHY"},
                 {"CONFIDENCE", Table::Align::kRight}}};
    for (std::size_t i = 0; i < std::min(kMaxRows, result.watch.size()); ++i) {
        const Watch& watch = result.watch[i];
        table.add({chain::display_address(watch.chain, watch.address),
                   money(context, watch.chain, watch.asset, watch.tainted),
                   watch.since ? format_rfc3339(*watch.since) : "unknown", watch.source,
                   format("{}", watch.confidence)});
    }
    if (result.watch.empty()) return "nothing of it can still move\n";
    return table.render(width) + more(result.watch.size());
}

}  // namespace

std::string search_table(const TraceResult& result, const trace::Context& context,
                         std::size_t width) {
    std::string out;
    switch (result.mode) {
        case trace::Mode::kTaint: return trace_table(result, context, width);
        case trace::Mode::kRanked: out = ranked_text(result, width); break;
        case trace::Mode::kPaths: out = paths_text(result, context, width); break;
        case trace::Mode::kFrontier: out = watch_text(result, context, width); break;
    }
    return out + format("{} addresses, {} movements{}\n", format_count(result.nodes.size()),
                        format_count(result.edges.size()), result.incomplete ? "; INCOMPLETE" : "");
}

}  // namespace cordon::cli
