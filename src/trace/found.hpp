// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "asset_numbers.hpp"
#include "chunks.hpp"
#include "node.hpp"
#include "short_amounts.hpp"

namespace cordon::trace {

/// The nodes that a walk found and where money rests, in numbers: what the Books write, and the
/// lists of a result tell. Nothing of it points anywhere, so that most of a trace is made by
/// filling memory and goes as one piece.
struct Found {
    using NodeId = uint32_t;
    static constexpr uint32_t kNone = ~uint32_t{0};

    struct Holding {
        uint32_t asset = kNone;  ///< A number of assets; kNone: there is no holding.
        uint32_t more = kNone;   ///< The next one of the node: a place in `more_holdings`.
        ShortAmount received, tainted, resting;
    };
    /// Two lines of memory.
    struct alignas(64) Node {
        Address address;
        Stop stop : 6 = Stop::kNone;
        bool seed : 1 = false;
        bool spent_unknown : 1 = false;
        uint32_t hop = 0;
        uint32_t label = kNone;  ///< A place in `labels`.
        uint32_t chain = 0;      ///< A place in `chains`.
        // When it was first and last seen: milliseconds; the last comes before the first when
        // never.
        int64_t first_seen = std::numeric_limits<int64_t>::max();
        int64_t last_seen = std::numeric_limits<int64_t>::min();
        Holding holding;

        std::optional<UnixMillis> first() const noexcept { return time(first_seen); }
        std::optional<UnixMillis> last() const noexcept { return time(last_seen); }

    private:
        std::optional<UnixMillis> time(int64_t count) const noexcept {
            if (first_seen > last_seen) return std::nullopt;
            return UnixMillis{std::chrono::milliseconds{count}};
        }
    };
    static_assert(sizeof(Node) == 128 && std::is_trivially_destructible_v<Node>);

    /// Taint of a node that rests for one reason.
    struct Rest {
        ShortAmount tainted;
        NodeId node = 0;
        uint32_t asset = 0;       ///< A number of assets.
        uint32_t output = kNone;  ///< A place in `outputs`.
        uint32_t next = kNone;    ///< The one before it of the same node.
        Stop stop = Stop::kNone;
    };
    struct Candidates {
        uint32_t count = 0;
        double best = 0;
    };

    Chunks<Node> nodes;
    Chunks<Holding> more_holdings;
    std::vector<ChainId> chains;
    std::vector<Label> labels;
    std::vector<NodeId> labelled;  ///< Whose they are.
    AssetNumbers assets;
    ShortAmounts amounts;
    std::vector<OutPoint> outputs;
    std::map<std::tuple<NodeId, Asset, std::optional<OutPoint>>, Candidates> candidates;
    std::map<OutPoint, std::pair<Hash256, std::vector<std::string>>> joins;
    // Once the walk is over.
    std::vector<NodeId> order;               ///< Of the nodes, as a result promises.
    std::vector<Rest> rests;                 ///< The endpoints, in order.
    std::vector<std::optional<double>> usd;  ///< Of the rests; empty when none is priced.
    std::vector<double> confidence;          ///< Of the nodes, in order; empty when all are sure.

    ChainId chain_of(const Node& node) const noexcept { return chains[node.chain]; }
    const Label* label_of(const Node& node) const noexcept {
        return node.label == kNone ? nullptr : &labels[node.label];
    }
    std::optional<OutPoint> output_of(const Rest& rest) const {
        return rest.output == kNone ? std::nullopt : std::optional{outputs[rest.output]};
    }
    trace::Node tell(const Node& node) const;
    Endpoint tell(const Rest& rest) const;
};

}  // namespace cordon::trace
