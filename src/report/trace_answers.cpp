// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_answers.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "service.hpp"
#include "trace_json.hpp"
#include "whole.hpp"

namespace cordon::report {
namespace {

/// What stands in the table beside a picture: more of one node than this nobody reads there.
constexpr std::size_t kMembersShown = 40;

JsonOptions on_one_line(JsonOptions options) {
    options.one_line = true;
    return options;
}

struct Service {
    std::string name;
    Category category = Category::kOther;
    std::set<std::pair<ChainId, Address>> addresses;
    std::map<std::pair<ChainId, Asset>, Amount> tainted;
    std::set<std::string> said_by;
    double value = 0;  // By the scale of the trace.
    double usd = 0;
    bool priced = true;  // All of it.
};

using Services = std::map<ServiceId, Service>;

Services services_of(const trace::TraceResult& result, const trace::ValueScale& scale,
                     const trace::Context* context) {
    Services services;
    for (const trace::Endpoint& end : result.endpoints) {
        if (end.stop != trace::Stop::kLabel || !end.label) continue;
        const auto [known, fresh] = services.try_emplace(service_id(*end.label));
        Service& service = known->second;
        if (fresh) {
            service.name = service_name(*end.label);
            service.category = end.label->category;
        }
        service.category = main_category(service.category, end.label->category);
        service.addresses.emplace(end.chain, end.address);
        service.tainted[{end.chain, end.asset}] += end.tainted;
        service.value += scale.value(end.chain, end.asset, end.tainted);
        if (end.usd)
            service.usd += *end.usd;
        else
            service.priced = false;
        service.said_by.insert(end.label->source);
        if (context == nullptr) continue;
        for (const Label& label : context->labels(end.chain, end.address))
            if (label.category == end.label->category) service.said_by.insert(label.source);
    }
    return services;
}

void write_service(JsonWriter& json, const Services::value_type& named, const Whole& whole) {
    const Service& service = named.second;
    json.begin_object().field("name", service.name);
    json.field("key", service_key(service.name));
    json.field("category", to_string(service.category));
    json.field("addresses", service.addresses.size()).key("tainted").begin_array();
    for (const auto& [asset, amount] : service.tainted)
        json.begin_object()
            .field("chain", to_string(asset.first))
            .field("asset", asset.second.text())
            .field("amount", amount)
            .end_object();
    json.end_array();
    if (service.priced) json.field("usd", service.usd);
    json.field("share", whole.share(service.value));
    json.key("said_by").begin_array();
    for (const std::string& source : service.said_by) json.value(source);
    json.end_array().field("can_hold", can_hold(service.category)).end_object();
}

}  // namespace

Status write_trace_layout(const trace::TraceResult& result, const trace::FlowLayout& layout,
                          const Sink& sink, const JsonOptions& options) {
    const JsonOptions one_line = on_one_line(options);
    TraceJson json{result, sink, one_line};
    return json.envelope("trace.layout", [&] {
        write_layout_fields(json.json(), layout);
        json.write_members(layout, kMembersShown);
        json.write_assets();
    });
}

Status write_trace_summary(const trace::TraceResult& result, const Sink& sink,
                           const JsonOptions& options) {
    const JsonOptions one_line = on_one_line(options);
    TraceJson json{result, sink, one_line};
    JsonWriter& out = json.json();
    const trace::ValueScale& scale = json.scale();
    return json.envelope("trace.summary", [&] {
        json.write_totals();
        json.write_params();
        json.write_assets();
        const Services services = services_of(result, scale, options.context);
        std::vector<const Services::value_type*> order;
        for (const auto& each : services) order.push_back(&each);
        std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
            return a->second.value > b->second.value;
        });
        const Whole whole = whole_of(result, scale);
        out.field("unit", scale.unit_name()).field("loot", whole.stolen);
        out.field("inherited", whole.inherited).field("traced", whole.traced);
        out.field("named", whole.named).field("freezable", whole.freezable);
        out.key("services").begin_array();
        for (const auto* each : order) write_service(out, *each, whole);
        out.end_array();

        std::map<trace::Stop, double> reached;
        for (const trace::Endpoint& end : result.endpoints)
            reached[end.stop] += scale.value(end.chain, end.asset, end.tainted);
        out.key("reached").begin_array();
        for (const auto& [stop, value] : reached)
            out.begin_object()
                .field("stop", trace::to_string(stop))
                .field("share", whole.share(value))
                .end_object();
        out.end_array().key("warnings").begin_array();
        for (const std::string& warning : result.warnings) out.value(warning);
        out.end_array();
    });
}

Status write_trace_path(const trace::TraceResult& result, const trace::WidestPath& path,
                        const Sink& sink, const JsonOptions& options) {
    const JsonOptions one_line = on_one_line(options);
    TraceJson json{result, sink, one_line};
    JsonWriter& out = json.json();
    return json.envelope("trace.path", [&] {
        out.key("nodes").begin_array();
        for (const uint32_t index : path.nodes) json.write_node(result.nodes[index], index);
        out.end_array().key("edges").begin_array();
        for (const uint32_t index : path.edges) json.write_edge(result.edges[index]);
        out.end_array().field("bottleneck", path.bottleneck);
        out.field("unit", json.scale().unit_name());
        json.write_assets();
    });
}

}  // namespace cordon::report
