// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

#include <algorithm>
#include <queue>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>

#include "confidence.hpp"
#include "path_graph.hpp"
#include "ranked_result.hpp"

namespace cordon::trace {
namespace {

using NodeId = PathGraph::NodeId;

constexpr uint32_t kMostHops = 64;
constexpr uint32_t kNone = ~uint32_t{0};

/// The beginning of a path.
struct Partial {
    uint32_t parent = kNone;
    uint32_t arc = kNone;
    NodeId node = 0;
    Moment arrived;
    uint32_t hops = 0;
    bool priced = false;
    double unit = 0;   // Value at the start of one unit of the asset held now.
    double value = 0;  // Of `carry`, where the path begins: USD, or units of the first asset.
    Amount carry;      // The most that can have come so far, in the asset held now.
};

class Search {
public:
    Search(const PathGraph& graph, const Sight& sight, const PathParams& params,
           const std::atomic<bool>* cancel)
        : graph_{graph}, sight_{sight}, params_{params}, cancel_{cancel} {}

    /// Labels that end at a target, the widest first.
    std::vector<uint32_t> run() {
        for (NodeId id = 0; id < graph_.spots().size(); ++id)
            if (graph_.spots()[id].start) extend(kNone, id);
        std::vector<uint32_t> answers;
        while (!queue_.empty() && answers.size() < params_.count) {
            if (labels_.size() >= params_.max_labels ||
                (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed))) {
                stopped_ = true;
                break;
            }
            const uint32_t at = queue_.top();
            queue_.pop();
            const NodeId node = labels_[at].node;
            if (graph_.spots()[node].target && !graph_.spots()[node].start) {
                if (told_.insert(route(at)).second) answers.push_back(at);
                continue;
            }
            if (!graph_.spots()[node].closed) extend(at, node);
        }
        return answers;
    }

    const std::vector<Partial>& labels() const noexcept { return labels_; }
    bool stopped() const noexcept { return stopped_; }

private:
    struct Narrower {
        const std::vector<Partial>& labels;
        bool operator()(uint32_t a, uint32_t b) const {
            const Partial& x = labels[a];
            const Partial& y = labels[b];
            if (x.priced != y.priced) return y.priced;
            if (x.value != y.value) return x.value < y.value;
            if (x.hops != y.hops) return x.hops > y.hops;
            return a > b;  // Made in chain order.
        }
    };

    /// Addresses and assets on the way, which is what tells two ways apart.
    std::vector<std::pair<NodeId, Asset>> route(uint32_t at) const {
        std::vector<std::pair<NodeId, Asset>> way;
        for (; at != kNone; at = labels_[at].parent)
            way.emplace_back(labels_[at].node, graph_.arcs()[labels_[at].arc].movement.to_asset);
        return way;
    }
    bool meets(uint32_t at, NodeId node) const {
        for (; at != kNone; at = labels_[at].parent)
            if (labels_[at].node == node || graph_.arcs()[labels_[at].arc].from == node)
                return true;
        return false;
    }

    void extend(uint32_t at, NodeId node) {
        const Partial from = at == kNone ? Partial{} : labels_[at];
        const uint32_t left = params_.max_hops - from.hops;
        if (left == 0) return;
        const auto& latest = graph_.latest(node, left);
        const Moment since = at == kNone ? graph_.spots()[node].since : from.arrived;
        if (!latest || !latest->not_before(since)) return;
        const auto& arcs = graph_.arcs();
        const auto& out = graph_.spots()[node].out;
        const Asset* held = at == kNone ? nullptr : &arcs[from.arc].movement.to_asset;
        std::map<std::tuple<NodeId, Asset, Asset>, std::vector<Reached>> reached;
        for (auto place = std::partition_point(
                 out.begin(), out.end(),
                 [&](uint32_t arc) { return !arcs[arc].movement.leaving().not_before(since); });
             place != out.end(); ++place) {
            const PathGraph::Arc& arc = arcs[*place];
            const Movement& row = arc.movement;
            if (row.at.block > latest->block) break;
            if (held != nullptr && (row.asset != *held || row.begins)) continue;
            // A swap happens after what it sells has come, by position: two swaps of one block must
            // not feed each other.
            const bool own = arc.to == node;
            if (own && at != kNone && arcs[from.arc].to == arcs[from.arc].from &&
                !(row.at > end_of(arcs[from.arc].movement)))
                continue;
            if (!own && (meets(at, arc.to) || graph_.spots()[arc.to].start)) continue;
            const bool arrives = graph_.spots()[arc.to].target;
            if (!arrives) {
                const auto& next = graph_.latest(arc.to, left - 1);
                if (row.ends || !next || !next->not_before(row.arriving())) continue;
            }
            Partial label = next_label(from, at, node, row);
            if (label.carry.is_zero() || !is_new(reached[{arc.to, row.asset, row.to_asset}], label))
                continue;
            label.arc = *place;
            label.node = arc.to;
            labels_.push_back(label);
            queue_.push(static_cast<uint32_t>(labels_.size() - 1));
        }
    }

    static TxnPosition end_of(const Movement& row) {
        return row.far != nullptr ? row.far->at : row.at;
    }

    /// What came to one place in one asset.
    struct Reached {
        Moment when;
        double value = 0;
    };
    /// Another movement to the same place in the same asset is of use only when it is wider or
    /// comes sooner, as a crossing that left later may.
    static bool is_new(std::vector<Reached>& reached, const Partial& label) {
        constexpr std::size_t kLooked = 64;  // A label too many costs time, and changes no answer.
        std::size_t looked = 0;
        for (auto each = reached.rbegin(); each != reached.rend() && looked < kLooked;
             ++each, ++looked)
            if (each->when.no_later(label.arrived) && label.value <= each->value) return false;
        reached.push_back({label.arrived, label.value});
        return true;
    }

    Partial next_label(const Partial& from, uint32_t at, NodeId node, const Movement& row) const {
        Partial label;
        label.parent = at;
        label.arrived = row.arriving();
        label.hops = from.hops + 1;
        Amount carry = row.amount;
        if (at == kNone) {
            const auto usd =
                sight_.context.usd(graph_.spots()[node].chain, row.asset, row.amount, row.time);
            label.priced = usd.has_value();
            label.value = usd ? *usd : row.amount.to_double();
            label.unit = label.value / row.amount.to_double();
        } else {
            carry = std::min(from.carry, row.amount);
            label.priced = from.priced;
            label.unit = from.unit;
            label.value = std::min(from.value, carry.to_double() * from.unit);
        }
        label.carry = carry;
        if (row.converts()) {
            label.carry = mul_div(row.to_amount, carry, row.amount);
            label.unit *= row.amount.to_double() / row.to_amount.to_double();
        }
        return label;
    }

    const PathGraph& graph_;
    const Sight& sight_;
    const PathParams& params_;
    const std::atomic<bool>* cancel_;
    std::vector<Partial> labels_;
    std::priority_queue<uint32_t, std::vector<uint32_t>, Narrower> queue_{Narrower{labels_}};
    std::set<std::vector<std::pair<NodeId, Asset>>> told_;
    bool stopped_ = false;
};

Status check(const PathParams& params, std::span<const Seed> seeds, std::span<const Seed> targets) {
    if (seeds.empty() || targets.empty())
        return fail(ErrorCode::kInvalidParam, "a path search needs a seed and a target");
    if (params.max_hops == 0 || params.max_hops > kMostHops)
        return fail(ErrorCode::kInvalidParam,
                    format("hops {} is not in 1..{}", params.max_hops, kMostHops));
    if (params.count == 0 || params.max_nodes == 0 || params.max_edges == 0 ||
        params.max_labels == 0 || params.max_txns == 0)
        return fail(ErrorCode::kInvalidParam, "the bounds of a path search must be at least 1");
    if (!(params.min_confidence >= 0 && params.min_confidence <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("min-confidence {} is not in 0..1", params.min_confidence));
    if (!(params.min_usd >= 0))
        return fail(ErrorCode::kInvalidParam,
                    format("min-usd {} is not 0 or more", params.min_usd));
    return {};
}

TraceResult result_of(const PathGraph& graph, const Search& search,
                      const std::vector<uint32_t>& answers) {
    TraceResult result;
    result.mode = Mode::kPaths;
    std::set<uint32_t> used;
    std::map<NodeId, uint32_t> hops;
    for (const uint32_t answer : answers)
        for (uint32_t at = answer; at != kNone; at = search.labels()[at].parent) {
            const Partial& label = search.labels()[at];
            const PathGraph::Arc& arc = graph.arcs()[label.arc];
            used.insert(label.arc);
            const auto near = [&](NodeId node, uint32_t hop) {
                const auto [known, fresh] = hops.try_emplace(node, hop);
                known->second = std::min(known->second, hop);
                static_cast<void>(fresh);
            };
            near(arc.to, label.hops);
            near(arc.from, label.hops - 1);
        }
    std::map<NodeId, Node> nodes;
    for (const auto& [id, hop] : hops) {
        const PathGraph::Spot& spot = graph.spots()[id];
        Node& node = nodes[id];
        node.chain = spot.chain;
        node.address = spot.address;
        node.hop = hop;
        node.seed = spot.start;
        node.label = spot.label;
    }
    std::vector<Edge> edges;
    std::map<uint32_t, uint32_t> place;  // Arc to edge.
    for (const uint32_t arc : used) {
        const PathGraph::Arc& from = graph.arcs()[arc];
        Node& to = nodes[from.to];
        Edge edge = edge_of(from.movement, to.hop);
        receive(to, edge);
        see(nodes[from.from], edge.time);
        see(to, from.movement.far != nullptr ? from.movement.far->time : edge.time);
        place[arc] = static_cast<uint32_t>(edges.size());
        edges.push_back(std::move(edge));
    }
    result.edges = std::move(edges);
    for (const uint32_t answer : answers) {
        const Partial& end = search.labels()[answer];
        Path path{{}, graph.arcs()[end.arc].movement.to_asset, end.carry, std::nullopt};
        if (end.priced) path.usd = end.value;
        for (uint32_t at = answer; at != kNone; at = search.labels()[at].parent)
            path.edges.push_back(place.at(search.labels()[at].arc));
        std::reverse(path.edges.begin(), path.edges.end());
        result.paths.push_back(std::move(path));
    }
    std::vector<Node> order;
    for (auto& [id, node] : nodes) order.push_back(std::move(node));
    std::sort(order.begin(), order.end(), [](const Node& a, const Node& b) {
        return std::tie(a.hop, a.chain, a.address) < std::tie(b.hop, b.chain, b.address);
    });
    result.nodes = std::move(order);
    weigh_nodes(result);
    return result;
}

}  // namespace

Result<TraceResult> find_paths(const ledger::Reader& ledger, const Context& context,
                               std::span<const LinkSource* const> links,
                               std::span<const Seed> seeds, std::span<const Seed> targets,
                               const PathParams& params,
                               const std::function<void(const Progress&)>& progress,
                               const std::atomic<bool>* cancel) {
    CORDON_TRY(check(params, seeds, targets));
    const Sight sight{ledger, context, links, params.since, params.until, params.min_confidence};
    CORDON_TRY(const auto starts, starts_of(sight, seeds));
    CORDON_TRY(const auto ends, starts_of(sight, targets));
    PathGraph graph{sight, params, cancel, progress};
    CORDON_TRY(graph.open(starts, ends));
    Search search{graph, sight, params, cancel};
    const std::vector<uint32_t> answers = search.run();

    TraceResult result = result_of(graph, search, answers);
    result.seeds = {seeds.begin(), seeds.end()};
    result.params.max_hops = params.max_hops;
    result.params.min_amount = params.min_amount;
    result.params.min_usd = params.min_usd;
    result.params.min_share = result.params.min_purity = 0;
    result.params.min_confidence = params.min_confidence;
    result.params.since = params.since;
    result.params.until = params.until;
    result.params.max_nodes = params.max_nodes;
    result.params.max_edges = params.max_edges;
    result.params.service_degree = params.service_degree;
    result.params.service_both_sides = 0;
    result.params.stop = params.stop;
    result.method = {{"count", params.count},
                     {"max_labels", static_cast<double>(params.max_labels)}};
    result.incomplete = search.stopped() || !graph.complete();
    result.warnings.emplace_back(
        "paths: a path says that value can have come this way, not that it did; amounts on its "
        "movements are all that moved");
    graph.reader().warn(result.warnings);
    return result;
}

}  // namespace cordon::trace
