// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "layout.hpp"

/// Inside of the layout: what is drawn before it has a place. Not for other rooms.
namespace cordon::trace::flow {

/// All movements from one thing to another.
struct Link {
    uint32_t from = 0, to = 0;
    double value = 0;  // Width: taint, or everything in kAllMoney.
    double tainted = 0;
    double moved = 0;
    uint64_t movements = 0;
    double confidence = 1;
    std::optional<UnixMillis> first, last;
    uint64_t kinds = 0;  // Of Graph::kinds, as bits.
    void join(const Link& other);
};

/// One address.
struct Vertex {
    uint32_t hop = 0;
    Stop stop = Stop::kNone;
    bool seed = false, service = false;
    uint32_t column = 0;
    double in = 0, out = 0, rest = 0;
    double received = 0, tainted = 0;   // Of the holdings.
    double sent = 0, sent_tainted = 0;  // By movements, fees included.
    /// When the walk first came here: milliseconds, counted down for a backward walk. Starts come
    /// before everything.
    std::optional<int64_t> reached;

    /// Seeds, and who paid in a seed txn: what leaves them is stolen by definition.
    bool start() const noexcept { return seed || hop == 0; }
    /// What of `all_that_passed()` is stolen. A start is judged by what leaves it; elsewhere taint
    /// that appears by overspending counts as passing.
    double stolen_that_passed() const noexcept {
        return start() ? sent_tainted : tainted + appears();
    }
    double all_that_passed() const noexcept { return start() ? sent : received + appears(); }
    double appears() const noexcept { return std::max(0.0, sent_tainted + rest - tainted); }
};

struct Graph {
    const NodeList* nodes = nullptr;  // Of the result.
    std::vector<Vertex> vertices;     // One for each node, in its order.
    std::vector<Link> links;      // By (from, to), each pair once, none from a vertex to itself.
    std::vector<uint64_t> swaps;  // Movements from a vertex to itself.
    /// What kinds of movement there are: "native", "bridge to bsc". The last of 64 stands for all
    /// that come after it, as "other".
    std::vector<std::string> kinds;
    uint64_t internal_movements = 0;
    uint64_t fee_movements = 0;
    double fee_value = 0;
    uint64_t outside = 0;  // Movements that LayoutParams::since, until and assets leave out.
    /// The walk went against the money: links lead from receiver to sender.
    bool backward = false;
    bool searched = false;  // Mode ranked or paths: nobody says that its start is a theft.
};

/// Joins the edges of a result by pair of addresses and values them: all, or with `part` those of
/// its time and assets.
Graph build_graph(const TraceResult& result, const ValueScale& scale, FlowMode mode,
                  const LayoutParams* part = nullptr);

/// Links of groups: `group[v]` is the group of vertex v. Links inside a group are counted in
/// `internal` (value by group).
std::vector<Link> join_links(const std::vector<Link>& links, const std::vector<uint32_t>& group,
                             std::size_t groups, std::vector<double>& internal,
                             uint64_t& internal_movements);

/// Columns along the main inflows: a group stands one after the last of those that bring it a
/// considerable part of its money, looking only at links that lead on in time, so that cycles end.
/// Starts stand in column 0.
std::vector<uint32_t> assign_columns(const Graph& graph, const std::vector<uint32_t>& group,
                                     std::size_t groups);

/// Runs of wallets that each get nearly everything from the one before and pass most of it on: one
/// group for each run of at least three; every other vertex is a group of its own. Groups are
/// numbered by their first vertex.
std::vector<uint32_t> find_chains(const Graph& graph, std::size_t& groups);

/// True for categories where money can be asked for; theft, scam, ransomware and sanctioned are
/// people, not services.
bool is_service(const Node& node) noexcept;

}  // namespace cordon::trace::flow
