// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "path_graph.hpp"

#include <algorithm>
#include <tuple>

namespace cordon::trace {

PathGraph::NodeId PathGraph::node(ChainId chain, const Address& address) {
    const auto [at, fresh] = ids_.try_emplace({chain, address}, static_cast<NodeId>(spots_.size()));
    if (fresh) {
        Spot& spot = spots_.emplace_back();
        spot.chain = chain;
        spot.address = address;
        spot.label = sight_.context.label(chain, address);
        opened_forward_.push_back(false);
        opened_backward_.push_back(false);
    }
    return at->second;
}

bool PathGraph::out_of_budget() const {
    return spots_.size() >= params_.max_nodes || arcs_.size() >= params_.max_edges ||
           (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed));
}

bool PathGraph::wanted(ChainId chain, const Movement& movement) const {
    if (movement.amount < params_.min_amount) return false;
    if (params_.min_usd <= 0) return true;
    const auto usd = sight_.context.usd(chain, movement.asset, movement.amount, movement.time);
    return !usd || *usd >= params_.min_usd;
}

Status PathGraph::read(NodeId id, bool back, std::set<NodeId>& beyond) {
    const ChainId chain = spots_[id].chain;
    const Address address = spots_[id].address;
    const bool end = spots_[id].start || spots_[id].target;
    if (spots_[id].closed && !end) return {};
    const auto& label = spots_[id].label;
    if (!end && label &&
        std::find(params_.stop.begin(), params_.stop.end(), label->category) !=
            params_.stop.end()) {
        spots_[id].closed = true;
        return {};
    }
    CORDON_TRY(Movements found,
               reader_.of(chain, address, ledger::Order::kAscending, params_.max_txns));
    if (!end) {
        std::set<Address> others;
        for (const Movement& row : found.rows)
            others.insert(row.from == address ? row.to : row.from);
        if (found.cut || (params_.service_degree != 0 && others.size() > params_.service_degree)) {
            spots_[id].closed = true;
            return {};
        }
    } else if (found.cut) {
        stopped_ = true;
    }
    for (Movement& row : found.rows) {
        const bool own = row.from == row.to;
        if ((back ? row.to : row.from) != address || !wanted(chain, row)) continue;
        if (own && (opened_forward_[id] && opened_backward_[id])) continue;  // Held already.
        const NodeId other = own ? id : node(chain, back ? row.from : row.to);
        // Between a node opened forward and one opened backward an arc is met twice.
        if (!own && (back ? opened_forward_[other] : opened_backward_[other])) continue;
        if (!own) beyond.insert(other);
        arcs_.push_back({back ? other : id, back ? id : other, std::move(row)});
        if (out_of_budget()) break;
    }
    return {};
}

Result<std::vector<PathGraph::NodeId>> PathGraph::step(const std::vector<NodeId>& front,
                                                       bool back) {
    std::set<NodeId> beyond;
    for (const NodeId id : front) {
        std::vector<bool>& opened = back ? opened_backward_ : opened_forward_;
        if (opened[id]) continue;
        if (out_of_budget()) {
            stopped_ = true;
            break;
        }
        opened[id] = true;
        CORDON_TRY(read(id, back, beyond));
        if (progress_ && ++opened_ % 64 == 0)
            progress_({opened_, spots_.size(), arcs_.size(), 0,
                       static_cast<double>(arcs_.size()) / static_cast<double>(params_.max_edges)});
    }
    return std::vector<NodeId>{beyond.begin(), beyond.end()};
}

Status PathGraph::open(std::span<const Start> starts, std::span<const Start> targets) {
    std::vector<NodeId> ahead, behind;
    for (const Start& start : starts) {
        const NodeId id = node(start.chain, start.address);
        spots_[id].start = true;
        spots_[id].since = start.from;
        ahead.push_back(id);
    }
    for (const Start& target : targets) {
        const NodeId id = node(target.chain, target.address);
        spots_[id].target = true;
        behind.push_back(id);
    }
    // The smaller front goes on each time: what a hub would cost on one side is often spared.
    for (uint32_t hop = 0; hop < params_.max_hops && !(ahead.empty() && behind.empty()); ++hop) {
        const bool back = ahead.empty() || (!behind.empty() && behind.size() < ahead.size());
        if (back ? behind.empty() : ahead.empty()) break;
        CORDON_TRY(auto next, step(back ? behind : ahead, back));
        (back ? behind : ahead) = std::move(next);
    }
    std::sort(arcs_.begin(), arcs_.end(), [&](const Arc& a, const Arc& b) {
        const auto rank = [&](const Arc& arc) {
            return std::tie(arc.movement.at, arc.movement.from, arc.movement.to, arc.movement.asset,
                            arc.movement.to_asset, arc.movement.amount);
        };
        if (spots_[a.from].chain != spots_[b.from].chain)
            return spots_[a.from].chain < spots_[b.from].chain;
        return rank(a) < rank(b);
    });
    for (uint32_t i = 0; i < arcs_.size(); ++i) spots_[arcs_[i].from].out.push_back(i);
    find_latest();
    return {};
}

void PathGraph::find_latest() {
    latest_.assign(params_.max_hops + 1, std::vector<BlockNum>(spots_.size(), 0));
    for (uint32_t hops = 1; hops <= params_.max_hops; ++hops) {
        latest_[hops] = latest_[hops - 1];
        for (const Arc& arc : arcs_) {
            const BlockNum block = arc.movement.at.block;
            // Beyond: a target has arrived; from a service no way goes on.
            const bool goes_on = !spots_[arc.to].closed && latest_[hops - 1][arc.to] > block;
            if (spots_[arc.to].target || goes_on)
                latest_[hops][arc.from] = std::max(latest_[hops][arc.from], block + 1);
        }
    }
}

std::optional<BlockNum> PathGraph::latest(NodeId node, uint32_t hops) const {
    const BlockNum block = latest_[std::min<std::size_t>(hops, latest_.size() - 1)][node];
    return block == 0 ? std::nullopt : std::optional{block - 1};
}

}  // namespace cordon::trace
