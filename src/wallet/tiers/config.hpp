// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/chain_id.hpp>

/// Where the money should lie (docs/formats/tiers.md).
namespace cordon::wallet {

/// How near the keys are. The order is that of danger.
enum class Tier : uint8_t { kHot, kWarm, kCold };
inline constexpr std::array kTiers{Tier::kHot, Tier::kWarm, Tier::kCold};
std::string_view to_string(Tier tier) noexcept;

struct TierRule {
    std::vector<Address> wallets;  ///< Refills go to the first.
    /// Below `floor` the tier is filled up to `target`; above `cap` it is emptied down to it. Of
    /// the last tier none: it takes what is left.
    Amount floor, target, cap;
    bool bounded = false;
    /// Of its refills, from the next tier: at most so much each, one within the delay, which is
    /// also how long each waits before it may leave.
    Amount most;
    std::chrono::milliseconds delay{};
};

/// The tiers of one asset, two of them at least: hot and cold, or all three.
struct AssetTiers {
    ChainId chain;
    Asset asset;
    std::array<std::optional<TierRule>, 3> tiers;  ///< By Tier.

    const TierRule* rule(Tier tier) const noexcept {
        const auto& at = tiers[static_cast<std::size_t>(tier)];
        return at ? &*at : nullptr;
    }
    /// The one behind it: where its refills come from and its sweeps go. Nothing for cold.
    std::optional<Tier> behind(Tier tier) const noexcept;
};

struct TierConfig {
    std::string requester;  ///< In whose name proposals are made.
    std::vector<AssetTiers> assets;
};

/// Strict: every field as its page says, floor <= target <= cap, floor < cap, no wallet in two
/// tiers, no asset twice. kMalformed with file and line; kDuplicate.
Result<TierConfig> parse_tiers(std::string_view yaml, std::string_view name);

}  // namespace cordon::wallet
