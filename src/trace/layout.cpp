// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <cordon/base/format.hpp>

#include "layout_fold.hpp"
#include "layout_graph.hpp"
#include "layout_place.hpp"

namespace cordon::trace {
namespace {

/// "from 2024-05-31T04:26:00Z, 2 assets".
std::string part_text(const LayoutParams& params) {
    std::string text;
    const auto add = [&text](std::string part) {
        text += (text.empty() ? "" : ", ") + std::move(part);
    };
    if (params.since) add("from " + format_rfc3339(*params.since));
    if (params.until) add("until " + format_rfc3339(*params.until));
    if (!params.assets.empty())
        add(params.assets.size() == 1 ? "one asset" : format("{} assets", params.assets.size()));
    return text;
}

void write_notes(const TraceResult& result, const LayoutParams& params, FlowLayout& layout) {
    const FlowOmitted& left = layout.omitted;
    std::vector<std::string>& notes = layout.notes;
    if (!layout.scale.note().empty()) notes.push_back(layout.scale.note());
    if (layout.backward)
        notes.push_back(
            "Traced backward: the money flows to the right, into the start in the last column; a "
            "node further to the left is an earlier source.");
    if (result.params.policy == Policy::kPoison)
        notes.push_back(
            "Poison does not conserve taint: widths may add up to more than was stolen.");
    const auto many = [](uint64_t n, std::string_view one, std::string_view more) {
        return format("{} {}", n, n == 1 ? one : more);
    };
    if (params.shows_part())
        notes.push_back(
            format("Only a part is drawn ({}): {} outside of it, what came before appears where it "
                   "is used, and what rests is as at the end.",
                   part_text(params), many(left.outside, "movement is", "movements are")));
    if (!params.context.empty())
        notes.push_back(
            "Grey lines are payments of the ledger around the picture: nothing stolen is known of "
            "them, and they have no width.");
    if (left.folded_nodes > 0)
        notes.push_back(many(left.folded_nodes, "address stands", "addresses stand") +
                        " together with others in nodes marked ×.");
    if (left.dust_movements > 0)
        notes.push_back(
            format("Not drawn: {} in ribbons below {:.3g} % of the loot{} ({} in all) and {} that "
                   "only they reach.",
                   many(left.dust_movements, "movement", "movements"),
                   params.mode == FlowMode::kRaw ? 0.0 : params.dust * 100,
                   left.ribbons_full ? " or thinner than those drawn" : "",
                   layout.scale.text_with_unit(left.dust_value),
                   many(left.dust_nodes, "address", "addresses")));
    if (left.internal_movements > 0)
        notes.push_back(
            many(left.internal_movements, "movement", "movements") +
            " inside a node (swaps, and between addresses drawn as one) without ribbon.");
    if (left.fee_movements > 0)
        notes.push_back(format(
            "{} without ribbon ({} in all).",
            many(left.fee_movements, "fee or payment to nobody", "fees and payments to nobody"),
            layout.scale.text_with_unit(left.fee_value)));
    if (left.labels > 0)
        notes.push_back(many(left.labels, "small node", "small nodes") +
                        " without label for want of room; the table names all.");
    if (result.incomplete)
        notes.push_back("The trace is incomplete: it was stopped before its end.");
}

}  // namespace

FlowLayout lay_out(const TraceResult& result, const Context* context, const LayoutParams& params) {
    FlowLayout layout;
    layout.mode = params.mode;
    layout.axis = params.axis;
    layout.font_size = params.font_size;
    layout.scale = ValueScale::make(result, context);
    const flow::Graph whole = flow::build_graph(result, layout.scale, params.mode);
    if (params.shows_part())
        flow::fold(whole, flow::build_graph(result, layout.scale, params.mode, &params), params,
                   layout);
    else
        flow::fold(whole, whole, params, layout);
    if (whole.backward && !layout.columns.empty()) flow::turn_round(layout);
    flow::add_context(params, layout);
    flow::place(params, layout);
    flow::place_labels(params, layout);
    write_notes(result, params, layout);
    return layout;
}

}  // namespace cordon::trace
