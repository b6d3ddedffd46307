// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/check.hpp>

#include "confidence.hpp"
#include "permute.hpp"

namespace cordon::trace {
namespace {

Holding& holding_of(Node& node, const Asset& asset) {
    if (!node.holdings.empty() && node.holdings.front().asset == asset)  // Mostly the only one.
        return node.holdings.front();
    const auto at = std::lower_bound(
        node.holdings.begin(), node.holdings.end(), asset,
        [](const Holding& holding, const Asset& key) { return holding.asset < key; });
    if (at != node.holdings.end() && at->asset == asset) return *at;
    return *node.holdings.insert(at, Holding{asset, {}, {}, {}});
}

/// Large rows are sorted by moving each once: what is compared lies beside its kind.
void sort_nodes(std::vector<Node>& nodes) {
    struct Key {
        uint32_t hop, place;
        ChainId chain;
        uint64_t start;  // Of the address: tells nearly all of them apart.
    };
    std::vector<Key> order;
    order.reserve(nodes.size());
    for (uint32_t i = 0; i < nodes.size(); ++i)
        order.push_back({nodes[i].hop, i, nodes[i].chain, start_of(nodes[i].address)});
    std::sort(order.begin(), order.end(), [&](const Key& a, const Key& b) {
        if (a.hop != b.hop) return a.hop < b.hop;
        if (a.chain != b.chain) return a.chain < b.chain;
        if (a.start != b.start) return a.start < b.start;
        return nodes[a.place].address < nodes[b.place].address;
    });
    std::vector<uint32_t> from;
    from.reserve(order.size());
    for (const Key& each : order) from.push_back(each.place);
    put_in_order(nodes, std::move(from));
}

/// Sorts nearly all amounts: how many bits they have, and the first 55 of these.
uint64_t magnitude_of(const Amount& amount) {
    const unsigned bits = amount.bit_width();
    if (bits <= 55) return uint64_t{bits} << 55 | amount.low_u64();
    const auto& limbs = amount.limbs();
    const unsigned low = bits - 55, limb = low / 64, shift = low % 64;
    uint64_t first = limbs[limb] >> shift;
    if (shift > 9) first |= limbs[limb + 1] << (64 - shift);
    return uint64_t{bits} << 55 | (first & ((uint64_t{1} << 55) - 1));
}

/// The larger rest decides what is said of a node: by USD where both are priced, otherwise by
/// amount.
bool larger(const Endpoint& a, const Endpoint& b) {
    if (a.usd && b.usd && *a.usd != *b.usd) return *a.usd > *b.usd;
    return a.tainted > b.tainted;
}

}  // namespace

Books::Books(const Context& context, const Params& params) : context_{context}, params_{params} {
    // Room that stays empty is never touched and costs nothing; growing would touch all of it again
    // and again, and half of the memory of a trace is here.
    constexpr uint64_t kRoom = 65'536;
    nodes_.reserve(static_cast<std::size_t>(std::min(params.max_nodes, kRoom)));
}

Books::NodeId Books::node(ChainId chain, const Address& address, uint32_t hop) {
    const auto known = find(chain, address);
    if (!known) return add(chain, address, hop, true);
    nodes_[*known].hop = std::min(nodes_[*known].hop, hop);
    return *known;
}

Books::NodeId Books::add(ChainId chain, const Address& address, uint32_t hop, bool labelled) {
    Node& node = nodes_.emplace_back();
    node.chain = chain;
    node.address = address;
    node.hop = hop;
    if (labelled) node.label = context_.label(chain, address);
    rests_.emplace_back();
    return static_cast<NodeId>(nodes_.size() - 1);
}

std::optional<Books::NodeId> Books::find(ChainId chain, const Address& address) const {
    for (; indexed_ < nodes_.size(); ++indexed_)
        ids_.add(AddressIndex::hash(nodes_[indexed_].chain, nodes_[indexed_].address), indexed_);
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
    const RestKey key{asset, stop, outpoint};
    Rests& rests = rests_[id];
    const auto at = std::lower_bound(
        rests.begin(), rests.end(), key,
        [](const auto& rest, const RestKey& wanted) { return rest.first < wanted; });
    if (at != rests.end() && at->first == key)
        at->second += tainted;
    else
        rests.insert(at, {key, tainted});
}

Amount Books::unrest(NodeId id, const Asset& asset, Stop stop) {
    const RestKey key{asset, stop, std::nullopt};
    const auto at = std::find_if(rests_[id].begin(), rests_[id].end(),
                                 [&](const auto& rest) { return rest.first == key; });
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

void Books::edge(Edge&& edge, uint32_t row) {
    if (const auto id = find(edge.chain, edge.from)) seen(*id, edge.time);
    // Where it arrives later, that txn says when.
    if (const auto id = find(edge.chain, edge.to); id && !edge.to_chain) seen(*id, edge.time);
    edges_.add(std::move(edge), row);
}

void Books::edge(const EdgeList::Txn& txn, const Asset& asset, const EdgeList::Move& move) {
    seen(move.from, txn.time);
    seen(move.to, txn.time);
    edges_.add(txn, asset, move);
}

Total& Books::total(ChainId chain, const Asset& asset) {
    if (last_total_ != nullptr && last_total_->chain == chain && last_total_->asset == asset)
        return *last_total_;
    Total& total = totals_[{chain, asset}];
    total.chain = chain;
    total.asset = asset;
    last_total_ = &total;
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

std::vector<Books::Owned> Books::ordered_rests() const {
    struct Key {
        uint64_t magnitude;
        Owned owned;
    };
    std::vector<Key> keys;
    keys.reserve(nodes_.size());
    for (NodeId id = 0; id < nodes_.size(); ++id)
        for (const Rest& rest : rests_[id])
            keys.push_back({magnitude_of(rest.second), {id, &rest}});
    const auto rank = [this](const Owned& owned) {
        return std::tie(nodes_[owned.id].chain, nodes_[owned.id].address, owned.rest->first);
    };
    std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
        if (a.magnitude != b.magnitude) return a.magnitude > b.magnitude;
        const Amount &left = a.owned.rest->second, &right = b.owned.rest->second;
        return left != right ? left > right : rank(a.owned) < rank(b.owned);
    });
    std::vector<Owned> out;
    out.reserve(keys.size());
    for (const Key& key : keys) out.push_back(key.owned);
    return out;
}

Endpoint Books::endpoint_of(const Owned& owned) const {
    const Node& node = nodes_[owned.id];
    const auto& [key, tainted] = *owned.rest;
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
        if (const auto at = candidates_.find({owned.id, key.asset, key.outpoint});
            at != candidates_.end()) {
            end.candidates = at->second.count;
            end.best_candidate = at->second.best;
        }
    end.usd = context_.usd(node.chain, key.asset, tainted, node.last_seen);
    return end;
}

/// Endpoints come in the order of the result; `largest`: by node.
void Books::close_node(NodeId id, const Endpoint& end, std::vector<const Endpoint*>& largest) {
    holding_of(nodes_[id], end.asset).resting += end.tainted;
    const Endpoint*& best = largest[id];
    if (best == nullptr || larger(end, *best)) best = &end;
    nodes_[id].stop = best->stop;
    if (end.stop == Stop::kUnknown) nodes_[id].spent_unknown = true;
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
    result.edges = edges_.take(nodes_);
    edges_ = {};  // Before the rest of the result needs room.

    const std::vector<Owned> order = ordered_rests();
    result.endpoints.reserve(order.size());
    std::vector<const Endpoint*> largest(nodes_.size());
    for (const Owned& owned : order) {
        result.endpoints.push_back(endpoint_of(owned));
        close_node(owned.id, result.endpoints.back(), largest);
    }
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

    for (const NodeId id : payers_) nodes_[id].seed = true;
    result.nodes = std::move(nodes_);
    sort_nodes(result.nodes);
    weigh_paths(result);
    for (auto& [key, sum] : totals_) result.totals.push_back(std::move(sum));
    result.warnings = std::move(warnings_);
    result.incomplete = incomplete;
    return result;
}

}  // namespace cordon::trace
