// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "join_division.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace cordon::patterns {
namespace {

constexpr std::size_t kMaxInputs = 32;  // A set of inputs is the bits of one number.

/// Looks for disjoint sets of inputs, one for each wanted sum, by depth first.
class Search {
public:
    Search(std::span<const uint64_t> inputs, uint64_t tolerance, uint32_t steps) noexcept
        : inputs_{inputs}, tolerance_{tolerance}, steps_{steps} {}

    /// Each sum may fall short of what is wanted by the tolerance, and may not exceed it. At least
    /// one input is left over.
    bool find(std::span<const uint64_t> wanted) { return part(wanted, 0); }
    bool gave_up() const noexcept { return steps_ == 0; }

private:
    bool part(std::span<const uint64_t> wanted, uint32_t used) {
        if (wanted.empty()) return static_cast<std::size_t>(std::popcount(used)) < inputs_.size();
        return add(wanted, used, 0, wanted.front());
    }

    /// Adds inputs from `from` on until at most the tolerance is `missing`.
    bool add(std::span<const uint64_t> wanted, uint32_t used, std::size_t from, uint64_t missing) {
        if (missing <= tolerance_ && part(wanted.subspan(1), used)) return true;
        for (std::size_t i = from; i < inputs_.size(); ++i) {
            if (steps_ == 0) return false;
            --steps_;
            const uint32_t bit = 1U << i;
            if ((used & bit) != 0 || inputs_[i] > missing) continue;
            if (add(wanted, used | bit, i + 1, missing - inputs_[i])) return true;
        }
        return false;
    }

    std::span<const uint64_t> inputs_;
    uint64_t tolerance_;
    uint32_t steps_;
};

}  // namespace

Division divide_among_makers(const JoinFacts& facts, const JoinParams& params) {
    const std::size_t limit = std::min<std::size_t>(params.division_inputs, kMaxInputs);
    if (!facts.values_known() || facts.in_values.size() > limit) return Division::kUndecided;
    if (facts.in_values.size() < facts.equal || facts.others() > limit)
        return Division::kImpossible;
    // The largest first: fewest inputs reach them, so that a wrong start is seen early.
    std::array<uint64_t, kMaxInputs> wanted{};
    std::size_t count = 0;
    for (auto at = facts.out_values.rbegin(); at != facts.out_values.rend(); ++at)
        if (*at != facts.denom) wanted[count++] = *at + facts.denom;
    const auto gain = std::max(
        params.joinmarket_least_gain,
        static_cast<uint64_t>(static_cast<double>(facts.denom) * params.joinmarket_max_gain));
    Search search{facts.in_values, std::min(gain, facts.denom / 2), params.division_steps};
    const std::span all{wanted.data(), count};
    if (facts.others() + 1 == facts.equal) {
        if (search.find(all)) return Division::kFound;
    } else {
        // One of the changes is the taker's; which one is not known.
        std::array<uint64_t, kMaxInputs> makers{};
        for (std::size_t taker = 0; taker < count; ++taker) {
            std::copy_n(wanted.begin(), taker, makers.begin());
            std::copy(wanted.begin() + static_cast<std::ptrdiff_t>(taker) + 1,
                      wanted.begin() + static_cast<std::ptrdiff_t>(count),
                      makers.begin() + static_cast<std::ptrdiff_t>(taker));
            if (search.find({makers.data(), count - 1})) return Division::kFound;
        }
    }
    return search.gave_up() ? Division::kUndecided : Division::kImpossible;
}

Division divide_in_halves(const JoinFacts& facts, const JoinParams& params) {
    const auto& values = facts.in_values;
    const std::size_t limit = std::min<std::size_t>(params.stonewall_max_inputs, 20);
    if (!facts.values_known() || values.size() > limit) return Division::kUndecided;
    std::array<uint64_t, 2> change{};
    std::size_t count = 0;
    for (const uint64_t value : facts.out_values)
        if (value != facts.denom && count < change.size()) change[count++] = value;
    const uint64_t taken = std::accumulate(values.begin(), values.end(), uint64_t{0});
    const uint64_t one = facts.denom + change[0];
    const uint64_t other = facts.denom + change[1];
    if (taken < one + other) return Division::kImpossible;
    const auto least = static_cast<uint64_t>(static_cast<double>(taken - one - other) *
                                             params.stonewall_min_fee_share);
    for (uint32_t set = 1; set + 1 < 1U << values.size(); ++set) {
        uint64_t sum = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
            if ((set >> i & 1) != 0) sum += values[i];
        if (sum >= one + least && taken - sum >= other + least) return Division::kFound;
    }
    return Division::kImpossible;
}

}  // namespace cordon::patterns
