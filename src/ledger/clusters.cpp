// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clusters.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <cordon/base/check.hpp>

namespace cordon::ledger {

const JoinFilter& no_join_filter() noexcept {
    class None final : public JoinFilter {
    public:
        bool is_join(const TxnShape&) const override { return false; }
        uint32_t identity() const noexcept override { return 0; }
    };
    static const None kNone;
    return kNone;
}

void ClusterForest::reserve(uint64_t ids) {
    parents_.reserve(ids);
    rings_.reserve(ids);
}

void ClusterForest::grow(uint32_t id) {
    if (id < parents_.size()) return;
    const std::size_t wanted = std::size_t{id} + 1;
    if (wanted > parents_.capacity()) reserve(std::max(wanted, parents_.size() * 2));
    for (std::size_t at = parents_.size(); at < wanted; ++at) {
        parents_.push_back(static_cast<uint32_t>(at));
        rings_.push_back({1, static_cast<uint32_t>(at)});
    }
}

uint32_t ClusterForest::root(uint32_t id) noexcept {
    // Path halving: every second node on the way is hung under its grandparent.
    while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
    return id;
}

bool ClusterForest::unite(uint32_t a, uint32_t b) noexcept {
    uint32_t low = root(a);
    uint32_t high = root(b);
    if (low == high) return false;
    if (low > high) std::swap(low, high);
    parents_[high] = low;
    rings_[low].size += rings_[high].size;
    std::swap(rings_[low].next, rings_[high].next);  // Two rings become one.
    return true;
}

void ClusterForest::add(TxnPosition at, std::span<const uint32_t> senders) {
    if (senders.size() < 2) return;
    CORDON_CHECK(ties_.empty());
    CORDON_CHECK(blocks_.empty() || blocks_.back().block <= at.block);
    const uint32_t first = senders.front();
    for (const uint32_t other : senders.subspan(1)) {
        if (other == first) continue;
        grow(std::max(first, other));
        if (!unite(first, other)) continue;
        if (blocks_.empty() || blocks_.back().block != at.block)
            blocks_.push_back({at.block, edges_.size()});
        edges_.push_back({first, other, at.txn});
    }
}

ClusterForest::Tie ClusterForest::tie(TxnPosition at, uint32_t payer, uint32_t change,
                                      uint32_t mark, uint32_t large) {
    CORDON_CHECK(mark != 0);
    grow(std::max(payer, change));
    const uint32_t a = root(payer);
    const uint32_t b = root(change);
    if (a == b) return Tie::kKnown;
    if (std::min(rings_[a].size, rings_[b].size) >= large) return Tie::kRefused;
    unite(a, b);
    ties_.push_back({at, payer, change, mark});
    return Tie::kJoined;
}

void ClusterForest::rewind(std::optional<BlockNum> last_good) {
    const auto cut = !last_good ? blocks_.begin()
                                : std::upper_bound(blocks_.begin(), blocks_.end(), *last_good,
                                                   [](BlockNum number, const BlockEdges& each) {
                                                       return number < each.block;
                                                   });
    if (cut == blocks_.end() && ties_.empty()) return;
    if (cut != blocks_.end()) edges_.resize(cut->first);
    blocks_.erase(cut, blocks_.end());
    ties_.clear();
    parents_.clear();
    rings_.clear();
    for (const Edge& edge : edges_) {
        grow(std::max(edge.a, edge.b));
        unite(edge.a, edge.b);
    }
}

uint32_t ClusterForest::cluster(uint32_t id) const noexcept {
    if (id >= parents_.size()) return id;
    while (parents_[id] != id) id = parents_[id];
    return id;
}

uint32_t ClusterForest::size(uint32_t id) const noexcept {
    return id < parents_.size() ? rings_[cluster(id)].size : 1;
}

std::vector<uint32_t> ClusterForest::members(uint32_t id) const {
    std::vector<uint32_t> all{id};
    if (id >= parents_.size()) return all;
    all.reserve(size(id));
    for (uint32_t at = rings_[id].next; at != id; at = rings_[at].next) all.push_back(at);
    std::sort(all.begin(), all.end());
    return all;
}

std::vector<ClusterForest::Cluster> ClusterForest::clusters(uint32_t least) const {
    least = std::max(least, uint32_t{2});
    std::vector<Cluster> all;
    for (uint32_t id = 0; id < parents_.size(); ++id)
        if (parents_[id] == id && rings_[id].size >= least) all.push_back({id, rings_[id].size});
    std::stable_sort(all.begin(), all.end(),
                     [](const Cluster& a, const Cluster& b) { return a.size > b.size; });
    return all;
}

ClusterForest::Join ClusterForest::join(std::size_t index) const noexcept {
    if (index >= edges_.size()) return ties_[index - edges_.size()];
    const auto after = std::upper_bound(
        blocks_.begin(), blocks_.end(), index,
        [](std::size_t wanted, const BlockEdges& each) { return wanted < each.first; });
    const Edge& edge = edges_[index];
    return {{std::prev(after)->block, edge.txn}, edge.a, edge.b, 0};
}

std::pair<uint32_t, uint32_t> ClusterForest::ends_of(std::size_t index) const noexcept {
    if (index >= edges_.size()) {
        const Join& tie = ties_[index - edges_.size()];
        return {tie.a, tie.b};
    }
    return {edges_[index].a, edges_[index].b};
}

std::vector<ClusterForest::Join> ClusterForest::why(uint32_t a, uint32_t b) const {
    const uint32_t wanted = cluster(a);
    if (a == b || wanted != cluster(b)) return {};
    // The tree of this one cluster: for each id, the edges at it, chained through `after`.
    struct End {
        std::size_t edge;
        std::size_t after;
    };
    constexpr std::size_t kNone = SIZE_MAX;
    std::vector<End> ends;
    ends.reserve(2 * std::size_t{size(a)});
    std::unordered_map<uint32_t, std::size_t> last;
    for (std::size_t index = 0; index < joins(); ++index) {
        const auto [from, to] = ends_of(index);
        if (cluster(from) != wanted) continue;
        for (const uint32_t id : {from, to}) {
            const auto [at, fresh] = last.try_emplace(id, kNone);
            ends.push_back({index, at->second});
            at->second = ends.size() - 1;
        }
    }
    // Walk from b until a is met; what led to an id leads back from a to b.
    std::unordered_map<uint32_t, std::size_t> came_by{{b, kNone}};
    std::vector<uint32_t> open{b};
    while (!open.empty() && !came_by.contains(a)) {
        const uint32_t id = open.back();
        open.pop_back();
        for (std::size_t at = last.at(id); at != kNone; at = ends[at].after) {
            const auto [from, to] = ends_of(ends[at].edge);
            const uint32_t other = from == id ? to : from;
            if (came_by.try_emplace(other, ends[at].edge).second) open.push_back(other);
        }
    }
    std::vector<Join> path;
    for (uint32_t at = a; at != b;) {
        Join step = join(came_by.at(at));
        if (step.a != at) std::swap(step.a, step.b);  // Each step reads in the sense of the path.
        path.push_back(step);
        at = step.b;
    }
    return path;
}

std::vector<ClusterForest::Merge> ClusterForest::merges(uint32_t least) const {
    std::vector<Merge> all;
    ClusterForest again;
    if (!parents_.empty()) again.grow(static_cast<uint32_t>(parents_.size() - 1));
    for (std::size_t index = 0; index < joins(); ++index) {
        const auto [a, b] = ends_of(index);
        const uint32_t size_a = again.rings_[again.root(a)].size;
        const uint32_t size_b = again.rings_[again.root(b)].size;
        if (std::min(size_a, size_b) >= least) all.push_back({join(index), size_a, size_b});
        again.unite(a, b);
    }
    return all;
}

}  // namespace cordon::ledger
