// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "account_flow.hpp"

namespace cordon::trace {

// What recognisers explain inside one txn: value that links take from their ends and give to
// others.

Status AccountFlow::find_links(Current& now) {
    if (now.view.rows.size() < 2 || walk_.links.empty()) return {};
    CORDON_TRY(const auto* txn, named(now));
    for (const LinkSource* source : walk_.links)
        for (Link& link : source->links(chain_, *txn, walk_.context)) {
            if (walk_.backward()) std::swap(link.from, link.to);
            now.links.push_back(std::move(link));
        }
    return {};
}

void AccountFlow::take_links(Current& now) {
    for (const Link& link : now.links) {
        Pot pot;
        pot.link = &link;
        bool ours = false;
        for (const LinkEnd& end : link.from) {
            pot.taken.push_back(end.amount);
            Amount& tainted = pot.tainted.emplace_back();
            const auto key = key_of(now, end.address, end.asset);
            if (!key) continue;
            KeyState& state = now.keys[*key];
            if (!now.seed_txn && !(state.node && open_holder(*state.node))) continue;
            // Never more than the rows show, whatever a recogniser says.
            const Amount amount =
                std::min(end.amount, now.view.keys[*key].out_total - state.link_net);
            if (amount.is_zero()) continue;
            pot.taken.back() = amount;
            tainted = tainted_of(take_standing(now, *key, amount, false));
            state.link_net += amount;
            ours = true;
        }
        if (ours) now.pots.push_back(std::move(pot));
    }
    for (std::size_t i = 0; i < now.keys.size(); ++i) {
        KeyState& state = now.keys[i];
        if (state.link_net.is_zero()) continue;
        const TxnKey& key = now.view.keys[i];
        state.ghost = std::min(key.out_total, state.link_net + key.in_total);
        state.absorb = state.ghost - state.link_net;
    }
}

Amount AccountFlow::link_gain(const Pot& pot, const LinkEnd& end,
                              std::optional<UnixMillis> time) const {
    const auto& from = pot.link->from;
    if (walk_.params.policy == Policy::kPoison)
        return std::any_of(pot.tainted.begin(), pot.tainted.end(),
                           [](const Amount& t) { return !t.is_zero(); })
                   ? end.amount
                   : Amount{};
    if (from.size() == 1) return mul_div(end.amount, pot.tainted[0], pot.taken[0]);
    // Several assets went in: each counts by its USD value, or all the same when one has no price.
    constexpr uint64_t kOne = uint64_t{1} << 48;
    std::vector<double> weights;
    for (const LinkEnd& part : from) {
        const auto usd = walk_.context.usd(chain_, part.asset, part.amount, time);
        if (!usd || !(*usd > 0)) break;
        weights.push_back(*usd);
    }
    if (weights.size() != from.size()) weights.assign(from.size(), 1.0);
    double sum = 0;
    for (const double weight : weights) sum += weight;
    Amount share, whole;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Amount weight{static_cast<uint64_t>(weights[i] / sum * static_cast<double>(kOne)) +
                            1};
        whole += weight;
        if (!pot.taken[i].is_zero())
            share += mul_div(weight * Amount{kOne}, pot.tainted[i], pot.taken[i]);
    }
    return mul_div(end.amount, share, whole * Amount{kOne});
}

void AccountFlow::give_links(Current& now) {
    for (const Pot& pot : now.pots) {
        Amount tainted;
        uint32_t hop = ~0U;
        for (std::size_t i = 0; i < pot.tainted.size(); ++i) {
            const LinkEnd& end = pot.link->from[i];
            tainted += pot.tainted[i];
            books_.total(chain_, end.asset).swapped_out += pot.tainted[i];
            if (const auto id = books_.find(chain_, end.address))
                hop = std::min(hop, books_.at(*id).hop);
        }
        if (tainted.is_zero()) continue;
        if (hop == ~0U) hop = 0;
        std::vector<Amount> gains;
        for (const LinkEnd& end : pot.link->to) {
            Amount& gain = gains.emplace_back();
            const auto key = key_of(now, end.address, end.asset);
            if (!key) continue;
            KeyState& state = now.keys[*key];
            const Amount total = total_of(state.flight);
            const Amount old = tainted_of(state.flight);
            gain = std::min(link_gain(pot, end, now.txn.time), total - old);
            if (gain.is_zero()) continue;
            const bool own =
                std::any_of(pot.link->from.begin(), pot.link->from.end(),
                            [&](const LinkEnd& from) { return from.address == end.address; });
            const bool met = state.node.has_value();
            state.node = node(now.view.keys[*key], own ? hop : hop + 1);
            state.flight.clear();
            append(state.flight, {total - old - gain, kClean});
            append(state.flight, {old + gain, kTainted});
            books_.total(chain_, end.asset).swapped_in += gain;
            books_.arrive(*state.node, end.asset, met ? Amount{} : end.amount, gain);
        }
        link_edges(now, pot, gains);
    }
}

void AccountFlow::link_edges(Current& now, const Pot& pot, const std::vector<Amount>& gains) {
    const Link& link = *pot.link;
    for (std::size_t i = 0; i < link.from.size(); ++i) {
        if (pot.tainted[i].is_zero()) continue;
        for (std::size_t j = 0; j < link.to.size(); ++j) {
            if (walk_.backward() && gains[j].is_zero()) continue;
            Edge edge;
            edge.chain = chain_;
            edge.txn = now.txn.hash;
            edge.at = now.txn.at;
            edge.time = now.txn.time;
            edge.from = link.from[i].address;
            edge.to = link.to[j].address;
            edge.asset = link.from[i].asset;
            edge.amount = pot.taken[i];
            edge.tainted = pot.tainted[i];
            edge.kind = link.kind;
            edge.confidence = link.confidence;
            edge.to_asset = link.to[j].asset;
            edge.to_amount = link.to[j].amount;
            edge.to_tainted = gains[j];
            edge.why = link.why;
            if (const auto id = books_.find(chain_, edge.to)) edge.hop = books_.at(*id).hop;
            if (walk_.backward()) {
                std::swap(edge.from, edge.to);
                std::swap(edge.asset, *edge.to_asset);
                std::swap(edge.amount, *edge.to_amount);
                std::swap(edge.tainted, *edge.to_tainted);
            }
            books_.edge(std::move(edge), now.view.rows.front().index);
        }
    }
}

}  // namespace cordon::trace
