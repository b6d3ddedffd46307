// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_graph.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "address_index.hpp"

namespace cordon::trace::flow {
namespace {

/// A link that brings at least this part of what a node gets decides about its column; less is a
/// side inflow.
constexpr double kConsiderable = 0.10;
/// A step of a peel chain gets nearly all from one wallet and passes most of it on to one.
constexpr double kChainIn = 0.95;
constexpr double kChainOut = 0.60;
constexpr std::size_t kChainSteps = 3;

void widen(std::optional<UnixMillis>& first, std::optional<UnixMillis>& last,
           const std::optional<UnixMillis>& a, const std::optional<UnixMillis>& b) {
    if (a && (!first || *a < *first)) first = a;
    if (b && (!last || *b > *last)) last = b;
}

/// Where the vertex of an address is: the same address on two chains is two things. Nodes are long:
/// what tells them apart is kept by itself.
class Index {
public:
    explicit Index(const NodeList& nodes) {
        keys_.reserve(nodes.size());
        for (const Node& node : nodes) {
            if (!find(node.chain, node.address))
                places_.add(AddressIndex::hash(node.chain, node.address),
                            static_cast<uint32_t>(keys_.size()));
            keys_.emplace_back(node.chain, node.address);
        }
    }
    std::optional<uint32_t> find(ChainId chain, const Address& address) const {
        const uint32_t place = places_.find(AddressIndex::hash(chain, address), [&](uint32_t at) {
            return keys_[at].second == address && keys_[at].first == chain;
        });
        if (place == AddressIndex::kNone) return std::nullopt;
        return place;
    }
    /// Fetches what find() will read.
    void prefetch(ChainId chain, const Address& address) const {
        const uint32_t hash = AddressIndex::hash(chain, address);
        const uint32_t place = places_.find(hash, [](uint32_t) { return true; });
        if (place != AddressIndex::kNone) __builtin_prefetch(&keys_[place]);
    }

private:
    std::vector<std::pair<ChainId, Address>> keys_;
    AddressIndex places_;
};

/// What a unit of an asset is worth. Most are asked for twice in a row, and are long to look up.
class Rates {
public:
    explicit Rates(const ValueScale& scale) noexcept : scale_{scale} {}
    double of(ChainId chain, const Asset& asset) {
        if (!rate_ || chain != chain_ || asset != asset_)
            rate_ = scale_.rate(chain_ = chain, asset_ = asset);
        return *rate_;
    }

private:
    const ValueScale& scale_;
    ChainId chain_;
    Asset asset_;
    std::optional<double> rate_;
};

/// Gives each kind of movement its bit.
class Kinds {
public:
    explicit Kinds(std::vector<std::string>& names) noexcept : names_{names} {}
    uint64_t bit(const Edge& edge) {
        const auto [known, fresh] = bits_.try_emplace(std::pair{edge.kind, edge.arrives_on()});
        if (fresh) known->second = uint64_t{1} << number(name_of(edge));
        return known->second;
    }

private:
    static constexpr std::size_t kMost = 64;
    static std::string name_of(const Edge& edge) {
        return edge.arrives_on() == edge.chain
                   ? std::string{edge.kind}
                   : std::string{edge.kind} + " to " + cordon::to_string(edge.arrives_on());
    }
    std::size_t number(std::string name) {
        if (names_.size() + 1 >= kMost) name = "other";
        const auto known = static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) -
                                                    names_.begin());
        if (known == names_.size()) names_.push_back(std::move(name));
        return known;
    }
    std::vector<std::string>& names_;
    std::map<std::pair<std::string_view, ChainId>, uint64_t> bits_;
};

bool shows(const LayoutParams& part, ChainId chain, const Asset& asset) {
    return part.assets.empty() || part.assets.contains({chain, asset});
}

/// A swap or crossing is of both assets. What has no time is of every time.
bool shows(const LayoutParams& part, const Edge& edge) {
    if (edge.time && part.since && *edge.time < *part.since) return false;
    if (edge.time && part.until && *edge.time > *part.until) return false;
    return shows(part, edge.chain, edge.asset) ||
           (edge.to_asset && shows(part, edge.arrives_on(), *edge.to_asset));
}

/// Where a link leads.
struct Lead {
    uint32_t from = 0, to = 0, link = 0;
};

/// Joins links of one pair, in the order in which they stand. Sorts where they lead, not the links:
/// they are long. Ends are numbers below `ends`, so counting them twice is enough.
std::vector<Link> sort_and_join(const std::vector<Link>& links, std::vector<Lead> leads,
                                std::size_t ends) {
    std::vector<Lead> sorted(leads.size());
    for (uint32_t Lead::* const end : {&Lead::to, &Lead::from}) {
        std::vector<uint32_t> next(ends + 1);
        for (const Lead& lead : leads) ++next[lead.*end + 1];
        std::partial_sum(next.begin(), next.end(), next.begin());
        for (const Lead& lead : leads) sorted[next[lead.*end]++] = lead;
        leads.swap(sorted);
    }
    std::vector<Link> joined;
    joined.reserve(leads.size());
    for (const auto& [from, to, link] : leads) {
        if (!joined.empty() && joined.back().from == from && joined.back().to == to) {
            joined.back().join(links[link]);
            continue;
        }
        Link& first = joined.emplace_back(links[link]);
        first.from = from;
        first.to = to;
    }
    return joined;
}

}  // namespace

void Link::join(const Link& other) {
    value += other.value;
    tainted += other.tainted;
    moved += other.moved;
    movements += other.movements;
    confidence = std::min(confidence, other.confidence);
    widen(first, last, other.first, other.last);
    kinds |= other.kinds;
}

bool is_service(const Node& node) noexcept {
    if (!node.label) return false;
    switch (node.label->category) {
        case Category::kTheft:
        case Category::kScam:
        case Category::kRansomware:
        case Category::kSanctioned:
        case Category::kUser: return false;
        default: return true;
    }
}

Graph build_graph(const TraceResult& result, const ValueScale& scale, FlowMode mode,
                  const LayoutParams* part) {
    Graph graph;
    graph.nodes = &result.nodes;
    const Index index{result.nodes};
    Rates rates{scale};
    graph.vertices.resize(result.nodes.size());
    graph.swaps.resize(result.nodes.size());
    for (std::size_t i = 0; i < result.nodes.size(); ++i) {
        Vertex& vertex = graph.vertices[i];
        const Node node = result.nodes[i];
        vertex.hop = node.hop;
        vertex.stop = node.stop;
        vertex.seed = node.seed;
        vertex.service = is_service(node);
        for (const Holding& holding : node.holdings) {
            if (part && !shows(*part, node.chain, holding.asset)) continue;
            const double rate = rates.of(node.chain, holding.asset);
            vertex.received += rate * holding.received.to_double();
            vertex.tainted += rate * holding.tainted.to_double();
            vertex.rest += rate * holding.resting.to_double();
        }
    }

    // A backward walk lists its movements as they happened. Here they lead away from the seed all
    // the same; turn_round() gives the picture its direction.
    const bool backward = graph.backward = result.params.direction == Direction::kBackward;
    graph.searched = result.mode == Mode::kRanked || result.mode == Mode::kPaths;
    std::vector<Link> links;
    std::vector<Lead> leads;
    links.reserve(result.edges.size());
    leads.reserve(result.edges.size());
    Kinds kinds{graph.kinds};
    constexpr std::size_t kAhead = 8;
    std::vector<Edge> ahead;  // Told, and their nodes on the way.
    for (std::size_t i = 0; i < result.edges.size(); ++i) {
        if (i % kAhead == 0) {
            ahead.clear();
            for (std::size_t j = i; j < std::min(i + kAhead, result.edges.size()); ++j) {
                const Edge& later = ahead.emplace_back(result.edges[j]);
                index.prefetch(later.chain, later.from);
                index.prefetch(later.arrives_on(), later.to);
            }
        }
        const Edge& edge = ahead[i % kAhead];
        if (part && !shows(*part, edge)) {
            ++graph.outside;
            continue;
        }
        const auto payer = index.find(edge.chain, edge.from);
        const auto payee = index.find(edge.arrives_on(), edge.to);
        const auto& from = backward ? payee : payer;
        const auto& to = backward ? payer : payee;
        Link link;
        const double rate = rates.of(edge.chain, edge.asset);
        link.tainted = rate * edge.tainted.to_double();
        link.moved = rate * edge.amount.to_double();
        link.value = mode == FlowMode::kAllMoney ? link.moved : link.tainted;
        if (from && from != to) {
            graph.vertices[*from].sent += link.moved;
            graph.vertices[*from].sent_tainted += link.tainted;
        }
        if (edge.kind == "fee" || !from || !to) {
            ++graph.fee_movements;
            graph.fee_value += link.value;
            continue;
        }
        if (*from == *to) {
            ++graph.swaps[*from];
            ++graph.internal_movements;
            continue;
        }
        link.from = *from;
        link.to = *to;
        link.movements = 1;
        link.confidence = edge.confidence;
        link.first = link.last = edge.time;
        link.kinds = kinds.bit(edge);
        leads.push_back({link.from, link.to, static_cast<uint32_t>(links.size())});
        links.push_back(link);
    }
    graph.links = sort_and_join(links, std::move(leads), result.nodes.size());
    for (const Link& link : graph.links) {
        Vertex& to = graph.vertices[link.to];
        to.in += link.value;
        graph.vertices[link.from].out += link.value;
        const auto& when = backward ? link.last : link.first;
        if (!when) continue;
        const int64_t key = when->time_since_epoch().count() * (backward ? -1 : 1);
        if (!to.reached || key < *to.reached) to.reached = key;
    }
    return graph;
}

std::vector<Link> join_links(const std::vector<Link>& links, const std::vector<uint32_t>& group,
                             std::size_t groups, std::vector<double>& internal,
                             uint64_t& internal_movements) {
    internal.assign(groups, 0.0);
    std::vector<Lead> leads;
    leads.reserve(links.size());
    for (uint32_t i = 0; i < links.size(); ++i) {
        const Link& link = links[i];
        const uint32_t from = group[link.from];
        const uint32_t to = group[link.to];
        if (from == to) {
            internal[from] += link.value;
            internal_movements += link.movements;
            continue;
        }
        leads.push_back({from, to, i});
    }
    return sort_and_join(links, std::move(leads), groups);
}

std::vector<uint32_t> assign_columns(const Graph& graph, const std::vector<uint32_t>& group,
                                     std::size_t groups) {
    // When money first reached a group. Equal times (one block, or no times at all) fall back on
    // the hop.
    struct Rank {
        int64_t time = std::numeric_limits<int64_t>::max();
        uint32_t hop = std::numeric_limits<uint32_t>::max();
        uint32_t id = 0;
        auto operator<=>(const Rank&) const = default;
    };
    std::vector<Rank> rank(groups);
    std::vector<char> seed(groups);
    std::vector<double> inflow(groups);
    for (std::size_t v = 0; v < graph.vertices.size(); ++v) {
        const Vertex& vertex = graph.vertices[v];
        Rank& r = rank[group[v]];
        const bool is_seed = vertex.start();
        const int64_t time = is_seed ? std::numeric_limits<int64_t>::min()
                                     : vertex.reached.value_or(std::numeric_limits<int64_t>::max());
        r.time = std::min(r.time, time);
        r.hop = std::min(r.hop, vertex.hop);
        r.id = group[v];
        if (is_seed) seed[group[v]] = 1;
    }
    std::vector<Link> joined;
    bool single = groups == group.size();  // Every vertex is a group of its own, of its number.
    for (uint32_t v = 0; v < group.size() && single; ++v) single = group[v] == v;
    if (!single) {
        std::vector<double> internal;
        uint64_t ignored = 0;
        joined = join_links(graph.links, group, groups, internal, ignored);
    }
    const std::vector<Link>& links = single ? graph.links : joined;
    for (const Link& link : links) inflow[link.to] += link.value;

    std::vector<std::size_t> first_link(groups + 1);
    for (const Link& link : links) ++first_link[link.from + 1];
    std::partial_sum(first_link.begin(), first_link.end(), first_link.begin());
    std::vector<Rank> order = rank;
    std::sort(order.begin(), order.end());

    constexpr uint32_t kUnset = std::numeric_limits<uint32_t>::max();
    std::vector<uint32_t> column(groups, kUnset);
    for (const Rank& next : order) {
        const uint32_t g = next.id;
        if (seed[g]) column[g] = 0;
        if (column[g] == kUnset) column[g] = std::max<uint32_t>(1, rank[g].hop);
        for (std::size_t i = first_link[g]; i < first_link[g + 1]; ++i) {
            const Link& link = links[i];
            if (seed[link.to] || !(rank[g] < rank[link.to]) ||
                link.value < kConsiderable * inflow[link.to])
                continue;
            if (column[link.to] == kUnset || column[link.to] < column[g] + 1)
                column[link.to] = column[g] + 1;
        }
    }
    return column;
}

std::vector<uint32_t> find_chains(const Graph& graph, std::size_t& groups) {
    constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
    const std::size_t n = graph.vertices.size();
    std::vector<uint32_t> next(n, kNone);
    std::vector<double> next_value(n);
    std::vector<uint32_t> previous(n, kNone);
    const auto plain = [&](uint32_t v) {
        return !graph.vertices[v].start() && !graph.vertices[v].service;
    };
    for (const Link& link : graph.links)
        if (link.value > next_value[link.from])
            next[link.from] = link.to, next_value[link.from] = link.value;
    for (uint32_t v = 0; v < n; ++v) {
        const uint32_t w = next[v];
        if (w == kNone || !plain(v) || !plain(w) ||
            next_value[v] < kChainIn * graph.vertices[w].in ||
            next_value[v] < kChainOut * graph.vertices[v].in)
            next[v] = kNone;
        else
            previous[w] = v;  // At most one can bring 95 %.
    }
    std::vector<uint32_t> group(n, kNone);
    std::vector<std::vector<uint32_t>> runs;
    for (uint32_t v = 0; v < n; ++v) {
        if (previous[v] != kNone || next[v] == kNone) continue;
        std::vector<uint32_t> run;
        for (uint32_t w = v; w != kNone; w = next[w]) run.push_back(w);
        if (run.size() < kChainSteps) continue;
        for (const uint32_t w : run) group[w] = run.front();
    }
    // Number the groups by their first vertex.
    groups = 0;
    std::vector<uint32_t> number(n, kNone);
    for (uint32_t v = 0; v < n; ++v) {
        const uint32_t head = group[v] == kNone ? v : group[v];
        if (number[head] == kNone) number[head] = static_cast<uint32_t>(groups++);
        group[v] = number[head];
    }
    return group;
}

}  // namespace cordon::trace::flow
