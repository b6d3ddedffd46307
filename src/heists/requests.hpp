// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/guard/policy.hpp>

#include "scenario.hpp"

/// The heists as withdrawal requests: what a policy would have said before anybody signed.
namespace cordon::heists {

struct JudgedAttempt {
    Attempt attempt;
    guard::Judgement judgement;
};

/// What a policy says of a heist's requests. A request that is held does not leave: a thief has no
/// people who agree. Those who were deceived have; they see the reasons first.
struct Requests {
    const Facts* facts = nullptr;
    std::vector<JudgedAttempt> judged;  ///< By time; empty: there was nothing to be asked for.
    std::string none;                   ///< Then: why, in a sentence.
    std::size_t allowed = 0, held = 0, denied = 0;
    Cents stolen = 0;  ///< In all, as played with seed 0.
    Cents kept = 0;    ///< Of it, what does not leave when each key asks the gate before it signs.
};

/// Deterministic. What such a house would have known: the prices, payees and balances of the days
/// before; every list is clear, no alert is open, and the limits are not spent by anybody else.
/// Vaults of bridges count as hot wallets, accounts that administer as cold ones.
Result<Requests> judge_requests(const Common& common, const Facts& facts,
                                const guard::Policy& policy);

/// examples/policies/exchange.yaml, as compiled in.
std::string_view shipped_policy() noexcept;

}  // namespace cordon::heists
