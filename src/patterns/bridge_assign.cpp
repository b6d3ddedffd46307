// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge_assign.hpp"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>

namespace cordon::patterns {
namespace {

constexpr double kCertain = 0.999;  // What is left is rounding.

/// A deposit or a payout.
struct Side {
    std::vector<uint32_t> pairs;
    uint32_t left = 0;
    double weight = 0;  ///< Of its pairs, less what was ruled out.
};

class Assignment {
public:
    explicit Assignment(const std::vector<BridgePair>& pairs)
        : pairs_{pairs}, alive_(pairs.size(), true) {
        for (uint32_t i = 0; i < pairs.size(); ++i)
            for (Side* side : {&deposits_[pairs[i].deposit], &payouts_[pairs[i].payout]}) {
                side->pairs.push_back(i);
                ++side->left;
                side->weight += pairs[i].weight;
            }
        for (uint32_t i = 0; i < pairs.size(); ++i) push(i);
    }

    std::vector<BridgeAssigned> run() {
        std::vector<BridgeAssigned> done;
        while (!queue_.empty()) {
            const auto [only, weight, back] = queue_.top();
            queue_.pop();
            const uint32_t index = ~back;
            if (!alive_[index] || only != is_only(index)) continue;
            done.push_back(assigned(index));
            remove(index, done.back().share);
        }
        return done;
    }

private:
    bool is_only(uint32_t index) const {
        return deposits_.at(pairs_[index].deposit).left == 1 ||
               payouts_.at(pairs_[index].payout).left == 1;
    }
    /// The earlier pair first where two are equal.
    void push(uint32_t index) { queue_.emplace(is_only(index), pairs_[index].weight, ~index); }

    BridgeAssigned assigned(uint32_t index) const {
        const Side& deposit = deposits_.at(pairs_[index].deposit);
        const Side& payout = payouts_.at(pairs_[index].payout);
        BridgeAssigned out;
        out.pair = index;
        const double most = std::max(deposit.weight, payout.weight);
        // Subtracting weights leaves a little of what is gone.
        out.share = most > 0 ? std::min(1.0, pairs_[index].weight / most) : 0;
        if (out.share < kCertain)
            out.rivals =
                static_cast<uint32_t>(std::max(deposit.pairs.size(), payout.pairs.size()) - 1);
        double sum = 0;
        for (const uint32_t other : deposit.pairs) {
            if (!alive_[other] || other == index) continue;
            out.losers.emplace_back(other, pairs_[other].weight);
            sum += pairs_[other].weight;
        }
        std::stable_sort(out.losers.begin(), out.losers.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        for (auto& [other, weight] : out.losers) weight = sum > 0 ? weight / sum : 0;
        return out;
    }

    /// A match of this share rules out the others of its deposit and payout, and as surely: the
    /// doubt stays in the weight of their other ends.
    void remove(uint32_t index, double share) {
        const auto drop = [&](uint32_t pair, Side& side) {
            side.weight -= pairs_[pair].weight * share;
            if (--side.left != 1) return;
            for (const uint32_t last : side.pairs)
                if (alive_[last]) push(last);
        };
        const auto kill = [&](uint32_t pair) {
            if (!alive_[pair]) return;
            alive_[pair] = false;
            drop(pair, deposits_[pairs_[pair].deposit]);
            drop(pair, payouts_[pairs_[pair].payout]);
        };
        kill(index);
        for (const uint32_t other : deposits_[pairs_[index].deposit].pairs) kill(other);
        for (const uint32_t other : payouts_[pairs_[index].payout].pairs) kill(other);
    }

    const std::vector<BridgePair>& pairs_;
    std::vector<bool> alive_;
    std::map<uint32_t, Side> deposits_, payouts_;
    std::priority_queue<std::tuple<bool, double, uint32_t>>
        queue_;  // Only one left, weight, ~pair.
};

}  // namespace

std::vector<BridgeAssigned> assign_bridge_pairs(const std::vector<BridgePair>& pairs) {
    return Assignment{pairs}.run();
}

}  // namespace cordon::patterns
