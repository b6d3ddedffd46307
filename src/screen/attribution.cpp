// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "attribution.hpp"

#include <algorithm>

namespace cordon::screen {
namespace {

using trace::Edge;

Leg leg_of(const Edge& edge, bool backward) {
    Leg leg{&edge,
            {edge.chain, edge.from, edge.asset},
            {edge.arrives_on(), edge.to, edge.to_asset.value_or(edge.asset)},
            edge.tainted,
            edge.to_tainted.value_or(edge.tainted)};
    if (backward) {
        std::swap(leg.from, leg.to);
        std::swap(leg.gives, leg.brings);
    }
    return leg;
}

/// The order of the walk: by time, then chain and position, all turned round backward. Edges of
/// one txn keep together.
bool walks_before(const Edge& a, const Edge& b) {
    if (a.chain == b.chain) return a.at < b.at;
    if (a.time && b.time && *a.time != *b.time) return *a.time < *b.time;
    return a.chain < b.chain;
}

}  // namespace

Attribution::Attribution(const trace::TraceResult& result, ChainId chain, const Address& subject)
    : subject_{chain, subject, {}},
      edges_{result.edges.all()},
      backward_{result.params.direction == trace::Direction::kBackward} {
    for (const trace::Total& total : result.totals)
        if (total.chain == chain) seeded_[total.asset] = total.seeded;
    // On UTXO chains outputs are not told apart here: all taint of the chain is one holding, of one
    // asset. An edge names one input only, so that holdings of addresses could not be kept.
    if (is_utxo(chain))
        for (const auto& [asset, amount] : seeded_)
            holdings_[{chain, {}, asset}] = {amount, {{asset, amount}}};
    unspent_ = seeded_;
    for (const trace::Endpoint& each : result.endpoints)
        resting_[pooled({each.chain, each.address, each.asset})] += each.tainted;
    for (const Edge& edge : edges_) legs_.push_back(leg_of(edge, backward_));
    order_legs();
    previous_.resize(legs_.size());
    for (std::size_t i = 0; i < legs_.size(); ++i) process(i);
}

Leg::End Attribution::pooled(Leg::End end) const {
    if (is_utxo(end.chain)) end.address = {};
    return end;
}

bool Attribution::is_subject(const Leg::End& end) const noexcept {
    return end.chain == subject_.chain && end.address == subject_.address;
}

void Attribution::order_legs() {
    std::stable_sort(legs_.begin(), legs_.end(), [&](const Leg& a, const Leg& b) {
        return backward_ ? walks_before(*b.edge, *a.edge) : walks_before(*a.edge, *b.edge);
    });
    // Inside a txn a router is paid before it pays, whatever the order of the rows.
    for (std::size_t first = 0; first < legs_.size();) {
        std::size_t last = first;
        while (last < legs_.size() && legs_[last].edge->chain == legs_[first].edge->chain &&
               legs_[last].edge->at == legs_[first].edge->at)
            ++last;
        std::map<Leg::End, std::size_t> waiting;
        for (std::size_t i = first; i < last; ++i) ++waiting[legs_[i].to];
        std::vector<Leg> left{legs_.begin() + static_cast<std::ptrdiff_t>(first),
                              legs_.begin() + static_cast<std::ptrdiff_t>(last)};
        while (!left.empty()) {
            std::vector<Leg> next;
            for (Leg& leg : left) {
                if (waiting[leg.from] != 0) {
                    next.push_back(leg);
                    continue;
                }
                --waiting[leg.to];
                legs_[first++] = leg;
            }
            if (next.size() == left.size()) {  // A ring: its first row starts.
                --waiting[next.front().to];
                legs_[first++] = next.front();
                next.erase(next.begin());
            }
            left = std::move(next);
        }
    }
}

Attribution::Place Attribution::before(const Leg& leg) const {
    const auto& output = backward_ ? leg.edge->outpoint : leg.edge->spends;
    return output ? Place{{leg.from.chain, {}, {}}, output} : Place{leg.from, {}};
}

Attribution::Place Attribution::after(const Leg& leg) const {
    const auto& output = backward_ ? leg.edge->spends : leg.edge->outpoint;
    return output ? Place{{leg.to.chain, {}, {}}, output} : Place{leg.to, {}};
}

void Attribution::process(std::size_t at) {
    const Leg& leg = legs_[at];
    move(leg);
    Way way{at, leg.brings};
    if (is_subject(leg.from)) {
        if (leg.from.chain == leg.to.chain && leg.from.asset == leg.to.asset) {
            direct_[leg.to] += leg.brings;
            const auto [known, fresh] = direct_leg_.try_emplace(leg.to, at);
            if (!fresh && legs_[known->second].brings < leg.brings) known->second = at;
        }
    } else {
        const auto came = ways_.find(before(leg));
        if (came == ways_.end()) return;  // Taint of unknown way: the trace has no edge for it.
        previous_[at] = came->second.leg;
        way.width = std::min(way.width, came->second.width);
    }
    const auto keep = [&](auto& ways, const auto& key) {
        const auto [known, fresh] = ways.try_emplace(key, way);
        if (!fresh && known->second.width < way.width) known->second = way;
    };
    keep(ways_, after(leg));
    if (!is_subject(leg.from)) keep(arrivals_, leg.to);
}

void Attribution::move(const Leg& leg) {
    const Leg::End from = pooled(leg.from);
    const Leg::End to = pooled(leg.to);
    if (from == to) return;
    Holding& source = holdings_[from];
    const Amount part = std::min(leg.gives, source.tainted);
    Origins moved;
    if (!part.is_zero()) {
        for (auto& [asset, amount] : source.origins) {
            const Amount share =
                part == source.tainted ? amount : mul_div(amount, part, source.tainted);
            amount -= share;
            moved[asset] += share;
        }
        source.tainted -= part;
    }
    // What the subject gives beyond the taint that came back to it is its own.
    if (is_subject(leg.from) && !is_utxo(leg.from.chain)) {
        Amount& left = unspent_[leg.from.asset];
        const Amount own = std::min(leg.gives - part, left);
        left -= own;
        moved[leg.from.asset] += own;
    }
    Holding& target = holdings_[to];
    target.tainted += leg.brings;
    for (const auto& [asset, amount] : moved) target.origins[asset] += amount;
}

Origins Attribution::of(const trace::Endpoint& endpoint) const {
    const Leg::End end = pooled({endpoint.chain, endpoint.address, endpoint.asset});
    const auto held = holdings_.find(end);
    if (held == holdings_.end()) return {};
    const Amount whole = std::max(resting_.at(end), held->second.tainted);
    if (whole.is_zero()) return {};
    Origins out;
    for (const auto& [asset, amount] : held->second.origins)
        out[asset] = mul_div(amount, endpoint.tainted, whole);
    return out;
}

Amount Attribution::direct(const trace::Endpoint& endpoint) const {
    const auto found = direct_.find({endpoint.chain, endpoint.address, endpoint.asset});
    return found == direct_.end() ? Amount{} : found->second;
}

std::vector<const Edge*> Attribution::path(const trace::Endpoint& endpoint, bool direct) const {
    const Leg::End end{endpoint.chain, endpoint.address, endpoint.asset};
    if (direct) {
        const auto found = direct_leg_.find(end);
        if (found == direct_leg_.end()) return {};
        return {legs_[found->second].edge};
    }
    const auto found = arrivals_.find(end);
    if (found == arrivals_.end()) return {};
    std::vector<const Edge*> out;
    for (std::optional<std::size_t> at = found->second.leg; at; at = previous_[*at])
        out.push_back(legs_[*at].edge);
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace cordon::screen
