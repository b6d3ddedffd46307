// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ranked_result.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "confidence.hpp"

namespace cordon::trace {
namespace {

constexpr uint32_t kOutside = ~uint32_t{0};

/// Neighbours of each node, either way; a neighbour may come twice.
struct Neighbours {
    std::vector<uint32_t> start, list;

    explicit Neighbours(const RankedGraph& graph) : start(graph.nodes.size() + 1, 0) {
        for (const RankedGraph::Edge& edge : graph.edges) {
            ++start[edge.from + 1];
            ++start[edge.to + 1];
        }
        std::partial_sum(start.begin(), start.end(), start.begin());
        list.resize(start.back());
        std::vector<uint32_t> next{start.begin(), start.end() - 1};
        for (const RankedGraph::Edge& edge : graph.edges) {
            list[next[edge.from]++] = edge.to;
            list[next[edge.to]++] = edge.from;
        }
    }
    std::span<const uint32_t> of(uint32_t node) const {
        return std::span{list}.subspan(start[node], start[node + 1] - start[node]);
    }
};

/// What is said of an asset in a node; made when it is new.
Holding& holding_of(Node& node, const Asset& asset) {
    const auto at = std::lower_bound(
        node.holdings.begin(), node.holdings.end(), asset,
        [](const Holding& holding, const Asset& key) { return holding.asset < key; });
    if (at != node.holdings.end() && at->asset == asset) return *at;
    return *node.holdings.insert(at, Holding{asset, {}, {}, {}});
}

}  // namespace

void see(Node& node, std::optional<UnixMillis> time) {
    if (!time) return;
    if (!node.first_seen || *time < *node.first_seen) node.first_seen = time;
    if (!node.last_seen || *time > *node.last_seen) node.last_seen = time;
}

std::vector<uint32_t> community(const RankedGraph& graph, double phi) {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < graph.nodes.size(); ++i)
        if (graph.nodes[i].score > 0) order.push_back(i);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
        const auto& x = graph.nodes[a];
        const auto& y = graph.nodes[b];
        if (x.seed != y.seed) return x.seed;
        if (x.score != y.score) return x.score > y.score;
        return std::tie(x.chain, x.address) < std::tie(y.chain, y.address);
    });
    const Neighbours neighbours{graph};
    enum : uint8_t { kFar, kBeside, kTaken };
    std::vector<uint8_t> state(graph.nodes.size(), kFar);
    // Sums that go up and down are kept by recounting nothing: what is beside leaves when taken,
    // and rounding at the last bits cannot matter against phi.
    double inside = 0, beside = 0;
    std::size_t taken = 0;
    for (const uint32_t node : order) {
        if (taken > 0 && !graph.nodes[node].seed && beside < phi * inside) break;
        if (state[node] == kBeside) beside -= graph.nodes[node].score;
        state[node] = kTaken;
        inside += graph.nodes[node].score;
        ++taken;
        for (const uint32_t next : neighbours.of(node)) {
            if (state[next] != kFar) continue;
            state[next] = kBeside;
            beside += graph.nodes[next].score;
        }
    }
    order.resize(taken);
    return order;
}

Edge edge_of(const Movement& movement, uint32_t hop) {
    Edge edge;
    edge.chain = movement.chain;
    edge.txn = movement.txn;
    edge.at = movement.at;
    edge.time = movement.time;
    edge.from = movement.from;
    edge.to = movement.to;
    edge.asset = movement.asset;
    edge.amount = edge.tainted = movement.amount;
    edge.kind = movement.kind;
    edge.confidence = movement.confidence;
    edge.hop = hop;
    if (movement.converts()) {
        edge.to_asset = movement.to_asset;
        edge.to_amount = edge.to_tainted = movement.to_amount;
    }
    if (movement.far != nullptr) {
        edge.to_chain = movement.far->chain;
        edge.to_txn = movement.far->txn;
        edge.via = movement.far->via;
    }
    if (movement.why != nullptr) edge.why = *movement.why;
    return edge;
}

void receive(Node& node, const Edge& edge) {
    const Asset& asset = edge.to_asset ? *edge.to_asset : edge.asset;
    const Amount& amount = edge.to_amount ? *edge.to_amount : edge.amount;
    Holding& holding = holding_of(node, asset);
    holding.received += amount;
    holding.tainted += amount;
}

TraceResult ranked_result(RankedGraph graph, std::span<const Seed> seeds,
                          const RankParams& params) {
    TraceResult result;
    result.mode = Mode::kRanked;
    result.seeds = {seeds.begin(), seeds.end()};
    result.params.since = params.since;
    result.params.until = params.until;
    result.params.max_nodes = params.max_nodes;
    result.params.max_edges = params.max_edges;
    result.params.service_degree = params.service_degree;
    result.params.service_both_sides = params.service_both_sides;
    result.params.stop = params.stop;
    result.params.min_confidence = params.min_confidence;
    result.method = {{"alpha", params.alpha},
                     {"beta", params.beta},
                     {"epsilon", params.epsilon},
                     {"phi", params.phi},
                     {"idle_weight", params.idle_weight},
                     {"dust_share", params.dust_share},
                     {"max_pushes", static_cast<double>(params.max_pushes)}};
    result.incomplete = graph.incomplete;
    result.warnings.emplace_back(
        "ranked: amounts are all that moved between the addresses shown; which part was stolen, a "
        "trace by taint says");

    std::vector<Node> nodes;
    std::vector<uint32_t> place(graph.nodes.size(), kOutside);
    for (const uint32_t id : community(graph, params.phi)) {
        place[id] = static_cast<uint32_t>(nodes.size());
        RankedGraph::Node& from = graph.nodes[id];
        Node& node = nodes.emplace_back();
        node.chain = from.chain;
        node.address = from.address;
        node.hop = from.hop;
        node.seed = from.seed;
        node.label = std::move(from.label);
        node.stop = from.stop;
        node.score = from.score;
    }
    std::vector<Edge> edges;
    for (const RankedGraph::Edge& from : graph.edges) {
        if (place[from.from] == kOutside || place[from.to] == kOutside) continue;
        Node& to = nodes[place[from.to]];
        Edge edge = edge_of(from.movement, to.hop);
        see(nodes[place[from.from]], edge.time);
        see(to, from.movement.far != nullptr ? from.movement.far->time : edge.time);
        receive(to, edge);
        edges.push_back(std::move(edge));
    }
    std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
        return std::tie(a.chain, a.at, a.from, a.to, a.asset, a.amount) <
               std::tie(b.chain, b.at, b.from, b.to, b.asset, b.amount);
    });
    result.edges = std::move(edges);
    std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
        return std::tie(a.hop, a.chain, a.address) < std::tie(b.hop, b.chain, b.address);
    });
    result.nodes = std::move(nodes);
    weigh_nodes(result);
    return result;
}

}  // namespace cordon::trace
