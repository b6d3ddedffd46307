// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>

#include "confidence.hpp"

namespace cordon::trace {
namespace {

Holding& holding_of(Node& node, const Asset& asset) {
    const auto at = std::lower_bound(
        node.holdings.begin(), node.holdings.end(), asset,
        [](const Holding& holding, const Asset& key) { return holding.asset < key; });
    if (at != node.holdings.end() && at->asset == asset) return *at;
    return *node.holdings.insert(at, Holding{asset, {}, {}, {}});
}

/// Sorts large rows by moving each once. `before` must tell all of them apart.
template <typename Row, typename Before>
std::vector<Row> in_order(std::vector<Row> rows, Before&& before) {
    std::vector<uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return before(rows[a], rows[b]); });
    std::vector<Row> out;
    out.reserve(rows.size());
    for (const uint32_t i : order) out.push_back(std::move(rows[i]));
    return out;
}

/// The larger rest decides what is said of a node: by USD where both are priced, otherwise by
/// amount.
bool larger(const Endpoint& a, const Endpoint& b) {
    if (a.usd && b.usd && *a.usd != *b.usd) return *a.usd > *b.usd;
    return a.tainted > b.tainted;
}

}  // namespace

Books::NodeId Books::node(ChainId chain, const Address& address, uint32_t hop) {
    if (const auto known = find(chain, address)) {
        nodes_[*known].hop = std::min(nodes_[*known].hop, hop);
        return *known;
    }
    const auto id = static_cast<NodeId>(nodes_.size());
    ids_.add(AddressIndex::hash(chain, address), id);
    Node& node = nodes_.emplace_back();
    node.chain = chain;
    node.address = address;
    node.hop = hop;
    node.label = context_.label(chain, address);
    rests_.emplace_back();
    return id;
}

std::optional<Books::NodeId> Books::find(ChainId chain, const Address& address) const {
    const NodeId id = ids_.find(AddressIndex::hash(chain, address), [&](NodeId at) {
        return nodes_[at].address == address && nodes_[at].chain == chain;
    });
    if (id == AddressIndex::kNone) return std::nullopt;
    return id;
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

void Books::candidates(NodeId id, const Asset& asset, const std::optional<OutPoint>& outpoint,
                       uint32_t count, double best) {
    Candidates& all = candidates_[{id, asset, outpoint}];
    all.count += count;
    all.best = std::max(all.best, best);
}

void Books::edge(Edge edge, uint32_t row) {
    CORDON_CHECK(edge.tainted <= edge.amount);
    if (const auto id = find(edge.chain, edge.from)) seen(*id, edge.time);
    // Where it arrives later, that txn says when.
    if (const auto id = find(edge.chain, edge.to); id && !edge.to_chain) seen(*id, edge.time);
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

std::vector<Books::Owned> Books::endpoints() const {
    std::vector<Owned> out;
    for (NodeId id = 0; id < nodes_.size(); ++id) {
        const Node& node = nodes_[id];
        for (const auto& [key, tainted] : rests_[id]) {
            Endpoint end;
            end.chain = node.chain;
            end.address = node.address;
            end.asset = key.asset;
            end.tainted = tainted;
            end.stop = key.stop;
            end.label = node.label;
            end.outpoint = key.outpoint;
            if (key.stop == Stop::kMixer && key.outpoint)
                std::tie(end.join, end.why) = joins_.at(*key.outpoint);
            // Fees, and what was too little to follow, did not go on that way.
            if (!candidates_.empty() && key.stop != Stop::kFee && key.stop != Stop::kBelowLimit)
                if (const auto at = candidates_.find({id, key.asset, key.outpoint});
                    at != candidates_.end()) {
                    end.candidates = at->second.count;
                    end.best_candidate = at->second.best;
                }
            end.usd = context_.usd(node.chain, key.asset, tainted, node.last_seen);
            out.push_back({id, std::move(end)});
        }
    }
    const auto rank = [](const Endpoint& end) {
        return std::tie(end.chain, end.address, end.asset, end.stop, end.outpoint);
    };
    return in_order(std::move(out), [&](const Owned& a, const Owned& b) {
        if (a.end.tainted != b.end.tainted) return a.end.tainted > b.end.tainted;
        return rank(a.end) < rank(b.end);
    });
}

void Books::close_nodes(const std::vector<Owned>& endpoints) {
    std::vector<const Endpoint*> largest(nodes_.size());
    for (const auto& [id, end] : endpoints) {
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
    std::vector<Owned> ends = endpoints();
    close_nodes(ends);
    result.endpoints.reserve(ends.size());
    for (auto& [id, end] : ends) {
        Total& sum = total(end.chain, end.asset);
        if (end.stop == Stop::kFee)
            sum.fees += end.tainted;
        else if (end.stop == Stop::kBurned)
            sum.burned += end.tainted;
        else
            sum.resting += end.tainted;
        result.endpoints.push_back(std::move(end));
    }
    check();

    const auto before = [&](std::size_t a, std::size_t b) {
        return std::tie(edges_[a].chain, edges_[a].at, rows_[a]) <
               std::tie(edges_[b].chain, edges_[b].at, rows_[b]);
    };
    bool sorted = true;  // As a walk forward over one chain finds them.
    for (std::size_t i = 1; i < edges_.size() && sorted; ++i) sorted = !before(i, i - 1);
    if (sorted) {
        result.edges = std::move(edges_);
    } else {
        std::vector<std::size_t> order(edges_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), before);
        result.edges.reserve(edges_.size());
        for (const std::size_t i : order) result.edges.push_back(std::move(edges_[i]));
    }

    for (const NodeId id : payers_) nodes_[id].seed = true;
    result.nodes = in_order(std::move(nodes_), [](const Node& a, const Node& b) {
        return std::tie(a.hop, a.chain, a.address) < std::tie(b.hop, b.chain, b.address);
    });
    weigh_paths(result);
    for (auto& [key, sum] : totals_) result.totals.push_back(std::move(sum));
    result.warnings = std::move(warnings_);
    result.incomplete = incomplete;
    return result;
}

}  // namespace cordon::trace
