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

Books::NodeId Books::node(ChainId chain, const Address& address, uint32_t hop) {
    const auto known = find(chain, address);
    if (!known) return add(chain, address, hop, true);
    at(*known).hop = std::min(at(*known).hop, hop);
    return *known;
}

Books::NodeId Books::add(ChainId chain, const Address& address, uint32_t hop, bool labelled) {
    Found::Node node;
    node.address = address;
    node.hop = hop;
    node.chain = number_of(chain);
    hops_ |= hop;
    const NodeId id = found_.nodes.add(std::move(node));
    last_rest_.push_back(kNone);
    if (labelled)
        if (auto label = context_.label(chain, address)) set_label(id, *std::move(label));
    return id;
}

uint32_t Books::number_of(ChainId chain) {
    auto& chains = found_.chains;
    const auto at = std::find(chains.begin(), chains.end(), chain);
    if (at != chains.end()) return static_cast<uint32_t>(at - chains.begin());
    chains.push_back(chain);
    return static_cast<uint32_t>(chains.size() - 1);
}

void Books::set_label(NodeId id, Label label) {
    at(id).label = static_cast<uint32_t>(found_.labels.size());
    found_.labels.push_back(std::move(label));
    found_.labelled.push_back(id);
}

std::optional<Books::NodeId> Books::find(ChainId chain, const Address& address) const {
    for (; indexed_ < node_count(); ++indexed_)
        ids_.add(AddressIndex::hash(chain_of(indexed_), at(indexed_).address), indexed_);
    const NodeId id = ids_.find(AddressIndex::hash(chain, address), [&](NodeId each) {
        return at(each).address == address && chain_of(each) == chain;
    });
    if (id == AddressIndex::kNone) return std::nullopt;
    return id;
}

void Books::seen(NodeId id, std::optional<UnixMillis> time) {
    if (!time) return;
    Found::Node& node = at(id);
    const int64_t count = time->time_since_epoch().count();
    node.first_seen = std::min(node.first_seen, count);
    node.last_seen = std::max(node.last_seen, count);
}

Found::Holding& Books::holding_of(Found::Node& node, uint32_t asset) {
    Found::Holding* holding = &node.holding;
    if (holding->asset == kNone) holding->asset = asset;
    while (holding->asset != asset && holding->more != kNone)
        holding = &found_.more_holdings[holding->more];
    if (holding->asset == asset) return *holding;  // Mostly the only one.
    Found::Holding fresh;
    fresh.asset = asset;
    holding->more = found_.more_holdings.add(std::move(fresh));
    return found_.more_holdings[holding->more];
}

void Books::arrive(NodeId id, uint32_t asset, const Amount& amount, const Amount& tainted) {
    Found::Holding& holding = holding_of(at(id), asset);
    found_.amounts.add(holding.received, amount);
    found_.amounts.add(holding.tainted, tainted);
}

void Books::rest(NodeId id, const Asset& asset, const Amount& tainted, Stop stop,
                 const std::optional<OutPoint>& outpoint) {
    if (tainted.is_zero()) return;
    Rest rest{{}, id, found_.assets.number(asset), kNone, last_rest_[id], stop};
    if (outpoint) {
        rest.output = static_cast<uint32_t>(found_.outputs.size());
        found_.outputs.push_back(*outpoint);
    }
    // What a service gets in a few assets, and fees, come again and again: gather() joins the rest.
    uint32_t place = outpoint ? kNone : rest.next;
    for (int look = 0; look < kLooksBack && place != kNone; ++look, place = rests_[place].next) {
        Rest& known = rests_[place];
        if (known.asset != rest.asset || known.stop != stop || known.output != kNone) continue;
        found_.amounts.add(known.tainted, tainted);
        return;
    }
    found_.amounts.set(rest.tainted, tainted);
    last_rest_[id] = rests_.add(std::move(rest));
}

Amount Books::unrest(NodeId id, const Asset& asset, Stop stop) {
    const uint32_t number = found_.assets.number(asset);
    Amount amount;
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next) {
        Rest& rest = rests_[place];
        if (rest.asset == number && rest.stop == stop && rest.output == kNone)
            amount += found_.amounts[std::exchange(rest.tainted, {})];
    }
    return amount;
}

std::vector<Asset> Books::resting_assets(NodeId id, Stop stop) const {
    std::vector<Asset> out;
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next) {
        const Rest& rest = rests_[place];
        if (rest.stop == stop && rest.output == kNone && !found_.amounts[rest.tainted].is_zero())
            out.push_back(found_.assets[rest.asset]);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

void Books::candidates(NodeId id, const Asset& asset, const std::optional<OutPoint>& outpoint,
                       uint32_t count, double best) {
    Found::Candidates& all = found_.candidates[{id, asset, outpoint}];
    all.count += count;
    all.best = std::max(all.best, best);
}

void Books::edge(Edge&& edge, uint32_t row) {
    if (const auto id = find(edge.chain, edge.from)) seen(*id, edge.time);
    // Where it arrives later, that txn says when.
    if (const auto id = find(edge.chain, edge.to); id && !edge.to_chain) seen(*id, edge.time);
    edges_.add(std::move(edge), row);
}

void Books::edge(const EdgeList::Txn& txn, uint32_t asset, const EdgeList::Move& move) {
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
    return node_count() >= params_.max_nodes || edges_.size() >= params_.max_edges;
}

double Books::budget_used() const noexcept {
    const auto share = [](std::size_t used, uint64_t limit) {
        return limit == 0 ? 1.0
                          : std::min(1.0, static_cast<double>(used) / static_cast<double>(limit));
    };
    return std::max(share(node_count(), params_.max_nodes),
                    share(edges_.size(), params_.max_edges));
}

void Books::gather(NodeId id, std::vector<Rest>& out) {
    const std::size_t before = out.size();
    for (uint32_t place = last_rest_[id]; place != kNone; place = rests_[place].next)
        if (!found_.amounts[rests_[place].tainted].is_zero()) out.push_back(rests_[place]);
    if (out.size() - before <= 1) return;
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(before);
    std::sort(first, out.end(),
              [&](const Rest& a, const Rest& b) { return key_of(a) < key_of(b); });
    auto kept = first;
    for (auto at = first + 1; at != out.end(); ++at)
        if (key_of(*at) == key_of(*kept))
            found_.amounts.add(kept->tainted, found_.amounts[at->tainted]);
        else
            *++kept = *at;
    out.erase(kept + 1, out.end());
}

/// The largest decides what is said of a node: by USD where both are priced, otherwise by amount.
void Books::close_node(NodeId id, std::span<Rest> rests) {
    Found::Node& node = at(id);
    if (rests.size() > 1)
        std::sort(rests.begin(), rests.end(),
                  [&](const Rest& a, const Rest& b) { return comes_before(a, b); });
    const ChainId chain = found_.chain_of(node);
    const auto usd_of = [&](const Rest& rest) {
        return context_.usd(chain, found_.assets[rest.asset], found_.amounts[rest.tainted],
                            node.last());
    };
    const Rest* best = nullptr;
    for (const Rest& rest : rests) {
        const Amount tainted = found_.amounts[rest.tainted];
        found_.amounts.add(holding_of(node, rest.asset).resting, tainted);
        if (rest.stop == Stop::kUnknown) node.spent_unknown = true;
        Total& sum = total(chain, found_.assets[rest.asset]);
        (rest.stop == Stop::kFee      ? sum.fees
         : rest.stop == Stop::kBurned ? sum.burned
                                      : sum.resting) += tainted;
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
    const Amount mine = found_.amounts[a.tainted], other = found_.amounts[b.tainted];
    if (mine != other) return mine > other;
    const auto owner = [this](const Rest& rest) {
        return std::pair<ChainId, const Address&>{chain_of(rest.node), at(rest.node).address};
    };
    return owner(a) != owner(b) ? owner(a) < owner(b) : key_of(a) < key_of(b);
}

void Books::order(std::vector<Rest>& rests) const {
    std::vector<SortKey> keys;
    keys.reserve(rests.size());
    for (uint32_t place = 0; place < rests.size(); ++place)
        keys.push_back({~magnitude_of(found_.amounts[rests[place].tainted]), place});
    put_in_order(rests, sorted_places(std::move(keys), [&](uint32_t a, uint32_t b) {
                     return comes_before(rests[a], rests[b]);
                 }));
}

std::vector<Books::NodeId> Books::order_of_nodes() const {
    // By hop, chain and address, as much of them as there is room for.
    const auto& chains = found_.chains;
    const int after_hop = 64 - static_cast<int>(std::bit_width(hops_));
    const int after_chain = after_hop - static_cast<int>(std::bit_width(chains.size()));
    std::vector<uint64_t> of_chain;
    for (const ChainId chain : chains)
        of_chain.push_back(
            static_cast<uint64_t>(std::count_if(chains.begin(), chains.end(),
                                                [&](ChainId other) { return other < chain; }))
            << after_chain);
    std::vector<SortKey> keys;
    keys.reserve(node_count());
    for (NodeId id = 0; id < node_count(); ++id) {
        const Found::Node& node = at(id);
        keys.push_back({uint64_t{node.hop} << after_hop | of_chain[node.chain] |
                            start_of(node.address) >> (64 - after_chain),
                        id});
    }
    const auto names = [this](NodeId id) {
        return std::tuple<uint32_t, ChainId, const Address&>{at(id).hop, chain_of(id),
                                                             at(id).address};
    };
    return sorted_places(std::move(keys), [&](NodeId a, NodeId b) { return names(a) < names(b); });
}

/// What the endpoints are worth.
void Books::value(std::span<const Rest> rests) {
    for (std::size_t place = 0; place < rests.size(); ++place) {
        if (place + kAhead < rests.size()) fetch(&at(rests[place + kAhead].node).last_seen);
        const Rest& rest = rests[place];
        const auto usd = context_.usd(chain_of(rest.node), found_.assets[rest.asset],
                                      found_.amounts[rest.tainted], at(rest.node).last());
        if (!usd) continue;
        found_.usd.resize(rests.size());
        found_.usd[place] = usd;
    }
}

void Books::check() const {
    if (params_.policy == Policy::kPoison) return;
    for (const auto& [key, total] : totals_)
        CORDON_CHECK(total.seeded + total.inherited + total.swapped_in ==
                     total.resting + total.fees + total.burned + total.swapped_out);
}

TraceResult Books::finish(std::vector<Seed> seeds, bool incomplete) {
    std::vector<Rest> rests;
    rests.reserve(rests_.size());
    for (NodeId id = 0; id < node_count(); ++id) {
        const std::size_t first = rests.size();
        gather(id, rests);
        close_node(id, std::span{rests}.subspan(first));
    }
    rests_ = {};
    order(rests);
    value(rests);
    check();
    for (const NodeId id : payers_) at(id).seed = true;
    found_.rests = std::move(rests);
    found_.order = order_of_nodes();

    TraceResult result;
    result.params = params_;
    result.seeds = std::move(seeds);
    const auto found = std::make_shared<Found>(std::move(found_));
    result.nodes = NodeList{found};
    result.endpoints = EndpointList{found};
    edges_.close(found);
    result.edges = std::move(edges_);
    const std::vector<double> confidence = confidence_of_nodes(result);
    if (!confidence.empty()) {
        found->confidence.resize(confidence.size());
        for (std::size_t place = 0; place < confidence.size(); ++place)
            found->confidence[found->order[place]] = confidence[place];
    }
    for (auto& [key, sum] : totals_) result.totals.push_back(std::move(sum));
    result.warnings = std::move(warnings_);
    result.incomplete = incomplete;
    return result;
}

}  // namespace cordon::trace
