// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

/// Who gets whom, when several fit. Pure; private to the room.
namespace cordon::patterns {

/// A deposit and a payout that may belong together.
struct BridgePair {
    uint32_t deposit = 0, payout = 0;
    double weight = 0;  ///< How well they fit, above 0.
};

struct BridgeAssigned {
    uint32_t pair = 0;    ///< Place in the pairs.
    double share = 0;     ///< Its part of all that fitted, on the side where more did; 1: no doubt.
    uint32_t rivals = 0;  ///< How many others fitted; 0 where there is no doubt.
    /// The other payouts that were still free and fitted the deposit, the best first, and the part
    /// of each in all of them.
    std::vector<std::pair<uint32_t, double>> losers;
};

/// One to one. Where only one payout is left for a deposit, or one deposit for a payout, it is
/// settled first; then the best fit, the earlier of equal ones. What a match rules out is ruled out
/// as surely as the match is sure, and no more. O(n log n).
std::vector<BridgeAssigned> assign_bridge_pairs(const std::vector<BridgePair>& pairs);

}  // namespace cordon::patterns
