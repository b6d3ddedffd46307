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

bool PathGraph::wanted(const Movement& movement) const {
    if (movement.amount < params_.min_amount) return false;
    if (params_.min_usd <= 0) return true;
    const auto usd =
        sight_.context.usd(movement.chain, movement.asset, movement.amount, movement.time);
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
        std::set<std::pair<ChainId, Address>> others;
        for (const Movement& row : found.rows)
            if (row.leaves(chain, address))
                others.emplace(row.to_chain(), row.to);
            else
                others.emplace(row.chain, row.from);
        if (found.cut || (params_.service_degree != 0 && others.size() > params_.service_degree)) {
            spots_[id].closed = true;
            return {};
        }
    } else if (found.cut) {
        stopped_ = true;
    }
    for (Movement& row : found.rows) {
        const bool own = row.is_own();
        if (!(back ? row.arrives(chain, address) : row.leaves(chain, address)) || !wanted(row))
            continue;
        if (own && (opened_forward_[id] && opened_backward_[id])) continue;  // Held already.
        const NodeId other = own    ? id
                             : back ? node(row.chain, row.from)
                                    : node(row.to_chain(), row.to);
        // Opened from one end it may still lie on a longer way from the other.
        if (!own) beyond.insert(other);
        // Between a node opened forward and one opened backward an arc is met twice.
        if (!own && (back ? opened_forward_[other] : opened_backward_[other])) continue;
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
    std::stable_sort(arcs_.begin(), arcs_.end(), [](const Arc& a, const Arc& b) {
        const auto rank = [](const Movement& row) {
            return std::tuple<ChainId, Moment, Moment, const Address&, const Address&, const Asset&,
                              const Asset&, ChainId, const Amount&>{
                row.chain, row.leaving(), row.arriving(), row.from,  row.to,
                row.asset, row.to_asset,  row.to_chain(), row.amount};
        };
        return rank(a.movement) < rank(b.movement);
    });
    for (uint32_t i = 0; i < arcs_.size(); ++i) spots_[arcs_[i].from].out.push_back(i);
    find_latest();
    return {};
}

void PathGraph::find_latest() {
    latest_.assign(params_.max_hops + 1, std::vector<std::optional<Moment>>(spots_.size()));
    for (uint32_t hops = 1; hops <= params_.max_hops; ++hops) {
        latest_[hops] = latest_[hops - 1];
        for (const Arc& arc : arcs_) {
            const Movement& row = arc.movement;
            const auto& next = latest_[hops - 1][arc.to];
            // Beyond: a target has arrived; from a service no way goes on.
            const bool goes_on =
                !spots_[arc.to].closed && !row.ends && next && next->not_before(row.arriving());
            if (!spots_[arc.to].target && !goes_on) continue;
            auto& mine = latest_[hops][arc.from];
            mine = std::max(mine, std::optional{row.leaving()});
        }
    }
}

const std::optional<Moment>& PathGraph::latest(NodeId node, uint32_t hops) const {
    return latest_[std::min<std::size_t>(hops, latest_.size() - 1)][node];
}

}  // namespace cordon::trace
