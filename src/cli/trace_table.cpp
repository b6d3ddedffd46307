// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_table.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/trace/label_conflict.hpp>

#include <cordon/report/crossing_text.hpp>
#include <cordon/report/text.hpp>
#include <cordon/report/whole.hpp>

#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using trace::Endpoint;
using trace::TraceResult;

// What fits a screen; the rest is one flag away.
constexpr std::size_t kMaxRows = 20;
constexpr std::size_t kShortAsset = 13;  // "0x39cd0…def14": enough to tell two tokens apart.
constexpr std::size_t kMostDigits = 12;

/// The symbol, or a shortened contract for a token that nobody has described.
std::string asset_name(const trace::Context& context, ChainId chain, const Asset& asset) {
    const auto info = context.asset(chain, asset);
    return info ? info->symbol : shorten(asset.text(), kShortAsset);
}

std::string dollars(std::optional<double> usd) {
    return usd ? format("${}", group_digits(format("{:.0f}", *usd))) : std::string{"unpriced"};
}

std::string stop_text(const Endpoint& endpoint) {
    std::string text = endpoint.label && endpoint.stop == trace::Stop::kLabel
                           ? format("label: {}", to_string(endpoint.label->category))
                           : std::string{to_string(endpoint.stop)};
    if (endpoint.candidates > 0)
        text += format("; {} unsure, best {:.0f} %", endpoint.candidates,
                       endpoint.best_candidate * 100);
    return text;
}

/// The books of each asset; a column in which no asset has anything is left out.
std::string totals_text(const TraceResult& result, const trace::Context& context) {
    struct Part {
        std::string_view head;
        Amount (*of)(const trace::Total&);
    };
    constexpr std::array kParts{
        Part{"FROM THE SEEDS", [](const trace::Total& total) { return total.seeded; }},
        Part{"INHERITED", [](const trace::Total& total) { return total.inherited; }},
        Part{"SWAPPED IN", [](const trace::Total& total) { return total.swapped_in; }},
        Part{"SWAPPED OUT", [](const trace::Total& total) { return total.swapped_out; }},
        Part{"FEES AND BURNED",
             [](const trace::Total& total) {
                 return checked_add(total.fees, total.burned).value_or(Amount::max());
             }},
        Part{"RESTING", [](const trace::Total& total) { return total.resting; }},
    };
    std::vector<const trace::Total*> rows;
    for (const trace::Total& total : result.totals)
        if (!total.seeded.is_zero() || !total.swapped_in.is_zero() || !total.inherited.is_zero())
            rows.push_back(&total);
    std::vector<Table::Column> columns{{"ASSET"}};
    std::vector<const Part*> shown;
    for (const Part& part : kParts) {
        if (std::all_of(rows.begin(), rows.end(),
                        [&](const trace::Total* total) { return part.of(*total).is_zero(); }))
            continue;
        shown.push_back(&part);
        columns.push_back({part.head, Table::Align::kRight});
    }
    Table table{std::move(columns)};
    for (const trace::Total* total : rows) {
        std::vector<std::string> cells{format("{}:{}", to_string(total->chain),
                                              asset_name(context, total->chain, total->asset))};
        for (const Part* part : shown) {
            const Amount amount = part->of(*total);
            cells.push_back(amount.is_zero() ? std::string{}
                                             : money(context, total->chain, total->asset, amount));
        }
        table.add(std::move(cells));
    }
    return table.render(160);
}

/// The most confident label; marked where another source sees it otherwise.
std::string label_text(const TraceResult& result, const trace::Context& context,
                       const Endpoint& endpoint) {
    if (!endpoint.label) return {};
    const auto labels = context.labels(endpoint.chain, endpoint.address);
    const bool disputed = trace::label_conflict(labels, result.params.stop).has_value();
    return disputed ? "disputed: " + endpoint.label->text : endpoint.label->text;
}

std::string endpoints_text(const TraceResult& result, const trace::Context& context,
                           std::size_t width) {
    // The measure of the console and the report, so that all tell the same share.
    const trace::ValueScale scale = trace::ValueScale::make(result, &context);
    const report::Whole figures = report::whole_of(result, scale);
    const bool priced =
        std::any_of(result.endpoints.begin(), result.endpoints.end(),
                    [](const Endpoint& endpoint) { return endpoint.usd.has_value(); });
    std::vector<Table::Column> columns{{"WHERE IT RESTS", Table::Align::kLeft, true},
                                       {"LABEL", Table::Align::kLeft, true, true},
                                       {"SAID BY", Table::Align::kLeft, true, true},
                                       {"STOLEN", Table::Align::kRight},
                                       {"SHARE", Table::Align::kRight}};
    if (priced) columns.push_back({"VALUE", Table::Align::kRight});
    columns.push_back({"STOP"});
    Table table{std::move(columns)};
    const PlaceNames names{result};
    for (std::size_t i = 0; i < std::min(kMaxRows, result.endpoints.size()); ++i) {
        const Endpoint& endpoint = result.endpoints[i];
        std::vector<std::string> cells{
            names.of(endpoint.chain, endpoint.address), label_text(result, context, endpoint),
            endpoint.label ? endpoint.label->source : "",
            money(context, endpoint.chain, endpoint.asset, endpoint.tainted),
            report::percent_text(
                figures.share(scale.value(endpoint.chain, endpoint.asset, endpoint.tainted)))};
        if (priced) cells.push_back(dollars(endpoint.usd));
        cells.push_back(stop_text(endpoint));
        table.add(std::move(cells));
    }
    std::string out = table.render(width);
    if (result.endpoints.size() > kMaxRows)
        out += format("+ {} more: cordon trace … --format json\n",
                      format_count(result.endpoints.size() - kMaxRows));
    return out;
}

/// Where money crossed to another txn or chain: what a reader has to check, as it rests on a match.
std::string crossings_text(const TraceResult& result, const trace::Context& context,
                           std::size_t width) {
    Table table{{{"CROSSED OVER FROM", Table::Align::kLeft, true},
                 {"LEFT", Table::Align::kRight},
                 {"ARRIVED AT", Table::Align::kLeft, true},
                 {"ARRIVED", Table::Align::kRight},
                 {"HOW", Table::Align::kLeft, true}}};
    std::vector<trace::Edge> edges;
    for (const trace::Edge& edge : result.edges)
        if (edge.to_chain && edge.to_asset && edge.to_tainted) edges.push_back(edge);
    if (edges.empty()) return {};
    const PlaceNames names{result};
    for (std::size_t i = 0; i < std::min(kMaxRows, edges.size()); ++i) {
        const trace::Edge& edge = edges[i];
        table.add({names.of(edge.chain, edge.from),
                   money(context, edge.chain, edge.asset, edge.tainted),
                   names.of(edge.arrives_on(), edge.to),
                   money(context, edge.arrives_on(), *edge.to_asset, *edge.to_tainted),
                   report::crossing_text(edge)});
    }
    std::string out = table.render(width);
    if (edges.size() > kMaxRows)
        out += format("+ {} more: cordon trace … --format csv\n",
                      format_count(edges.size() - kMaxRows));
    return out + "\n";
}

std::string hops_text(const TraceResult& result) {
    struct Row {
        uint64_t addresses = 0, services = 0;
        std::optional<UnixMillis> first, last;
    };
    std::map<uint32_t, Row> rows;
    for (const trace::Node& node : result.nodes) {
        Row& row = rows[node.hop];
        ++row.addresses;
        if (node.stop == trace::Stop::kLabel) ++row.services;
        if (node.first_seen && (!row.first || *node.first_seen < *row.first))
            row.first = node.first_seen;
        if (node.last_seen && (!row.last || *node.last_seen > *row.last)) row.last = node.last_seen;
    }
    Table table{{{"HOP", Table::Align::kRight},
                 {"ADDRESSES", Table::Align::kRight},
                 {"SERVICES", Table::Align::kRight},
                 {"FIRST (UTC)"},
                 {"LAST (UTC)"}}};
    for (const auto& [hop, row] : rows)
        table.add({std::to_string(hop), format_count(row.addresses),
                   row.services == 0 ? "" : format_count(row.services),
                   row.first ? format_rfc3339(*row.first) : "unknown",
                   row.last ? format_rfc3339(*row.last) : "unknown"});
    return table.render(100);
}

/// "reached: exchange 14.8 %  mixer 21.0 %  unspent 38.1 %" of all that was traced, in the measure
/// of the shares above; nothing where several assets have no common one.
std::string reached_text(const TraceResult& result, const trace::Context& context) {
    const trace::ValueScale scale = trace::ValueScale::make(result, &context);
    const report::Whole figures = report::whole_of(result, scale);
    if (figures.traced <= 0 || scale.unit() == trace::ValueScale::Unit::kShare) return {};
    std::map<std::string, double> sums;
    for (const Endpoint& endpoint : result.endpoints) {
        const bool labelled = endpoint.stop == trace::Stop::kLabel && endpoint.label;
        sums[std::string{labelled ? to_string(endpoint.label->category)
                                  : to_string(endpoint.stop)}] +=
            scale.value(endpoint.chain, endpoint.asset, endpoint.tainted);
    }
    std::vector<std::pair<double, std::string>> order;
    for (const auto& [name, sum] : sums) order.emplace_back(-sum, name);
    std::sort(order.begin(), order.end());
    std::string out = "reached:";
    for (const auto& [minus, name] : order)
        out += format("  {} {}", name, report::percent_text(figures.share(-minus)));
    return out + "\n";
}

}  // namespace

std::string PlaceNames::of(ChainId chain, const Address& address) const {
    const std::string text = chain::display_address(chain, address);
    return several_ ? to_string(chain) + ":" + text : text;
}

std::string money(const trace::Context& context, ChainId chain, const Asset& asset,
                  const Amount& amount) {
    const auto info = context.asset(chain, asset);
    std::string number = format_units(amount, info ? info->decimals : 0);
    // Without decimals nobody knows how large a unit is, and thirty digits tell no more than four.
    if (!info && number.size() > kMostDigits)
        return format("{:.3e} units of {}", amount.to_double(), asset_name(context, chain, asset));
    // Six decimals, more only when nothing else would be left.
    const std::size_t point = number.find('.');
    if (point != std::string::npos && number.size() > point + 7 && (point > 1 || number[0] != '0'))
        number = number.substr(0, point + 7);
    return format("{} {}{}", group_digits(number), info ? "" : "units of ",
                  asset_name(context, chain, asset));
}

std::string trace_table(const TraceResult& result, const trace::Context& context,
                        std::size_t width) {
    std::string seeds;
    for (const trace::Seed& seed : result.seeds)
        seeds += (seeds.empty() ? "" : ", ") + printable(seed.text);
    const bool forward = result.params.direction == trace::Direction::kForward;
    std::string out = format("{} {}\npolicy {}, overspend {}\n\n", forward ? "from" : "back from",
                             shorten(seeds, width - 10), to_string(result.params.policy),
                             to_string(result.params.overspend));
    if (result.edges.empty()) return out + "no stolen money moved from here in this ledger\n";
    out += totals_text(result, context) + "\n" + endpoints_text(result, context, width) + "\n" +
           crossings_text(result, context, width) + hops_text(result) + "\n";
    out += reached_text(result, context);
    return out + format("{} movements, {} addresses{}\n", format_count(result.edges.size()),
                        format_count(result.nodes.size()), result.incomplete ? "; INCOMPLETE" : "");
}

}  // namespace cordon::cli
