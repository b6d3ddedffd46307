// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <cordon/chain/look_alike.hpp>

namespace cordon::patterns {

using chain::LookAlikeParams;

/// How an address was used.
struct Use {
    Address address;
    uint64_t real = 0;   ///< Movements of money, in and out.
    uint64_t bait = 0;   ///< Zero, dust or counterfeit.
    uint64_t first = 0;  ///< When it was first used, as any number that rises.
};

/// Addresses with the same ends.
struct LookAlikeGroup {
    std::string ends;
    /// The one that the others imitate comes first: most real movements, then the oldest. The
    /// others by address. `imitated` is false when no member is used much more than the rest:
    /// vanity addresses of one owner look alike too.
    std::vector<Use> members;
    bool imitated = false;
};

/// Groups of two or more, by ends. The addresses must be different. Cost: O(n log n).
std::vector<LookAlikeGroup> look_alike_groups(ChainId chain, std::span<const Use> uses,
                                              const LookAlikeParams& params = {});

}  // namespace cordon::patterns
