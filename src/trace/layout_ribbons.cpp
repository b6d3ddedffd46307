// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_ribbons.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cordon::trace::flow {
namespace {

void make_ribbons(const Graph& graph, const std::vector<uint32_t>& of_vertex, FlowLayout& layout) {
    std::vector<double> internal;
    layout.omitted.internal_movements = graph.internal_movements;
    const std::vector<Link> links = join_links(graph.links, of_vertex, layout.nodes.size(),
                                               internal, layout.omitted.internal_movements);
    for (std::size_t i = 0; i < layout.nodes.size(); ++i) layout.nodes[i].internal = internal[i];
    layout.omitted.fee_movements = graph.fee_movements;
    layout.omitted.fee_value = graph.fee_value;
    layout.omitted.outside = graph.outside;
    // The widest first.
    std::vector<std::pair<double, uint32_t>> order(links.size());
    for (uint32_t i = 0; i < links.size(); ++i) order[i] = {-links[i].value, i};
    std::sort(order.begin(), order.end());
    std::vector<uint32_t> column(layout.nodes.size());
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = layout.nodes[i].column;
    layout.ribbons.reserve(links.size());
    for (const auto& [value, i] : order) {
        const Link& link = links[i];
        Ribbon& ribbon = layout.ribbons.emplace_back();
        ribbon.from = link.from;
        ribbon.to = link.to;
        ribbon.value = link.value;
        ribbon.taint = link.moved > 0 ? std::min(1.0, link.tainted / link.moved) : 1.0;
        ribbon.movements = link.movements;
        ribbon.confidence = link.confidence;
        ribbon.first = link.first;
        ribbon.last = link.last;
        for (std::size_t kind = 0; kind < graph.kinds.size(); ++kind)
            if ((link.kinds >> kind & 1U) != 0) ribbon.kinds.push_back(graph.kinds[kind]);
        std::sort(ribbon.kinds.begin(), ribbon.kinds.end());
        ribbon.back = column[link.to] <= column[link.from];
    }
}

/// Leaves out thin ribbons, and nodes that nothing leads to any more (seeds stay). All of it is
/// counted.
void drop_dust(const std::set<uint32_t>& opened, const LayoutParams& params, FlowLayout& layout) {
    const bool raw = params.mode == FlowMode::kRaw;
    const double limit = raw ? 0 : params.dust * layout.scale.loot();
    const std::size_t most = raw ? params.raw_ribbons : params.max_ribbons;
    // A node that gets much in many thin ribbons would float alone: it keeps them while there
    // is room.
    std::vector<double> inflow(layout.nodes.size());
    std::vector<char> reached(layout.nodes.size());
    for (const Ribbon& ribbon : layout.ribbons) {
        inflow[ribbon.to] += ribbon.value;
        if (ribbon.value >= limit) reached[ribbon.to] = 1;
    }
    std::vector<char> alive(layout.nodes.size());
    std::size_t kept = 0;  // Those that stay move to the front.
    for (Ribbon& ribbon : layout.ribbons) {
        const bool wide = ribbon.value >= limit ||
                          (!reached[ribbon.to] && inflow[ribbon.to] >= limit) ||
                          opened.contains(layout.nodes[ribbon.from].members.front()) ||
                          opened.contains(layout.nodes[ribbon.to].members.front());
        layout.omitted.ribbons_full = layout.omitted.ribbons_full || (wide && kept >= most);
        if (wide && kept < most) {
            alive[ribbon.from] = alive[ribbon.to] = 1;
            if (&layout.ribbons[kept] != &ribbon) layout.ribbons[kept] = std::move(ribbon);
            ++kept;
            continue;
        }
        layout.nodes[ribbon.from].dust_out += ribbon.value;
        layout.nodes[ribbon.to].dust_in += ribbon.value;
        layout.omitted.dust_movements += ribbon.movements;
        layout.omitted.dust_value += ribbon.value;
    }
    layout.ribbons.resize(kept);
    std::vector<uint32_t> number(layout.nodes.size());
    std::size_t left = 0;  // As above.
    for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
        FlowNode& node = layout.nodes[i];
        // Of a part, what it does not touch is not there.
        const bool part = params.shows_part();
        if (!alive[i] && node.kind != FlowKind::kSeed && (!raw || part)) {
            if (!part) layout.omitted.dust_nodes += node.members.size();
            continue;
        }
        number[i] = static_cast<uint32_t>(left);
        if (left != i) layout.nodes[left] = std::move(node);
        ++left;
    }
    layout.nodes.resize(left);
    for (Ribbon& ribbon : layout.ribbons)
        ribbon.from = number[ribbon.from], ribbon.to = number[ribbon.to];
}

/// in + source + dust_in = out + rest + lost + dust_out for every node; one of source and lost
/// closes the gap.
void balance(FlowLayout& layout) {
    std::vector<double> in(layout.nodes.size()), out(layout.nodes.size());
    for (const Ribbon& ribbon : layout.ribbons) {
        out[ribbon.from] += ribbon.value;
        in[ribbon.to] += ribbon.value;
    }
    for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
        FlowNode& node = layout.nodes[i];
        node.in = in[i];
        node.out = out[i];
        const double arrives = node.in + node.dust_in;
        const double leaves = node.out + node.dust_out + node.rest;
        // Sums of doubles differ in their last digits; that is no source and no loss.
        if (std::abs(arrives - leaves) <= 1e-9 * std::max(arrives, leaves)) continue;
        (arrives < leaves ? node.source : node.lost) = std::abs(arrives - leaves);
    }
}

}  // namespace

void add_ribbons(const Graph& graph, const std::vector<uint32_t>& of_vertex,
                 const std::set<uint32_t>& opened, const LayoutParams& params, FlowLayout& layout) {
    make_ribbons(graph, of_vertex, layout);
    drop_dust(opened, params, layout);
    balance(layout);
}

}  // namespace cordon::trace::flow
