// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/guard/policy.hpp>
#include <cordon/wallet/tiers/config.hpp>

namespace cordon::engine {

/// What a policy would do with the largest refill of a tier, beside the delay that the tiers
/// promise: the planner asks no more often, but it is the policy that makes a refill wait.
struct TierCheck {
    std::string tier;  ///< "eth native hot".
    bool good = false;
    std::string text;  ///< For a person, with both times.
};
/// One for each tier with a delay, in the order of the configuration. `risk` says whose wallets
/// they are and what money is worth.
std::vector<TierCheck> check_tiers(const wallet::TierConfig& tiers, const guard::Policy& policy,
                                   guard::RiskSource& risk, UnixMillis now);

}  // namespace cordon::engine
