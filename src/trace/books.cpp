// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>

namespace cordon::trace {
namespace {

Holding& holding_of(Node& node, const Asset& asset) {
    const auto at = std::lower_bound(
        node.holdings.begin(), node.holdings.end(), asset,
        [](const Holding& holding, const Asset& key) { return holding.asset < key; });
    if (at != node.holdings.end() && at->asset == asset) return *at;
    return *node.holdings.insert(at, Holding{asset, {}, {}, {}});
}

/// The larger rest decides what is said of a node: by USD where both are priced, otherwise by
/// amount.
bool larger(const Endpoint& a, const Endpoint& b) {
    if (a.usd && b.usd && *a.usd != *b.usd) return *a.usd > *b.usd;
    return a.tainted > b.tainted;
}

}  // namespace

Books::NodeId Books::node(ChainId chain, const Address& address, uint32_t hop) {
    const auto [at, fresh] =
        ids_.try_emplace(NodeKey{chain, address}, static_cast<NodeId>(nodes_.size()));
    if (fresh) {
        Node& node = nodes_.emplace_back();
        node.chain = chain;
        node.address = address;
        node.hop = hop;
        node.label = context_.label(chain, address);
        rests_.emplace_back();
    } else {
        nodes_[at->second].hop = std::min(nodes_[at->second].hop, hop);
    }
    return at->second;
}

std::optional<Books::NodeId> Books::find(ChainId chain, const Address& address) const {
    const auto at = ids_.find(NodeKey{chain, address});
    if (at == ids_.end()) return std::nullopt;
    return at->second;
}

void Books::seen(NodeId id, std::optional<UnixMillis> time) {
    if (!time) return;
    Node& node = nodes_[id];
    if (!node.first_seen || *time < *node.first_seen) node.first_seen = time;
    if (!node.last_seen || *time > *node.last_seen) node.last_seen = time;
}

void Books::arrive(NodeId id, const Asset& asset, const Amount& amount, const Amount& tainted) {
    Holding& holding = holding_of(nodes_[id], asset);
    holding.received += amount;
    holding.tainted += tainted;
}

void Books::rest(NodeId id, const Asset& asset, const Amount& tainted, Stop stop,
                 std::optional<OutPoint> outpoint) {
    if (tainted.is_zero()) return;
    rests_[id][RestKey{asset, stop, outpoint}] += tainted;
}

Amount Books::unrest(NodeId id, const Asset& asset, Stop stop) {
    const auto at = rests_[id].find(RestKey{asset, stop, std::nullopt});
    if (at == rests_[id].end()) return {};
    const Amount amount = at->second;
    rests_[id].erase(at);
    return amount;
}

std::vector<Asset> Books::resting_assets(NodeId id, Stop stop) const {
    std::vector<Asset> out;
    for (const auto& [key, amount] : rests_[id])
        if (key.stop == stop && !key.outpoint) out.push_back(key.asset);
    return out;
}

void Books::edge(Edge edge, uint32_t row) {
    CORDON_CHECK(edge.tainted <= edge.amount);
    for (const Address& end : {edge.from, edge.to}) {
        if (const auto id = find(edge.chain, end)) seen(*id, edge.time);
    }
    edges_.push_back(std::move(edge));
    rows_.push_back(row);
}

Total& Books::total(ChainId chain, const Asset& asset) {
    Total& total = totals_[{chain, asset}];
    total.chain = chain;
    total.asset = asset;
    return total;
}

void Books::warn(std::string text) {
    if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
        warnings_.push_back(std::move(text));
}

bool Books::over_budget() const noexcept {
    return nodes_.size() >= params_.max_nodes || edges_.size() >= params_.max_edges;
}

double Books::budget_used() const noexcept {
    const auto share = [](std::size_t used, uint64_t limit) {
        return limit == 0 ? 1.0
                          : std::min(1.0, static_cast<double>(used) / static_cast<double>(limit));
    };
    return std::max(share(nodes_.size(), params_.max_nodes),
                    share(edges_.size(), params_.max_edges));
}

std::vector<Endpoint> Books::endpoints() const {
    std::vector<Endpoint> out;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        for (const auto& [key, tainted] : rests_[i]) {
            Endpoint end{node.chain, node.address, key.asset,    tainted, key.stop,
                         node.label, {},           key.outpoint, {},      {}};
            if (key.stop == Stop::kMixer && key.outpoint)
                std::tie(end.join, end.why) = joins_.at(*key.outpoint);
            end.usd = context_.usd(node.chain, key.asset, tainted, node.last_seen);
            out.push_back(std::move(end));
        }
    }
    const auto rank = [](const Endpoint& end) {
        return std::tie(end.chain, end.address, end.asset, end.stop, end.outpoint);
    };
    std::sort(out.begin(), out.end(), [&](const Endpoint& a, const Endpoint& b) {
        if (a.tainted != b.tainted) return a.tainted > b.tainted;
        return rank(a) < rank(b);
    });
    return out;
}

void Books::close_nodes(const std::vector<Endpoint>& endpoints) {
    std::unordered_map<NodeId, const Endpoint*> largest;
    for (const Endpoint& end : endpoints) {
        const NodeId id = *find(end.chain, end.address);
        holding_of(nodes_[id], end.asset).resting += end.tainted;
        const Endpoint*& best = largest[id];
        if (best == nullptr || larger(end, *best)) best = &end;
        nodes_[id].stop = best->stop;
        if (end.stop == Stop::kUnknown) nodes_[id].spent_unknown = true;
    }
}

void Books::check() const {
    if (params_.policy == Policy::kPoison) return;
    for (const auto& [key, total] : totals_)
        CORDON_CHECK(total.seeded + total.inherited + total.swapped_in ==
                     total.resting + total.fees + total.burned + total.swapped_out);
}

TraceResult Books::finish(std::vector<Seed> seeds, bool incomplete) {
    TraceResult result;
    result.params = params_;
    result.seeds = std::move(seeds);
    result.endpoints = endpoints();
    close_nodes(result.endpoints);
    for (const Endpoint& end : result.endpoints) {
        Total& sum = total(end.chain, end.asset);
        if (end.stop == Stop::kFee)
            sum.fees += end.tainted;
        else if (end.stop == Stop::kBurned)
            sum.burned += end.tainted;
        else
            sum.resting += end.tainted;
    }
    check();

    std::vector<std::size_t> order(edges_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(edges_[a].chain, edges_[a].at, rows_[a]) <
               std::tie(edges_[b].chain, edges_[b].at, rows_[b]);
    });
    result.edges.reserve(edges_.size());
    for (const std::size_t i : order) result.edges.push_back(std::move(edges_[i]));

    for (const NodeId id : payers_) nodes_[id].seed = true;
    result.nodes = std::move(nodes_);
    std::sort(result.nodes.begin(), result.nodes.end(), [](const Node& a, const Node& b) {
        return std::tie(a.hop, a.chain, a.address) < std::tie(b.hop, b.chain, b.address);
    });
    for (auto& [key, sum] : totals_) result.totals.push_back(std::move(sum));
    result.warnings = std::move(warnings_);
    result.incomplete = incomplete;
    return result;
}

}  // namespace cordon::trace
