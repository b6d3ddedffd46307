// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cordon/model/withdrawal.hpp>

#include "config.hpp"

namespace cordon::wallet {

/// What one address holds of one asset.
struct Balance {
    ChainId chain;
    Address address;
    Asset asset;
    Amount amount;
    friend bool operator==(const Balance&, const Balance&) = default;
};

enum class TierStanding : uint8_t {
    kFine,
    kBelow,    ///< Its floor.
    kAbove,    ///< Its cap.
    kUnknown,  ///< The balance of a wallet is missing: nothing is proposed.
};
std::string_view to_string(TierStanding standing) noexcept;

struct TierState {
    ChainId chain;
    Asset asset;
    Tier tier{};
    TierStanding standing{};
    Amount balance;    ///< Of all its wallets that are known.
    std::string text;  ///< What is to be done, or why nothing is.
};

struct Plan {
    std::vector<TierState> states;  ///< In the order of the configuration, hot first.
    /// Refills and sweeps, without payload. Each is a withdrawal like another: it goes to the gate.
    std::vector<WithdrawalRequest> proposals;
};

/// A refill that was proposed before.
struct PastRefill {
    WithdrawalRequest request;
    bool open = false;  ///< It may still leave: neither in a block nor cancelled.
};

/// What should be moved. `past` in any order. Refills of a tier are never closer than its delay,
/// and while one is open there is no other. Pure: same input, same plan. Nothing is proposed for a
/// tier of which a balance is unknown, or out of one.
Plan plan_tiers(const TierConfig& config, std::span<const Balance> balances,
                std::span<const PastRefill> past, UnixMillis now);

/// At most so much within any time of this length.
struct RollingLimit {
    Amount most;
    std::chrono::milliseconds window{};
};

/// A theft of the keys of the hot tier, or of the right to ask in its name.
struct Theft {
    Amount balance;                    ///< Of the tier when it begins.
    Amount deposits;                   ///< What comes in from outside until it ends.
    std::chrono::milliseconds time{};  ///< Until a breaker is tripped or the keys are changed.
    /// Of the policy, on what leaves the tier behind.
    std::optional<RollingLimit> behind = {};
    /// Of the policy, on what leaves the hot tier: only of use where the thief has to ask.
    std::optional<RollingLimit> hot = {};
};

/// The most that the thief can take (docs/security/maximum-loss.md). Nothing beyond 2^256-1.
std::optional<Amount> maximum_loss(const AssetTiers& asset, const Theft& theft);

}  // namespace cordon::wallet
