// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>

#include "layout.hpp"
#include "layout_test_theft.hpp"
#include "widest_path.hpp"

// Pictures of a part of a trace, and with what stands around it.
namespace cordon::trace {
namespace {

using test::make_theft;
using test::TheftContext;
using test::TheftShape;

LayoutParams named() {
    LayoutParams params;
    params.name = [](const Node& node) {
        return node.label ? node.label->text : std::string{"0x39cd…14dd"};
    };
    return params;
}

TheftShape any_shape() {
    TheftShape shape;
    shape.seed = *rc::gen::inRange<uint64_t>(1, 1'000'000);
    shape.edges = *rc::gen::inRange<std::size_t>(1, 900);
    shape.back = *rc::gen::element(0.0, 0.03, 0.5);
    shape.several_assets = *rc::gen::arbitrary<bool>();
    return shape;
}

bool overlap(const Box& a, const Box& b) {
    constexpr double kTouch = 1e-6;
    return a.x + kTouch < b.right() && b.x + kTouch < a.right() && a.y + kTouch < b.bottom() &&
           b.y + kTouch < a.bottom();
}

bool near(double a, double b) {
    return std::abs(a - b) <= 1e-6 * std::max({1.0, std::abs(a), std::abs(b)});
}

/// Some counterparties of any node, the same one beside several now and then.
std::vector<ContextNode> around(const FlowLayout& layout) {
    std::vector<ContextNode> all;
    const auto count = *rc::gen::inRange<std::size_t>(1, 40);
    for (std::size_t i = 0; i < count; ++i) {
        ContextNode& node = all.emplace_back();
        const auto at = *rc::gen::inRange<std::size_t>(0, layout.nodes.size());
        node.of = layout.nodes[at].key;
        node.paid_it = *rc::gen::arbitrary<bool>();
        const auto who = *rc::gen::inRange(0, 30);
        node.key = "context:eth:" + std::to_string(who);
        node.address = "eth:0x" + std::to_string(who);
        node.name = "0x1234…56" + std::to_string(who);
        node.moved = "12.4 ETH";
        node.movements = 3;
    }
    return all;
}

void expect_clean(const FlowLayout& layout) {
    std::vector<Box> boxes;
    for (const FlowNode& node : layout.nodes) boxes.push_back(node.box);
    for (const FlowNode& node : layout.nodes)
        if (!node.label.empty()) boxes.push_back(node.label_box);
    for (const FlowColumn& column : layout.columns) boxes.push_back(column.head_box);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        RC_ASSERT(boxes[i].x >= -1e-6 && boxes[i].right() <= layout.width + 1e-6);
        RC_ASSERT(boxes[i].y >= -1e-6 && boxes[i].bottom() <= layout.height + 1e-6);
        for (std::size_t j = i + 1; j < boxes.size(); ++j) RC_ASSERT(!overlap(boxes[i], boxes[j]));
    }
    for (const FlowNode& node : layout.nodes)
        RC_ASSERT(near(node.in + node.source + node.dust_in,
                       node.out + node.rest + node.lost + node.dust_out));
}

RC_GTEST_PROP(LayoutContext, leaves_order_columns_and_money_of_what_is_there_alone, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    LayoutParams params = named();
    params.axis = *rc::gen::element(FlowAxis::kHop, FlowAxis::kTime);
    const FlowLayout plain = lay_out(theft, &context, params);
    RC_PRE(!plain.nodes.empty());
    params.context = around(plain);
    params.previous = &plain;
    const FlowLayout wide = lay_out(theft, &context, params);
    expect_clean(wide);

    // The nodes of before, without the others, are the same ones in the same order.
    std::vector<const FlowNode*> kept;
    for (const FlowNode& node : wide.nodes)
        if (node.kind != FlowKind::kContext) kept.push_back(&node);
    RC_ASSERT(kept.size() == plain.nodes.size());
    const uint32_t shift = kept.front()->column - plain.nodes.front().column;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        RC_ASSERT(kept[i]->key == plain.nodes[i].key);
        RC_ASSERT(kept[i]->column == plain.nodes[i].column + shift);
        RC_ASSERT(kept[i]->through() == plain.nodes[i].through());
    }
    std::size_t drawn = 0;
    for (const Ribbon& ribbon : wide.ribbons) {
        const bool outside = wide.nodes[ribbon.from].kind == FlowKind::kContext ||
                             wide.nodes[ribbon.to].kind == FlowKind::kContext;
        RC_ASSERT(ribbon.context == outside);
        RC_ASSERT(!outside || (ribbon.value == 0 && ribbon.width == 0));
        RC_ASSERT(ribbon.back == (wide.nodes[ribbon.to].column <= wide.nodes[ribbon.from].column));
        drawn += outside ? 1 : 0;
    }
    RC_ASSERT(drawn == params.context.size());
    RC_ASSERT(wide.scale_px <= plain.scale_px * (1 + 1e-9));
}

TEST(LayoutContext, leaves_out_whoever_stands_beside_nothing) {
    const TraceResult theft = make_theft();
    LayoutParams params = named();
    params.context.resize(2);
    params.context[0].of = "no such node";
    params.context[0].key = "a";
    const FlowLayout layout = lay_out(theft, nullptr, params);
    for (const FlowNode& node : layout.nodes) EXPECT_NE(node.kind, FlowKind::kContext);
    EXPECT_TRUE(lay_out({}, nullptr, params).nodes.empty());
}

RC_GTEST_PROP(LayoutPart, shows_what_is_in_it_in_the_columns_of_the_whole, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    LayoutParams params = named();
    params.mode = *rc::gen::element(FlowMode::kStolenOnly, FlowMode::kAllMoney, FlowMode::kRaw);
    params.dust = 0;
    const FlowLayout whole = lay_out(theft, &context, params);
    const auto first = *rc::gen::inRange<std::size_t>(0, theft.edges.size());
    const auto last = *rc::gen::inRange<std::size_t>(first, theft.edges.size());
    params.since = theft.edges[first].time;
    params.until = theft.edges[last].time;
    if (*rc::gen::arbitrary<bool>()) params.assets = {{kEthereum, Asset{}}};
    const FlowLayout part = lay_out(theft, &context, params);
    expect_clean(part);

    uint64_t movements = part.omitted.dust_movements + part.omitted.internal_movements +
                         part.omitted.fee_movements + part.omitted.outside;
    for (const Ribbon& ribbon : part.ribbons) {
        movements += ribbon.movements;
        RC_ASSERT(!ribbon.first || *ribbon.first >= *params.since);
        RC_ASSERT(!ribbon.last || *ribbon.last <= *params.until);
    }
    RC_ASSERT(movements == theft.edges.size());
    // A hop keeps its column's head, wherever the node is drawn by itself in both.
    std::map<std::string, std::string> head;
    for (const FlowNode& node : whole.nodes)
        head.emplace(node.key, whole.columns[node.column].head);
    for (const FlowNode& node : part.nodes)
        if (node.kind == FlowKind::kWallet && head.contains(node.key))
            RC_ASSERT(part.columns[node.column].head == head[node.key]);
    RC_ASSERT(std::any_of(part.notes.begin(), part.notes.end(), [](const std::string& note) {
        return note.starts_with("Only a part is drawn");
    }));
}

TEST(WidestPath, goes_where_most_money_went) {
    TraceResult result;
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    for (unsigned i = 0; i < 4; ++i) {
        Node& node = nodes.emplace_back();
        node.chain = kEthereum;
        node.address = test::evm_address(i);
        node.seed = i == 0;
        node.holdings.push_back({Asset{}, Amount{100U}, Amount{100U}, Amount{}});
    }
    const auto pay = [&](unsigned from, unsigned to, uint64_t amount) {
        Edge& edge = edges.emplace_back();
        edge.chain = kEthereum;
        edge.from = nodes[from].address;
        edge.to = nodes[to].address;
        edge.amount = edge.tainted = Amount{amount};
    };
    pay(0, 3, 10), pay(0, 1, 30), pay(0, 1, 30), pay(1, 2, 50), pay(2, 3, 40), pay(3, 0, 1);
    result.nodes = nodes;
    result.edges = edges;
    const ValueScale scale = ValueScale::make(result, nullptr);
    const WidestPath path = widest_path(result, scale, 0, 3);
    EXPECT_EQ(path.nodes, (std::vector<uint32_t>{0, 1, 2, 3}));
    EXPECT_EQ(path.edges, (std::vector<uint32_t>{1, 2, 3, 4}));
    EXPECT_EQ(path.bottleneck, scale.value(kEthereum, Asset{}, Amount{40U}));
    edges.resize(2);
    result.edges = edges;
    EXPECT_TRUE(widest_path(result, scale, 0, 2).nodes.empty());
    EXPECT_EQ(widest_path(result, scale, 2, 2).nodes.size(), 1U);
}

}  // namespace
}  // namespace cordon::trace
