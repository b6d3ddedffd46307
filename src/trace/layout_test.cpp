// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

#include "layout_test_theft.hpp"

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
    shape.edges = *rc::gen::inRange<std::size_t>(0, 1'500);
    shape.back = *rc::gen::element(0.0, 0.03, 0.5);
    shape.service = *rc::gen::element(0.0, 0.1, 0.6);
    shape.clean = *rc::gen::element(0.0, 0.3, 1.0);
    shape.peel = *rc::gen::element(0.0, 0.5, 1.0);
    shape.several_assets = *rc::gen::arbitrary<bool>();
    return shape;
}

bool overlap(const Box& a, const Box& b) {
    constexpr double kTouch = 1e-6;
    return a.x + kTouch < b.right() && b.x + kTouch < a.right() && a.y + kTouch < b.bottom() &&
           b.y + kTouch < a.bottom();
}

bool inside(const Box& box, const FlowLayout& layout) {
    constexpr double kTouch = 1e-6;
    return box.x >= -kTouch && box.y >= -kTouch && box.right() <= layout.width + kTouch &&
           box.bottom() <= layout.height + kTouch;
}

bool near(double a, double b) {
    return std::abs(a - b) <= 1e-6 * std::max({1.0, std::abs(a), std::abs(b)});
}

RC_GTEST_PROP(Layout, no_node_and_no_label_overlaps_another_or_leaves_the_canvas, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    LayoutParams params = named();
    params.mode = *rc::gen::element(FlowMode::kStolenOnly, FlowMode::kAllMoney);
    params.axis = *rc::gen::element(FlowAxis::kHop, FlowAxis::kTime);
    const FlowLayout layout = lay_out(theft, &context, params);
    std::vector<Box> boxes;
    for (const FlowNode& node : layout.nodes) boxes.push_back(node.box);
    for (const FlowNode& node : layout.nodes)
        if (!node.label.empty()) boxes.push_back(node.label_box);
    for (const FlowColumn& column : layout.columns) boxes.push_back(column.head_box);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        RC_ASSERT(inside(boxes[i], layout));
        for (std::size_t j = i + 1; j < boxes.size(); ++j) RC_ASSERT(!overlap(boxes[i], boxes[j]));
    }
    for (const FlowNode& node : layout.nodes)
        RC_ASSERT(text_width(node.label, layout.font_size) <= node.label_box.width + 1e-6);
}

RC_GTEST_PROP(Layout, no_ribbon_and_no_arc_leaves_the_canvas, ()) {
    TheftShape shape = any_shape();
    shape.back = *rc::gen::element(0.03, 0.5);
    TraceResult theft = make_theft(shape);
    theft.params.direction = *rc::gen::element(Direction::kForward, Direction::kBackward);
    const TheftContext context;
    LayoutParams params = named();
    params.axis = *rc::gen::element(FlowAxis::kHop, FlowAxis::kTime);
    const FlowLayout layout = lay_out(theft, &context, params);
    for (const Ribbon& ribbon : layout.ribbons) {
        if (!ribbon.back) {
            for (const Ribbon::Point& point : ribbon.path)
                RC_ASSERT(inside({point.x, point.y, 0, ribbon.width}, layout));
            continue;
        }
        const Arc arc = arc_of(layout, ribbon);
        RC_ASSERT(arc.narrowed == (arc.width < ribbon.width));
        // The curve stays inside the hull of its points, half its width to each side.
        for (const Ribbon::Point& point : arc.points)
            RC_ASSERT(inside(
                {point.x - arc.width / 2, point.y - arc.width / 2, arc.width, arc.width}, layout));
    }
}

RC_GTEST_PROP(Layout, of_a_backward_trace_reads_to_the_right_into_its_start, ()) {
    TraceResult theft = make_theft(any_shape());
    theft.params.direction = Direction::kBackward;
    auto edges = theft.edges.all();
    for (Edge& edge : edges) std::swap(edge.from, edge.to);
    theft.edges = edges;
    const TheftContext context;
    const FlowLayout layout = lay_out(theft, &context, named());
    RC_ASSERT(layout.backward);
    RC_ASSERT(layout.columns.back().head == "START");
    for (const FlowNode& node : layout.nodes) {
        RC_ASSERT((node.kind == FlowKind::kSeed) == (node.column + 1 == layout.columns.size()));
        RC_ASSERT(near(node.in + node.source + node.dust_in,
                       node.out + node.rest + node.lost + node.dust_out));
    }
    RC_ASSERT(std::any_of(layout.notes.begin(), layout.notes.end(), [](const std::string& note) {
        return note.find("backward") != std::string::npos;
    }));
}

RC_GTEST_PROP(Layout, ribbons_are_conserved_at_every_node, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    const FlowLayout layout = lay_out(theft, &context, named());
    std::vector<double> in(layout.nodes.size()), out(layout.nodes.size());
    for (const Ribbon& ribbon : layout.ribbons) {
        RC_ASSERT(near(ribbon.width, ribbon.value * layout.scale_px));
        in[ribbon.to] += ribbon.width;
        out[ribbon.from] += ribbon.width;
        const Box& from = layout.nodes[ribbon.from].box;
        const Box& to = layout.nodes[ribbon.to].box;
        RC_ASSERT(ribbon.path.size() >= 2U);
        RC_ASSERT(ribbon.path.front().y >= from.y - 1e-6 &&
                  ribbon.path.front().y + ribbon.width <= from.bottom() + 1e-6);
        RC_ASSERT(ribbon.path.back().y >= to.y - 1e-6 &&
                  ribbon.path.back().y + ribbon.width <= to.bottom() + 1e-6);
    }
    for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
        const FlowNode& node = layout.nodes[i];
        RC_ASSERT(near(node.in + node.source + node.dust_in,
                       node.out + node.rest + node.lost + node.dust_out));
        RC_ASSERT(in[i] <= node.box.height + 1e-6);
        RC_ASSERT(out[i] <= node.box.height + 1e-6);
    }
}

RC_GTEST_PROP(Layout, folds_and_dust_add_up_to_what_was_not_folded, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    const FlowLayout layout = lay_out(theft, &context, named());
    uint64_t movements = layout.omitted.dust_movements + layout.omitted.internal_movements +
                         layout.omitted.fee_movements;
    for (const Ribbon& ribbon : layout.ribbons) movements += ribbon.movements;
    RC_ASSERT(movements == theft.edges.size());

    std::set<uint32_t> members;
    double rest = 0;
    for (const FlowNode& node : layout.nodes) {
        members.insert(node.members.begin(), node.members.end());
        rest += node.rest;
    }
    RC_ASSERT(members.size() + layout.omitted.dust_nodes == theft.nodes.size());
    double all = 0;
    for (uint32_t i = 0; i < theft.nodes.size(); ++i)
        if (members.contains(i))
            for (const Holding& h : theft.nodes[i].holdings)
                all += layout.scale.value(theft.nodes[i].chain, h.asset, h.resting);
    RC_ASSERT(near(rest, all));
}

RC_GTEST_PROP(Layout, keeps_its_limits_and_repeats_itself_to_the_last_bit, ()) {
    const TraceResult theft = make_theft(any_shape());
    const TheftContext context;
    LayoutParams params = named();
    params.max_nodes = *rc::gen::inRange<std::size_t>(60, 400);
    params.max_ribbons = *rc::gen::inRange<std::size_t>(10, 1'500);
    const FlowLayout a = lay_out(theft, &context, params);
    const FlowLayout b = lay_out(theft, &context, params);
    RC_ASSERT(a.nodes.size() <= params.max_nodes);
    RC_ASSERT(a.ribbons.size() <= params.max_ribbons);
    RC_ASSERT(a.nodes.size() == b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        RC_ASSERT(a.nodes[i].key == b.nodes[i].key);
        RC_ASSERT(a.nodes[i].box.y == b.nodes[i].box.y);
        RC_ASSERT(a.nodes[i].label == b.nodes[i].label);
    }
}

TEST(Layout, keeps_the_order_of_known_nodes_when_the_case_grows) {
    const TraceResult before = make_theft({.seed = 5, .edges = 120});
    const TraceResult after = make_theft({.seed = 5, .edges = 160});
    const TheftContext context;
    LayoutParams params = named();
    const FlowLayout first = lay_out(before, &context, params);
    params.previous = &first;
    const FlowLayout second = lay_out(after, &context, params);
    std::map<std::string, std::pair<uint32_t, double>> known;
    for (const FlowNode& node : first.nodes) known[node.key] = {node.column, node.box.y};
    std::map<uint32_t, double> last;
    std::size_t compared = 0;
    for (const FlowNode& node : second.nodes) {
        const auto it = known.find(node.key);
        if (it == known.end() || it->second.first != node.column) continue;
        if (last.contains(node.column)) {
            EXPECT_GT(it->second.second, last[node.column]) << node.key;
            ++compared;
        }
        last[node.column] = it->second.second;
    }
    EXPECT_GT(compared, 10U);
}

TEST(Layout, of_nothing_is_empty) {
    const FlowLayout layout = lay_out(TraceResult{}, nullptr);
    EXPECT_TRUE(layout.nodes.empty());
    EXPECT_TRUE(layout.ribbons.empty());
    EXPECT_GT(layout.width, 0);
}

TEST(Layout, of_one_node_shows_it) {
    const FlowLayout layout = lay_out(make_theft({.edges = 0}), nullptr, named());
    ASSERT_EQ(layout.nodes.size(), 1U);
    EXPECT_EQ(layout.columns.front().head, "THEFT");
    EXPECT_FALSE(layout.nodes.front().label.empty());
}

TEST(Layout, calls_what_leaves_a_start_stolen_although_nothing_stolen_arrived) {
    TraceResult theft = make_theft({.seed = 3, .edges = 40, .clean = 0});
    Holding clean;
    clean.received = Amount{5'000'000'000U};
    std::vector<Node> nodes = theft.nodes.all();
    nodes.front().holdings = {clean};
    const TheftContext context;
    for (const bool seed : {true, false}) {  // A seed; who paid in a seed txn.
        nodes.front().seed = seed;
        theft.nodes = nodes;
        const FlowLayout layout = lay_out(theft, &context, named());
        ASSERT_EQ(layout.columns.front().head, "THEFT");
        const FlowNode& start = layout.nodes.front();
        EXPECT_EQ(start.kind, FlowKind::kSeed);
        EXPECT_EQ(start.column, 0U);
        EXPECT_DOUBLE_EQ(start.taint, 1);
        for (const FlowNode& node : layout.nodes)
            EXPECT_EQ(node.column == 0, node.kind == FlowKind::kSeed) << node.name;
    }
}

TEST(Layout, draws_a_wide_loop_narrower_and_says_so) {
    FlowLayout layout;
    layout.width = 600;
    layout.height = 400;
    Ribbon ribbon;
    ribbon.back = true;
    ribbon.width = 260;
    ribbon.path = {{42, 60}, {34, 80}};
    const Arc arc = arc_of(layout, ribbon);
    EXPECT_TRUE(arc.narrowed);
    EXPECT_LT(arc.width, 30);
    for (const Ribbon::Point& point : arc.points) EXPECT_GE(point.x, arc.width / 2);
}

TEST(Layout, keeps_eighteen_characters_of_a_service_where_there_is_room) {
    const std::string service = "Huobi_Deposit_0x4f6742badb049791cd9a37ea913f2bac38d01279";
    const TraceResult theft =
        make_theft({.seed = 3, .edges = 60, .service = 0.4, .services = {service}});
    const TheftContext context;
    const FlowLayout layout = lay_out(theft, &context, named());
    std::size_t seen = 0;
    for (const FlowNode& node : layout.nodes) {
        if (node.kind != FlowKind::kService || node.label.empty()) continue;
        ++seen;
        EXPECT_TRUE(node.label.starts_with(service.substr(0, 18))) << node.label;
    }
    EXPECT_GT(seen, 1U);
}

TEST(Layout, raw_mode_shows_every_address) {
    const TraceResult theft = make_theft({.seed = 2, .edges = 900});
    LayoutParams params = named();
    params.mode = FlowMode::kRaw;
    const FlowLayout layout = lay_out(theft, nullptr, params);
    EXPECT_EQ(layout.nodes.size(), theft.nodes.size());
    EXPECT_EQ(layout.omitted.dust_movements, 0U);
    for (const FlowNode& node : layout.nodes) EXPECT_EQ(node.members.size(), 1U);
}

TEST(Layout, tells_every_node_by_a_key_of_its_own_in_every_mode) {
    const TraceResult theft = make_theft({.seed = 2, .edges = 3'000, .service = 0.4});
    for (const FlowMode mode : {FlowMode::kStolenOnly, FlowMode::kAllMoney, FlowMode::kRaw}) {
        LayoutParams params = named();
        params.mode = mode;
        const FlowLayout layout = lay_out(theft, nullptr, params);
        std::set<std::string> keys;
        for (const FlowNode& node : layout.nodes)
            EXPECT_TRUE(keys.insert(node.key).second) << node.key;
    }
}

/// What stands together in a picture, the largest sort first.
std::vector<const FlowNode*> folded(const FlowLayout& layout) {
    std::vector<const FlowNode*> out;
    for (const FlowNode& node : layout.nodes)
        if (node.members.size() > 1) out.push_back(&node);
    std::sort(out.begin(), out.end(), [](const FlowNode* a, const FlowNode* b) {
        return a->members.size() > b->members.size();
    });
    return out;
}

TEST(Layout, opens_a_fold_its_largest_members_first_and_folds_the_rest_again) {
    const TraceResult theft = make_theft({.seed = 8, .edges = 4'000, .peel = 0.1});
    LayoutParams params = named();
    params.opened_members = 10;
    const FlowLayout closed = lay_out(theft, nullptr, params);
    std::set<FlowKind> opened;
    for (const FlowNode* fold : folded(closed)) {
        if (!opened.insert(fold->kind).second) continue;
        params.opened = {fold->key, "fold:99:nobody"};
        const FlowLayout open = lay_out(theft, nullptr, params);
        EXPECT_LE(open.nodes.size(), params.max_nodes);
        std::size_t single = 0, together = 0;
        for (const FlowNode& node : open.nodes) {
            const bool mine =
                std::any_of(node.members.begin(), node.members.end(), [&](uint32_t member) {
                    return std::find(fold->members.begin(), fold->members.end(), member) !=
                           fold->members.end();
                });
            if (!mine) continue;
            (node.members.size() == 1 ? single : together) += node.members.size();
            EXPECT_NE(node.key, fold->key);
        }
        EXPECT_GT(single, 0U) << fold->key;
        EXPECT_LT(together, fold->members.size()) << fold->key;
    }
    EXPECT_GT(opened.size(), 1U);
}

RC_GTEST_PROP(Layout, keeps_its_limits_whatever_is_opened, ()) {
    const TraceResult theft = make_theft(any_shape());
    LayoutParams params = named();
    params.max_nodes = *rc::gen::inRange<std::size_t>(60, 400);
    params.opened_members = *rc::gen::inRange<std::size_t>(0, 60);
    for (int round = 0; round < 4; ++round) {
        const FlowLayout layout = lay_out(theft, nullptr, params);
        RC_ASSERT(layout.nodes.size() <= params.max_nodes);
        uint64_t movements = layout.omitted.dust_movements + layout.omitted.internal_movements +
                             layout.omitted.fee_movements;
        for (const Ribbon& ribbon : layout.ribbons) movements += ribbon.movements;
        RC_ASSERT(movements == theft.edges.size());
        for (const FlowNode* fold : folded(layout)) params.opened.insert(fold->key);
    }
}

TEST(Layout, draws_a_crossing_between_the_chains_and_tells_one_address_on_both_apart) {
    constexpr ChainId kPolygon{ChainFamily::kEvm, 137};
    TraceResult theft = make_theft({.seed = 3, .edges = 0});
    const Address mule = test::evm_address(900);
    Node here = theft.nodes.front();
    const Address thief = here.address;
    here.address = mule;
    here.hop = 1;
    here.seed = false;
    Node there = here;
    there.chain = kPolygon;
    there.hop = 2;
    theft.nodes = std::vector{theft.nodes.front(), here, there};
    Edge edge;
    edge.chain = kEthereum;
    edge.from = thief;
    edge.to = mule;
    edge.amount = edge.tainted = Amount{100U};
    edge.kind = "native";
    std::vector<Edge> edges{edge};
    edge.from = mule;
    edge.kind = "bridge";
    edge.confidence = 0.9;
    edge.to_chain = kPolygon;
    edge.to_asset = test::make_theft({.edges = 0}).totals.at(0).asset;
    edge.to_amount = edge.to_tainted = Amount{99U};
    edges.push_back(edge);
    theft.edges = edges;
    LayoutParams params = named();
    params.dust = 0;
    const FlowLayout layout = lay_out(theft, nullptr, params);
    ASSERT_EQ(layout.ribbons.size(), 2U);
    const auto bridge = std::find_if(layout.ribbons.begin(), layout.ribbons.end(),
                                     [](const Ribbon& r) { return r.confidence < 1; });
    ASSERT_NE(bridge, layout.ribbons.end());
    EXPECT_EQ(bridge->kinds, std::vector<std::string>{"bridge to polygon"});
    EXPECT_NE(layout.nodes[bridge->from].key, layout.nodes[bridge->to].key);
    EXPECT_GT(layout.nodes[bridge->to].column, layout.nodes[bridge->from].column);
}

TEST(Layout, survives_edges_of_unknown_addresses_and_no_times) {
    TraceResult theft = make_theft({.seed = 4, .edges = 60});
    std::vector<Node> nodes = theft.nodes.all();
    nodes.resize(nodes.size() / 2);
    theft.nodes = nodes;
    auto edges = theft.edges.all();
    for (Edge& edge : edges) edge.time.reset();
    std::reverse(edges.begin(), edges.end());
    theft.edges = edges;
    const FlowLayout layout = lay_out(theft, nullptr, named());
    EXPECT_FALSE(layout.nodes.empty());
    EXPECT_GT(layout.omitted.fee_movements, 0U);
}

TEST(ValueScale, measures_a_single_asset_in_whole_units) {
    const TraceResult theft = make_theft({.edges = 20});
    const TheftContext context;
    const ValueScale scale = ValueScale::make(theft, &context);
    EXPECT_EQ(scale.unit(), ValueScale::Unit::kAsset);
    EXPECT_EQ(scale.unit_name(), "ETH");
    EXPECT_NEAR(scale.loot(), 30'000, 1e-6);
    EXPECT_EQ(scale.text_with_unit(scale.loot()), "30.0k ETH");
    EXPECT_TRUE(scale.note().empty());
}

TEST(ValueScale, measures_several_priced_assets_in_usd) {
    const TraceResult theft = make_theft({.edges = 20, .several_assets = true});
    const TheftContext context;
    const ValueScale scale = ValueScale::make(theft, &context);
    EXPECT_EQ(scale.unit(), ValueScale::Unit::kUsd);
    EXPECT_NEAR(scale.loot(), 30'000 * 2'000.0 + 60'000 * 1'000.0, 1);
    EXPECT_FALSE(scale.note().empty());
}

TEST(ValueScale, without_prices_scales_each_asset_by_its_own_loot_and_says_so) {
    const TraceResult theft = make_theft({.edges = 20, .several_assets = true});
    const TheftContext context{false};
    const ValueScale scale = ValueScale::make(theft, &context);
    EXPECT_EQ(scale.unit(), ValueScale::Unit::kShare);
    EXPECT_NEAR(scale.loot(), 2.0, 1e-9);
    EXPECT_NE(scale.note().find("not every"), scale.note().find("Not every"));
}

TEST(ValueScale, writes_short_numbers_that_are_never_zero_for_something) {
    EXPECT_EQ(short_number(0), "0");
    EXPECT_EQ(short_number(0.00000001), "<0.0001");
    EXPECT_EQ(short_number(9.99), "9.99");
    EXPECT_EQ(short_number(999.6), "1.0k");
    EXPECT_EQ(short_number(94'500), "94.5k");
    EXPECT_EQ(short_number(3.4e6), "3.4M");
    EXPECT_EQ(short_number(std::nan("")), "?");
}

}  // namespace
}  // namespace cordon::trace
