// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "movements.hpp"
#include "rank.hpp"

namespace cordon::trace {

/// All that a ranking has met, and the result made of it.
struct RankedGraph {
    struct Node {
        ChainId chain;
        Address address;
        uint32_t hop = 0;
        bool seed = false;
        double score = 0;
        std::optional<Label> label;
        Stop stop = Stop::kNone;
    };
    struct Edge {
        uint32_t from = 0, to = 0;  // Places in nodes.
        Movement movement;
    };
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    bool incomplete = false;
};

/// The nodes of the local community, by descending score: seeds first, then as long as the score of
/// the nodes next to those taken is at least phi of the score of those taken. Cost: O(n log n + m).
std::vector<uint32_t> community(const RankedGraph& graph, double phi);

TraceResult ranked_result(RankedGraph graph, std::span<const Seed> seeds, const RankParams& params);

/// The edge that shows a movement; all of it counts as tainted.
Edge edge_of(const Movement& movement, uint32_t hop);
/// Widens first_seen and last_seen.
void see(Node& node, std::optional<UnixMillis> time);
/// Adds what an edge brings to its receiver.
void receive(Node& node, const Edge& edge);

}  // namespace cordon::trace
