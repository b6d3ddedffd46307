// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "confidence.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <unordered_map>

namespace cordon::trace {
namespace {

using Key = std::pair<ChainId, Address>;
struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
        return std::hash<ChainId>{}(key.first) ^ std::hash<Address>{}(key.second);
    }
};

}  // namespace

std::vector<double> confidence_of_nodes(const TraceResult& result) {
    if (result.edges.all_sure()) return {};
    std::unordered_map<Key, uint32_t, KeyHash> index;  // Looked up only.
    std::vector<double> all;
    std::priority_queue<std::pair<double, uint32_t>> queue;
    for (const Node& node : result.nodes) {
        const auto place = static_cast<uint32_t>(all.size());
        index.emplace(Key{node.chain, node.address}, place);
        all.push_back(node.seed || node.hop == 0 ? 1 : 0);
        if (all.back() > 0) queue.emplace(1, place);
    }
    struct Way {
        uint32_t from, to;
        double confidence;
    };
    std::vector<Way> ways;
    for (const Edge& edge : result.edges) {
        const auto from = index.find({edge.chain, edge.from});
        const auto to = index.find({edge.arrives_on(), edge.to});
        if (from == index.end() || to == index.end()) continue;
        Way way{from->second, to->second, edge.confidence};
        if (result.params.direction == Direction::kBackward) std::swap(way.from, way.to);
        ways.push_back(way);
        if (result.mode == Mode::kRanked) ways.push_back({way.to, way.from, way.confidence});
    }
    std::sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) { return a.from < b.from; });

    // Dijkstra's algorithm with products: no confidence is above 1, so none grows on the way.
    while (!queue.empty()) {
        const auto [confidence, at] = queue.top();
        queue.pop();
        if (confidence < all[at]) continue;
        auto way = std::lower_bound(ways.begin(), ways.end(), at,
                                    [](const Way& a, uint32_t from) { return a.from < from; });
        for (; way != ways.end() && way->from == at; ++way) {
            const double there = confidence * way->confidence;
            if (there <= all[way->to]) continue;
            all[way->to] = there;
            queue.emplace(there, way->to);
        }
    }
    return all;
}

void weigh_nodes(TraceResult& result) {
    const std::vector<double> confidence = confidence_of_nodes(result);
    if (confidence.empty()) return;
    std::vector<Node> nodes = result.nodes.all();
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].confidence = confidence[i];
    result.nodes = std::move(nodes);
}

}  // namespace cordon::trace
