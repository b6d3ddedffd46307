// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <cordon/guard/policy.hpp>

namespace cordon::engine {

/// A payment that left, as if it had been asked for.
struct Replayed {
    WithdrawalRequest request;
    Hash256 txn;
    std::optional<Cents> usd;
    guard::Judgement judgement;
};
struct ReplaySum {
    uint64_t count = 0, unpriced = 0;
    Cents usd = 0;
};
struct GuardReplay {
    std::array<ReplaySum, 3> by_decision;                           ///< By Decision.
    std::map<std::pair<Decision, std::string>, ReplaySum> by_rule;  ///< Each reason's rule.
    std::vector<Replayed>
        stopped;  ///< Held and denied, in the order of time; at most kMostStopped.
};
inline constexpr std::size_t kMostStopped = 100'000;

struct ReplayHooks {
    std::function<void(uint64_t judged, uint64_t all)> progress = {};
    const std::atomic<bool>* cancel = nullptr;
};

/// What a policy would have said of everything that left our wallets since then, each judged by
/// what was known before it. There were no payloads and no requesters; what left counts under the
/// limits unless it would have been denied; today's lists are asked. kNotFound: no wallets of ours.
Result<GuardReplay> replay_guard(const guard::Policy& policy, const std::string& ledger,
                                 UnixMillis since, const ReplayHooks& hooks);

}  // namespace cordon::engine
