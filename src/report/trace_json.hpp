// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>

#include <cordon/chain/text.hpp>
#include <cordon/trace/label_conflict.hpp>
#include <cordon/trace/layout_value.hpp>

#include "json.hpp"
#include "layout_json.hpp"

namespace cordon::report {

/// Writes the parts of a trace as JSON, each once. Private to the room. Lifetime: its arguments.
class TraceJson {
public:
    TraceJson(const trace::TraceResult& result, const Sink& sink, const JsonOptions& options)
        : result_{result},
          options_{options},
          json_{sink},
          scale_{trace::ValueScale::make(result, options.context)} {}

    JsonWriter& json() noexcept { return json_; }
    const trace::ValueScale& scale() const noexcept { return scale_; }

    /// The envelope around what `write_data` writes.
    template <typename Write>
    Status envelope(std::string_view kind, const Write& write_data) {
        json_.begin_object().field("v", 1U).field("kind", kind).key("data").begin_object();
        write_data();
        row();
        json_.end_object();
        row();
        json_.key("warnings").begin_array();
        for (const std::string& warning : result_.warnings) json_.value(warning);
        for (const std::string& warning : options_.warnings) json_.value(warning);
        json_.end_array().field("incomplete", result_.incomplete).end_object();
        return json_.finish();
    }

    void write_result() {
        rows("nodes", result_.nodes, [this](const trace::Node& node) { write_node(node); });
        rows("edges", result_.edges, [this](const trace::Edge& edge) { write_edge(edge); });
        rows("endpoints", result_.endpoints,
             [this](const trace::Endpoint& end) { write_endpoint(end); });
        write_totals();
        write_params();
        write_assets();
        rows("patterns", result_.findings,
             [this](const trace::Finding& finding) { write_finding(json_, finding); });
        row();
        json_.field("mode", trace::to_string(result_.mode));
        if (result_.mode == trace::Mode::kPaths)
            rows("paths", result_.paths, [this](const trace::Path& path) { write_path(path); });
        if (result_.mode == trace::Mode::kFrontier)
            rows("watch", result_.watch, [this](const Watch& watch) { write_watch(watch); });
        if (options_.layout) {
            row();
            json_.key("layout");
            write_layout(json_, *options_.layout);
        }
    }

    /// The rows that the nodes of a picture stand for, each once.
    void write_members(const trace::FlowLayout& layout, std::size_t most) {
        std::set<uint32_t> shown;
        for (const trace::FlowNode& node : layout.nodes)
            shown.insert(node.members.begin(),
                         node.members.begin() +
                             static_cast<std::ptrdiff_t>(std::min(node.members.size(), most)));
        json_.key("members").begin_array();
        for (const uint32_t index : shown) write_node(result_.nodes[index], index);
        json_.end_array();
    }

    /// `index`: its place in data.nodes, where that does not show.
    void write_node(const trace::Node& node, std::optional<uint32_t> index = std::nullopt) {
        json_.begin_object();
        if (index) json_.field("index", *index);
        json_.field("address", chain::format_address(node.chain, node.address))
            .field("hop", node.hop);
        json_.field("chain", to_string(node.chain));
        write_label(node.label);
        if (const trace::Holding* main = scale_.main_holding(node)) {
            json_.field("asset", main->asset.text());
            write_amounts(*main);
        } else {
            json_.field("asset", "native");
            write_amounts({});
        }
        json_.key("assets").begin_array();
        for (const trace::Holding& holding : node.holdings) {
            json_.begin_object().field("asset", holding.asset.text());
            write_amounts(holding);
            json_.end_object();
        }
        json_.end_array();
        if (node.seed) json_.field("seed", true);
        if (node.stop != trace::Stop::kNone) json_.field("stop", trace::to_string(node.stop));
        if (node.first_seen) json_.field("first_seen", *node.first_seen);
        if (node.last_seen) json_.field("last_seen", *node.last_seen);
        if (node.spent_unknown) json_.field("spent_unknown", true);
        if (node.score) json_.field("score", *node.score);
        write_labels(node.chain, node.address, node.label);
        json_.field("confidence", node.confidence);
        json_.end_object();
    }

    void write_edge(const trace::Edge& edge) {
        json_.begin_object();
        json_.field("chain", to_string(edge.chain))
            .field("tx", chain::format_hash(edge.chain, edge.txn));
        json_.field("block", edge.at.block);
        json_.field("from", chain::format_address(edge.chain, edge.from));
        json_.field("to", chain::format_address(edge.arrives_on(), edge.to));
        if (edge.spends) json_.field("spends", chain::format_outpoint(edge.chain, *edge.spends));
        if (edge.outpoint)
            json_.field("outpoint", chain::format_outpoint(edge.chain, *edge.outpoint));
        json_.field("asset", edge.asset.text())
            .field("amount", edge.amount)
            .field("tainted", edge.tainted);
        if (edge.to_asset) json_.field("to_asset", edge.to_asset->text());
        if (edge.to_amount) json_.field("to_amount", *edge.to_amount);
        if (edge.to_tainted) json_.field("to_tainted", *edge.to_tainted);
        json_.field("kind", edge.kind).field("confidence", edge.confidence).field("hop", edge.hop);
        // Always there: contracts name it; null where the source gives no time.
        json_.key("time");
        edge.time ? json_.value(*edge.time) : json_.null();
        if (!edge.why.empty()) {
            json_.key("why").begin_array();
            for (const std::string& reason : edge.why) json_.value(reason);
            json_.end_array();
        }
        if (edge.to_chain && edge.to_txn)
            json_.field("to_chain", to_string(*edge.to_chain))
                .field("to_tx", chain::format_hash(*edge.to_chain, *edge.to_txn));
        // On the side where the money was given: a bridge has another address on the other.
        if (edge.via) json_.field("via", chain::format_address(edge.chain, *edge.via));
        json_.end_object();
    }

    void write_totals() {
        row();
        json_.key("totals").begin_object();
        if (const trace::Total* main = scale_.main_total(result_)) write_books(*main);
        json_.key("by_asset").begin_array();
        for (const trace::Total& total : result_.totals) {
            json_.begin_object();
            write_books(total);
            json_.end_object();
        }
        json_.end_array();
        json_.field("nodes", result_.nodes.size()).field("edges", result_.edges.size());
        json_.field("endpoints", result_.endpoints.size()).end_object();
    }

    void write_params() {
        const trace::Params& params = result_.params;
        row();
        json_.key("params").begin_object().key("seeds").begin_array();
        for (const trace::Seed& seed : result_.seeds)
            json_.begin_object()
                .field("chain", to_string(seed.chain))
                .field("seed", seed.text)
                .end_object();
        json_.end_array();
        json_.field("policy", trace::to_string(params.policy));
        json_.field("overspend", trace::to_string(params.overspend));
        json_.field("direction", trace::to_string(params.direction));
        json_.field("max_hops", params.max_hops).field("min_usd", params.min_usd);
        json_.field("min_amount", params.min_amount).field("min_share", params.min_share);
        if (params.since) json_.field("since", *params.since);
        if (params.until) json_.field("until", *params.until);
        json_.field("max_nodes", params.max_nodes).field("max_edges", params.max_edges);
        json_.field("service_degree", params.service_degree);
        json_.field("service_both_sides", params.service_both_sides).key("stop").begin_array();
        for (const Category category : params.stop) json_.value(to_string(category));
        json_.end_array();
        if (!params.through.empty()) {
            json_.key("through").begin_array();
            for (const auto& [chain, address] : params.through)
                json_.value(to_string(chain) + ":" + chain::format_address(chain, address));
            json_.end_array();
        }
        json_.field("min_purity", params.min_purity);
        json_.field("stranger_senders", params.stranger_senders);
        json_.field("stranger_purity", params.stranger_purity);
        json_.field("min_confidence", params.min_confidence);
        json_.field("through_joins", params.through_joins);
        for (const auto& [name, value] : result_.method) json_.field(name, value);
        json_.end_object();
    }

    void write_assets() {
        if (!options_.context) return;
        std::set<std::pair<ChainId, Asset>> assets;
        for (const trace::Total& total : result_.totals) assets.emplace(total.chain, total.asset);
        for (const trace::Node& node : result_.nodes)
            for (const trace::Holding& holding : node.holdings)
                assets.emplace(node.chain, holding.asset);
        row();
        json_.key("assets").begin_array();
        for (const auto& [chain, asset] : assets) {
            json_.begin_object().field("chain", to_string(chain)).field("asset", asset.text());
            if (const auto info = options_.context->asset(chain, asset)) {
                json_.field("symbol", info->symbol).field("decimals", info->decimals);
                json_.field("status", to_string(info->status));
            }
            json_.end_object();
        }
        json_.end_array();
    }

private:
    void row() {
        if (!options_.one_line) json_.new_line();
    }

    template <typename Rows, typename Write>
    void rows(std::string_view name, const Rows& list, const Write& write_one) {
        row();
        json_.key(name).begin_array();
        for (const auto& item : list) {
            row();
            write_one(item);
        }
        json_.end_array();
    }

    void write_label(const std::optional<Label>& label) {
        if (!label) return;
        json_.field("label", label->text).field("category", to_string(label->category));
        json_.field("label_source", label->source).field("label_confidence", label->confidence);
    }

    /// All that is said about an address that has a label, the one that is shown included.
    void write_labels(ChainId chain, const Address& address, const std::optional<Label>& shown) {
        if (!shown || options_.context == nullptr) return;
        const std::vector<Label> labels = options_.context->labels(chain, address);
        json_.key("labels").begin_array();
        for (const Label& label : labels) {
            json_.begin_object().field("label", label.text);
            json_.field("category", to_string(label.category)).field("source", label.source);
            json_.field("confidence", label.confidence);
            if (!label.entity.empty()) json_.field("entity", label.entity);
            if (!label.detail.empty()) json_.field("detail", label.detail);
            if (label.as_of) json_.field("as_of", *label.as_of);
            if (!label.list.empty()) json_.field("list", label.list);
            json_.end_object();
        }
        json_.end_array();
        if (const auto conflict = trace::label_conflict(labels, result_.params.stop))
            json_.field("conflict", true).field("conflict_why", *conflict);
    }

    void write_amounts(const trace::Holding& holding) {
        json_.field("received", holding.received)
            .field("tainted", holding.tainted)
            .field("resting", holding.resting);
    }

    void write_endpoint(const trace::Endpoint& end) {
        json_.begin_object();
        json_.field("address", chain::format_address(end.chain, end.address))
            .field("chain", to_string(end.chain));
        json_.key("category");
        end.label ? json_.value(to_string(end.label->category)) : json_.null();
        if (end.label) {
            json_.field("label", end.label->text).field("label_source", end.label->source);
            json_.field("label_confidence", end.label->confidence);
        }
        json_.field("tainted", end.tainted)
            .field("asset", end.asset.text())
            .field("stop", trace::to_string(end.stop));
        if (end.usd) json_.field("usd", *end.usd);
        if (end.outpoint) json_.field("outpoint", chain::format_outpoint(end.chain, *end.outpoint));
        if (end.join) {
            json_.field("join", chain::format_hash(end.chain, *end.join)).key("why").begin_array();
            for (const std::string& reason : end.why) json_.value(reason);
            json_.end_array();
        }
        write_labels(end.chain, end.address, end.label);
        if (end.candidates > 0)
            json_.field("candidates", end.candidates)
                .field("candidate_confidence", end.best_candidate);
        json_.field("confidence", end.confidence);
        json_.end_object();
    }

    void write_path(const trace::Path& path) {
        json_.begin_object().field("bottleneck", path.bottleneck).field("asset", path.asset.text());
        if (path.usd) json_.field("usd", *path.usd);
        json_.key("edges").begin_array();
        for (const uint32_t edge : path.edges) json_.value(edge);
        json_.end_array().end_object();
    }

    void write_watch(const Watch& watch) {
        json_.begin_object()
            .field("chain", to_string(watch.chain))
            .field("address", chain::format_address(watch.chain, watch.address));
        if (watch.outpoint)
            json_.field("outpoint", chain::format_outpoint(watch.chain, *watch.outpoint));
        json_.field("asset", watch.asset.text()).field("tainted", watch.tainted);
        if (watch.since) json_.field("since", *watch.since);
        json_.field("case", watch.case_name)
            .field("source", watch.source)
            .field("confidence", watch.confidence)
            .end_object();
    }

    void write_books(const trace::Total& total) {
        json_.field("chain", to_string(total.chain)).field("asset", total.asset.text());
        json_.field("seeded", total.seeded).field("inherited", total.inherited);
        json_.field("swapped_in", total.swapped_in).field("swapped_out", total.swapped_out);
        json_.field("resting", total.resting)
            .field("fees", total.fees)
            .field("burned", total.burned);
        json_.field("assumed", total.assumed);
    }

    const trace::TraceResult& result_;
    const JsonOptions& options_;
    JsonWriter json_;
    trace::ValueScale scale_;
};

}  // namespace cordon::report
