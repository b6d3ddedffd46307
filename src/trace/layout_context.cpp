// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>

#include "layout_fold.hpp"

namespace cordon::trace::flow {
namespace {

class Surroundings {
public:
    explicit Surroundings(FlowLayout& layout) : layout_{layout} {
        for (uint32_t i = 0; i < layout.nodes.size(); ++i) of_.emplace(layout.nodes[i].key, i);
    }

    void add(const ContextNode& context) {
        const auto beside = of_.find(context.of);
        if (beside == of_.end()) return;
        const uint32_t anchor = beside->second;
        const auto [known, fresh] =
            of_.try_emplace(context.key, static_cast<uint32_t>(layout_.nodes.size()));
        if (fresh) layout_.nodes.push_back(node(context, column(anchor, context.paid_it)));
        if (known->second == anchor) return;
        Ribbon& ribbon = layout_.ribbons.emplace_back();
        ribbon.from = context.paid_it ? known->second : anchor;
        ribbon.to = context.paid_it ? anchor : known->second;
        ribbon.taint = 0;
        ribbon.movements = context.movements;
        ribbon.first = context.first;
        ribbon.last = context.last;
        ribbon.context = true;
        ribbon.back = layout_.nodes[ribbon.to].column <= layout_.nodes[ribbon.from].column;
    }

private:
    /// The column before or after; made where there is none.
    uint32_t column(uint32_t anchor, bool before) {
        const uint32_t at = layout_.nodes[anchor].column;
        if (!before) {
            if (at + 1 == layout_.columns.size()) layout_.columns.emplace_back().head = "BEYOND";
            return at + 1;
        }
        if (at > 0) return at - 1;
        layout_.columns.emplace(layout_.columns.begin())->head = "BEFORE";
        for (FlowNode& each : layout_.nodes) ++each.column;
        return 0;
    }

    static FlowNode node(const ContextNode& context, uint32_t column) {
        FlowNode node;
        node.kind = FlowKind::kContext;
        node.key = context.key;
        node.name = context.name;
        node.category = context.category;
        node.column = column;
        node.address = context.address;
        node.moved = context.moved;
        node.others = context.count;
        node.taint = 0;
        return node;
    }

    FlowLayout& layout_;
    std::unordered_map<std::string, uint32_t> of_;  // Node by key; looked up only.
};

}  // namespace

void add_context(const LayoutParams& params, FlowLayout& layout) {
    if (params.context.empty()) return;
    Surroundings surroundings{layout};
    for (const ContextNode& context : params.context) surroundings.add(context);
}

}  // namespace cordon::trace::flow
