// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_json.hpp"

#include <cmath>

namespace cordon::report {
namespace {

double pixels(double value) { return std::round(value * 100) / 100; }

std::string_view name_of(trace::FlowMode mode) noexcept {
    switch (mode) {
        case trace::FlowMode::kStolenOnly: return "stolen";
        case trace::FlowMode::kAllMoney: return "all";
        case trace::FlowMode::kRaw: return "raw";
    }
    return "stolen";
}

std::string_view name_of(trace::FlowKind kind) noexcept {
    switch (kind) {
        case trace::FlowKind::kSeed: return "seed";
        case trace::FlowKind::kWallet: return "wallet";
        case trace::FlowKind::kService: return "service";
        case trace::FlowKind::kChain: return "chain";
        case trace::FlowKind::kFold: return "fold";
        case trace::FlowKind::kContext: return "context";
    }
    return "wallet";
}

void write_box(JsonWriter& json, std::string_view name, const trace::Box& box) {
    json.key(name).begin_array();
    for (const double value : {box.x, box.y, box.width, box.height}) json.value(pixels(value));
    json.end_array();
}

void write_node(JsonWriter& json, const trace::FlowNode& node) {
    json.begin_object().field("key", node.key).field("kind", name_of(node.kind));
    json.field("name", node.name).field("count", node.count());
    if (node.category) json.field("category", to_string(*node.category));
    json.key("members").begin_array();
    for (const uint32_t member : node.members) json.value(member);
    json.end_array();
    if (node.kind == trace::FlowKind::kContext) {
        if (!node.address.empty()) json.field("address", node.address);
        json.field("moved", node.moved);
    }
    json.field("column", node.column);
    json.field("hop_first", node.hop_first).field("hop_last", node.hop_last);
    if (node.stop != trace::Stop::kNone) json.field("stop", trace::to_string(node.stop));
    json.field("in", node.in).field("out", node.out).field("rest", node.rest);
    json.field("source", node.source).field("lost", node.lost);
    json.field("dust_in", node.dust_in).field("dust_out", node.dust_out);
    json.field("internal", node.internal).field("sum", node.through()).field("taint", node.taint);
    write_box(json, "box", node.box);
    json.field("rest_top", pixels(node.rest_top)).field("label", node.label);
    if (!node.label.empty()) write_box(json, "label_box", node.label_box);
    json.end_object();
}

void write_ribbon(JsonWriter& json, const trace::FlowLayout& layout, const trace::Ribbon& ribbon) {
    json.begin_object().field("from", ribbon.from).field("to", ribbon.to);
    json.field("value", ribbon.value).field("taint", ribbon.taint);
    json.field("movements", ribbon.movements).field("confidence", ribbon.confidence);
    if (ribbon.first) json.field("first", *ribbon.first);
    if (ribbon.last) json.field("last", *ribbon.last);
    json.key("kinds").begin_array();
    for (const std::string& kind : ribbon.kinds) json.value(kind);
    json.end_array().field("width", pixels(ribbon.width)).field("back", ribbon.back);
    if (ribbon.context) json.field("context", true);
    // What leads back is drawn as a cubic curve of its own width.
    const trace::Arc arc = ribbon.back ? trace::arc_of(layout, ribbon) : trace::Arc{};
    if (ribbon.back) json.field("arc_width", pixels(arc.width));
    json.key(ribbon.back ? "arc" : "path").begin_array();
    const auto point = [&json](const trace::Ribbon::Point& at) {
        json.begin_array().value(pixels(at.x)).value(pixels(at.y)).end_array();
    };
    if (ribbon.back)
        for (const auto& at : arc.points) point(at);
    else
        for (const auto& at : ribbon.path) point(at);
    json.end_array().end_object();
}

}  // namespace

void write_layout_fields(JsonWriter& json, const trace::FlowLayout& layout,
                         const std::function<void()>& write_ribbons) {
    json.field("width", pixels(layout.width)).field("height", pixels(layout.height));
    json.field("font_size", layout.font_size).field("node_width", layout.node_width);
    json.field("mode", name_of(layout.mode));
    json.field("axis", layout.axis == trace::FlowAxis::kHop ? "hop" : "time");
    json.field("backward", layout.backward).field("unit", layout.scale.unit_name());
    json.field("loot", layout.scale.loot()).field("scale_px", layout.scale_px);
    json.key("columns").begin_array();
    for (const trace::FlowColumn& column : layout.columns)
        json.begin_object().field("x", pixels(column.x)).field("head", column.head).end_object();
    json.end_array().key("nodes").begin_array();
    for (const trace::FlowNode& node : layout.nodes) write_node(json, node);
    json.end_array().key("ribbons");
    if (write_ribbons) {
        write_ribbons();
    } else {
        json.begin_array();
        for (const trace::Ribbon& ribbon : layout.ribbons) write_ribbon(json, layout, ribbon);
        json.end_array();
    }
    const trace::FlowOmitted& left = layout.omitted;
    json.key("omitted").begin_object();
    json.field("folded_nodes", left.folded_nodes).field("dust_movements", left.dust_movements);
    json.field("dust_nodes", left.dust_nodes).field("dust_value", left.dust_value);
    json.field("internal_movements", left.internal_movements);
    json.field("fee_movements", left.fee_movements).field("fee_value", left.fee_value);
    json.field("outside", left.outside)
        .field("labels", left.labels)
        .end_object()
        .key("notes")
        .begin_array();
    for (const std::string& note : layout.notes) json.value(note);
    json.end_array();
}

void write_layout(JsonWriter& json, const trace::FlowLayout& layout) {
    json.begin_object();
    write_layout_fields(json, layout);
    json.end_object();
}

}  // namespace cordon::report
