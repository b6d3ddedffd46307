// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "finished_trace.hpp"

#include <algorithm>
#include <iterator>

#include <cordon/base/format.hpp>
#include <cordon/report/json.hpp>
#include <cordon/report/trace_answers.hpp>

#include "expansion.hpp"

namespace cordon::engine {
namespace {

// Of one trace: somebody's afternoon of opening folds. A folded picture takes some 300 kB.
constexpr std::size_t kMostDrawn = 48;

std::string view_key(const FlowView& view) {
    std::string key = format("{} {}", static_cast<int>(view.mode), static_cast<int>(view.axis));
    for (const auto& side : {view.width, view.height}) key += side ? format(" {}", *side) : " -";
    for (const auto& time : {view.since, view.until})
        key += time ? " " + format_rfc3339(*time) : " -";
    for (const auto& [chain, asset] : view.assets)
        key += format("\n{} {}", to_string(chain), asset.text());
    // Keys hold names, and names hold anything: their length goes first.
    for (const std::string& open : view.opened) key += format("\no{} {}", open.size(), open);
    for (const auto& each : view.expanded)
        key += format("\n{}{} {}", each.in ? 'i' : 'e', each.key.size(), each.key);
    return key;
}

/// The picture that this one comes from by one step; nothing for a first one.
std::optional<FlowView> view_before(FlowView view) {
    if (!view.expanded.empty())
        view.expanded.pop_back();
    else if (!view.opened.empty())
        view.opened.pop_back();
    else if (view.since || view.until || !view.assets.empty())
        view.since = view.until = std::nullopt, view.assets.clear();
    else
        return std::nullopt;
    return view;
}

}  // namespace

Result<std::shared_ptr<const DrawnFlow>> draw(FinishedTrace& finished, const FlowView& view,
                                              std::size_t steps) {
    const std::string key = view_key(view);
    if (const auto known = finished.drawn.find(key); known != finished.drawn.end())
        return known->second;
    std::shared_ptr<const DrawnFlow> before;
    if (const auto earlier = view_before(view); earlier && steps > 0) {
        CORDON_TRY(before, draw(finished, *earlier, steps - 1));
    }
    const Theft& theft = *finished.theft;
    auto drawn = std::make_shared<DrawnFlow>();
    if (before) drawn->context = before->context;
    if (before && !view.expanded.empty()) {
        const FlowView::Expanded& last = view.expanded.back();
        CORDON_TRY(auto found, expand(theft, before->layout, last.key, last.in));
        std::move(found.begin(), found.end(), std::back_inserter(drawn->context));
    }
    drawn->layout = lay_out_flow(theft, view, before ? &before->layout : nullptr, drawn->context);
    if (view.mode != trace::FlowMode::kRaw)
        CORDON_TRY(report::write_trace_layout(theft.result, drawn->layout,
                                              report::string_sink(drawn->json),
                                              {.context = theft.context.get()}));
    finished.drawn.emplace(key, drawn);
    finished.drawn_order.push_back(key);
    if (finished.drawn_order.size() > kMostDrawn) {
        finished.drawn.erase(finished.drawn_order.front());
        finished.drawn_order.pop_front();
    }
    return std::shared_ptr<const DrawnFlow>{std::move(drawn)};
}

}  // namespace cordon::engine
