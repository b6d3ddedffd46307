// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "look_alike.hpp"

#include <algorithm>
#include <tuple>

namespace cordon::patterns {

std::vector<LookAlikeGroup> look_alike_groups(ChainId chain, std::span<const Use> uses,
                                              const LookAlikeParams& params) {
    std::vector<std::pair<std::string, const Use*>> order;
    order.reserve(uses.size());
    for (const Use& use : uses) {
        std::string ends = chain::ends_of(chain, use.address, params);
        if (!ends.empty()) order.emplace_back(std::move(ends), &use);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second->address) < std::tie(b.first, b.second->address);
    });
    std::vector<LookAlikeGroup> groups;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && order[end].first == order[begin].first) ++end;
        if (end - begin < 2) continue;
        LookAlikeGroup group{order[begin].first, {}, false};
        for (std::size_t i = begin; i < end; ++i) group.members.push_back(*order[i].second);
        const auto original = std::min_element(
            group.members.begin(), group.members.end(), [](const Use& a, const Use& b) {
                return std::tie(b.real, a.first) < std::tie(a.real, b.first);
            });
        std::rotate(group.members.begin(), original, original + 1);
        // Imitators have no business of their own: bait at most, or a victim's one slip.
        group.imitated =
            std::all_of(group.members.begin() + 1, group.members.end(),
                        [&](const Use& other) {
                            return other.real * 2 < group.members.front().real || other.real == 0;
                        }) &&
            group.members.front().real > 0;
        groups.push_back(std::move(group));
    }
    return groups;
}

}  // namespace cordon::patterns
