// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tier_check.hpp"

#include <cordon/base/format.hpp>
#include <cordon/guard/policy/told_world.hpp>

namespace cordon::engine {
namespace {

std::string minutes(std::chrono::milliseconds time) {
    return format("{} min", std::chrono::floor<std::chrono::minutes>(time).count());
}

std::string why(const guard::Judgement& judgement) {
    return judgement.reasons.empty() ? "" : ": " + judgement.reasons.front().text;
}

}  // namespace

std::vector<TierCheck> check_tiers(const wallet::TierConfig& tiers, const guard::Policy& policy,
                                   guard::RiskSource& risk, UnixMillis now) {
    std::vector<TierCheck> all;
    const guard::ToldSpending nothing_spent;
    for (const wallet::AssetTiers& asset : tiers.assets)
        for (const wallet::Tier tier : wallet::kTiers) {
            const wallet::TierRule* rule = asset.rule(tier);
            const auto behind = asset.behind(tier);
            if (!rule || !behind || !rule->bounded || rule->wallets.empty()) continue;
            const wallet::TierRule* source = asset.rule(*behind);
            if (!source || source->wallets.empty()) continue;
            const WithdrawalRequest refill{.id = "doctor",
                                           .chain = asset.chain,
                                           .asset = asset.asset,
                                           .from = source->wallets.front(),
                                           .to = rule->wallets.front(),
                                           .amount = rule->most,
                                           .requester = tiers.requester,
                                           .time = now};
            const guard::Judgement judged = policy.judge(refill, risk, nothing_spent, now);
            TierCheck check{format("{} {} {}", to_string(asset.chain), asset.asset.text(),
                                   wallet::to_string(tier)),
                            false,
                            {}};
            if (judged.decision == Decision::kDeny)
                check.text = "the policy denies its largest refill" + why(judged);
            else if (judged.decision == Decision::kAllow)
                check.text = format("the policy lets a refill leave at once; its delay is {}",
                                    minutes(rule->delay));
            else if (!judged.approvable)
                check.text = "approvals do not release its largest refill" + why(judged);
            else if (judged.cool_down < rule->delay)
                check.text = format("a refill leaves {} after the last approval; its delay is {}",
                                    minutes(judged.cool_down), minutes(rule->delay));
            else {
                check.good = true;
                check.text = format("a refill waits {}, its delay is {}", minutes(judged.cool_down),
                                    minutes(rule->delay));
            }
            all.push_back(std::move(check));
        }
    return all;
}

}  // namespace cordon::engine
