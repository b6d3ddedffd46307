// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "books.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

#include <cordon/base/check.hpp>
#include <cordon/base/fetch.hpp>

#include "confidence.hpp"
#include "permute.hpp"
#include "sorted_places.hpp"

namespace cordon::trace {
namespace {

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

constexpr std::size_t kAhead = 8;  // Endpoints whose nodes are on their way.
constexpr int kLooksBack = 8;      // For what rests already.

}  // namespace

Holding& holding_of(Node& node, const Asset& asset) {
    if (node.holdings.empty()) node.holdings.push_back({asset, {}, {}, {}});
    if (node.holdings.front().asset == asset) return node.holdings.front();  // Mostly the only one.
    const auto at = std::lower_bound(
        node.holdings.begin(), node.holdings.end(), asset,
        [](const Holding& holding, const Asset& key) { return holding.asset < key; });
    if (at != node.holdings.end() && at->asset == asset) return *at;
    return *node.holdings.insert(at, Holding{asset, {}, {}, {}});
}

Books::Books(const Context& context, const Params& params) : context_{context}, params_{params} {
    // Room that stays empty is never touched and costs nothing; growing would touch all of it again
    // and again, and half of the memory of a trace is here.
    constexpr uint64_t kRoom = 1'048'576;
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
    hops_ |= hop;
    if (chains_.empty() ||
        (chains_.back() != chain && !std::count(chains_.begin(), chains_.end(), chain)))
        chains_.push_back(chain);
    if (labelled) node.label = context_.label(chain, address);
    last_rest_.push_back(kNone);
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
                 const std::optional<OutPoint>& outpoint) {
    if (tainted.is_zero()) return;
    Rest rest{tainted, id, assets_.number(asset), kNone, last_rest_[id], stop};
    if (outpoint) {
        rest.output = static_cast<uint32_t>(outputs_.size());
        outputs_.push_back(*outpoint);
    }
    // What a service gets in a few assets, and fees, come again and again: gather() joins the rest.
    uint32_t place = outpoint ? kNone : rest.next;
    for (int look = 0; look < kLooksBack && place != kNone; ++look, place = rests_[place].next) {
        Rest& known = rests_[place];
        if (known.asset != rest.asset || known.stop != stop || known.output != kNone) continue;
        known.tainted += tainted;
        return;
    }
    last_rest_[id] = rests_.add(std::move(rest));
}

Amount Books::unrest(NodeId id, const Asset& asset, Stop stop) {
    const uint32_t number = assets_.number(asset);
    Amount amount;
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next) {
        Rest& rest = rests_[place];
        if (rest.asset == number && rest.stop == stop && rest.output == kNone)
            amount += std::exchange(rest.tainted, {});
    }
    return amount;
}

std::vector<Asset> Books::resting_assets(NodeId id, Stop stop) const {
    std::vector<Asset> out;
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next) {
        const Rest& rest = rests_[place];
        if (rest.stop == stop && rest.output == kNone && !rest.tainted.is_zero())
            out.push_back(assets_[rest.asset]);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
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
    edges_.add(txn, assets_.number(asset), move);
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

void Books::gather(NodeId id, std::vector<Rest>& out) const {
    const std::size_t before = out.size();
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next)
        if (!rests_[place].tainted.is_zero()) out.push_back(rests_[place]);
    if (out.size() - before <= 1) return;
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(before);
    std::sort(first, out.end(),
              [&](const Rest& a, const Rest& b) { return key_of(a) < key_of(b); });
    auto kept = first;
    for (auto at = first + 1; at != out.end(); ++at)
        if (key_of(*at) == key_of(*kept))
            kept->tainted += at->tainted;
        else
            *++kept = *at;
    out.erase(kept + 1, out.end());
}

/// The largest decides what is said of a node: by USD where both are priced, otherwise by amount.
void Books::close_node(NodeId id, std::span<Rest> rests) {
    Node& node = nodes_[id];
    if (rests.size() > 1)
        std::sort(rests.begin(), rests.end(),
                  [&](const Rest& a, const Rest& b) { return comes_before(a, b); });
    const auto usd_of = [&](const Rest& rest) {
        return context_.usd(node.chain, assets_[rest.asset], rest.tainted, node.last_seen);
    };
    const Rest* best = nullptr;
    for (const Rest& rest : rests) {
        const Asset& asset = assets_[rest.asset];
        holding_of(node, asset).resting += rest.tainted;
        if (rest.stop == Stop::kUnknown) node.spent_unknown = true;
        Total& sum = total(node.chain, asset);
        (rest.stop == Stop::kFee      ? sum.fees
         : rest.stop == Stop::kBurned ? sum.burned
                                      : sum.resting) += rest.tainted;
        if (best != nullptr) {
            const auto mine = usd_of(rest), other = usd_of(*best);
            if (!mine || !other || *mine <= *other) continue;
        }
        best = &rest;
    }
    if (best != nullptr) node.stop = best->stop;
}

/// REQUIRES: they differ, in more than the amount.
bool Books::comes_before(const Rest& a, const Rest& b) const {
    if (a.tainted != b.tainted) return a.tainted > b.tainted;
    const auto owner = [this](const Rest& rest) {
        return std::tie(nodes_[rest.node].chain, nodes_[rest.node].address);
    };
    return owner(a) != owner(b) ? owner(a) < owner(b) : key_of(a) < key_of(b);
}

uint64_t Books::number_of(const Node& node) const {
    const int after_hop = 64 - static_cast<int>(std::bit_width(hops_));
    const int after_chain = after_hop - static_cast<int>(std::bit_width(chains_.size()));
    const auto chain = std::lower_bound(chains_.begin(), chains_.end(), node.chain);
    return uint64_t{node.hop} << after_hop |
           static_cast<uint64_t>(chain - chains_.begin()) << after_chain |
           start_of(node.address) >> (64 - after_chain);
}

void Books::order(std::vector<Rest>& rests) const {
    std::vector<SortKey> keys;
    keys.reserve(rests.size());
    for (uint32_t place = 0; place < rests.size(); ++place)
        keys.push_back({~magnitude_of(rests[place].tainted), place});  // The largest first.
    put_in_order(rests, sorted_places(std::move(keys), [&](uint32_t a, uint32_t b) {
                     return comes_before(rests[a], rests[b]);
                 }));
}

Endpoint Books::endpoint_of(const Rest& rest) const {
    const Node& node = nodes_[rest.node];
    Endpoint end;
    end.chain = node.chain;
    end.address = node.address;
    end.asset = assets_[rest.asset];
    end.tainted = rest.tainted;
    end.stop = rest.stop;
    end.label = node.label;
    const std::optional<OutPoint> output = output_of(rest);
    end.outpoint = output;
    if (rest.stop == Stop::kMixer && output) std::tie(end.join, end.why) = joins_.at(*output);
    // Fees, and what was too little to follow, did not go on that way.
    if (!candidates_.empty() && rest.stop != Stop::kFee && rest.stop != Stop::kBelowLimit)
        if (const auto at = candidates_.find({rest.node, end.asset, output});
            at != candidates_.end()) {
            end.candidates = at->second.count;
            end.best_candidate = at->second.best;
        }
    end.usd = context_.usd(node.chain, end.asset, rest.tainted, node.last_seen);
    return end;
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
    std::vector<Rest> rests;
    rests.reserve(rests_.size());
    std::vector<Address> addresses;
    addresses.reserve(nodes_.size());
    std::vector<SortKey> order_of_nodes;
    order_of_nodes.reserve(nodes_.size());
    std::sort(chains_.begin(), chains_.end());
    for (NodeId id = 0; id < nodes_.size(); ++id) {
        const std::size_t first = rests.size();
        gather(id, rests);
        close_node(id, std::span{rests}.subspan(first));
        addresses.push_back(nodes_[id].address);
        order_of_nodes.push_back({number_of(nodes_[id]), id});
    }
    edges_.close(std::move(addresses), assets_);
    result.edges = std::move(edges_);
    order(rests);
    result.endpoints.reserve(rests.size());
    for (std::size_t i = 0; i < rests.size(); ++i) {
        if (i + kAhead < rests.size()) {
            const Node& next = nodes_[rests[i + kAhead].node];
            fetch(&next.address);
            fetch(&next.label);
            fetch(&next.last_seen);
        }
        result.endpoints.push_back(endpoint_of(rests[i]));
    }
    check();

    for (const NodeId id : payers_) nodes_[id].seed = true;
    result.nodes = std::move(nodes_);
    const auto names = [&](NodeId id) {
        const Node& node = result.nodes[id];
        return std::tie(node.hop, node.chain, node.address);
    };
    put_in_order(result.nodes, sorted_places(std::move(order_of_nodes), [&](NodeId a, NodeId b) {
                     return names(a) < names(b);
                 }));
    weigh_paths(result);
    for (auto& [key, sum] : totals_) result.totals.push_back(std::move(sum));
    result.warnings = std::move(warnings_);
    result.incomplete = incomplete;
    return result;
}

}  // namespace cordon::trace
