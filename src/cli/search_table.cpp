// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "search_table.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

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
    for (std::size_t i = 0; i < std::min(kMaxRows, order.size()); ++i) {
        const trace::Node& node = order[i];
        table.add({std::to_string(i + 1), format("{:.6f}", node.score.value_or(0)),
                   chain::display_address(node.chain, node.address),
                   node.label ? node.label->text : "", std::to_string(node.hop),
                   node.stop == trace::Stop::kNone ? "" : std::string{to_string(node.stop)}});
    }
    return table.render(width) + more(order.size());
}

std::string paths_text(const TraceResult& result, const trace::Context& context,
                       std::size_t width) {
    std::string out;
    for (std::size_t i = 0; i < std::min(kMaxRows, result.paths.size()); ++i) {
        const trace::Path& path = result.paths[i];
        const trace::Edge& last = result.edges[path.edges.back()];
        out += format(
            "{}. {} can have come this way{}\n", i + 1,
            money(context, last.chain, path.asset, path.bottleneck),
            path.usd ? format(", worth ${} at its start", group_digits(format("{:.0f}", *path.usd)))
                     : std::string{});
        Table table{{{"TIME (UTC)"},
                     {"FROM", Table::Align::kLeft, true},
                     {"TO", Table::Align::kLeft, true},
                     {"AMOUNT", Table::Align::kRight},
                     {"KIND"}}};
        for (const uint32_t at : path.edges) {
            const trace::Edge& edge = result.edges[at];
            table.add({edge.time ? format_rfc3339(*edge.time) : "unknown",
                       chain::display_address(edge.chain, edge.from),
                       chain::display_address(edge.chain, edge.to),
                       money(context, edge.chain, edge.asset, edge.amount),
                       std::string{edge.kind}});
        }
        out += table.render(width) + "\n";
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
