// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "widest_path.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace cordon::trace {
namespace {

struct Step {
    double value = 0;
    std::vector<uint32_t> edges;
};

}  // namespace

WidestPath widest_path(const TraceResult& result, const ValueScale& scale, uint32_t from,
                       uint32_t to) {
    std::map<std::pair<ChainId, Address>, uint32_t> place;
    for (const Node& node : result.nodes)
        place.emplace(std::pair{node.chain, node.address}, static_cast<uint32_t>(place.size()));
    std::vector<std::map<uint32_t, Step>> steps(result.nodes.size());
    for (uint32_t i = 0; i < result.edges.size(); ++i) {
        const Edge& edge = result.edges[i];
        const auto a = place.find({edge.chain, edge.from});
        const auto b = place.find({edge.arrives_on(), edge.to});
        if (a == place.end() || b == place.end() || a->second == b->second) continue;
        Step& step = steps[a->second][b->second];
        step.value += scale.value(edge.chain, edge.asset, edge.tainted);
        step.edges.push_back(i);
    }

    // Dijkstra with "the least on the way" for the length: the widest front goes on first.
    struct Reached {
        double width = -1;
        uint32_t steps = 0, before = 0;
        bool done = false;
    };
    std::vector<Reached> reached(result.nodes.size());
    using Front = std::tuple<double, int64_t, uint32_t>;  // Width, minus steps, node.
    std::priority_queue<Front> front;
    reached[from].width = std::numeric_limits<double>::max();
    front.emplace(reached[from].width, 0, from);
    while (!front.empty()) {
        const uint32_t at = std::get<2>(front.top());
        front.pop();
        if (reached[at].done) continue;
        reached[at].done = true;
        if (at == to) break;
        for (const auto& [next, step] : steps[at]) {
            const double width = std::min(reached[at].width, step.value);
            const uint32_t count = reached[at].steps + 1;
            Reached& other = reached[next];
            if (other.done || width < other.width || (width == other.width && count >= other.steps))
                continue;
            other.width = width;
            other.steps = count;
            other.before = at;
            front.emplace(width, -int64_t{count}, next);
        }
    }

    WidestPath path;
    if (!reached[to].done) return path;
    for (uint32_t at = to; at != from; at = reached[at].before) path.nodes.push_back(at);
    path.nodes.push_back(from);
    std::reverse(path.nodes.begin(), path.nodes.end());
    for (std::size_t i = 1; i < path.nodes.size(); ++i) {
        const Step& step = steps[path.nodes[i - 1]].at(path.nodes[i]);
        path.edges.insert(path.edges.end(), step.edges.begin(), step.edges.end());
    }
    if (from != to) path.bottleneck = reached[to].width;
    return path;
}

}  // namespace cordon::trace
