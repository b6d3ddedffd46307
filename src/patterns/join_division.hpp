// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "join_facts.hpp"

namespace cordon::patterns {

/// Whether the inputs of a txn can be parted among its owners so that every owner's books close.
enum class Division : uint8_t {
    kImpossible,  ///< No way to part them: they are not the owners that the rule assumes.
    kFound,
    kUndecided,  ///< Too many inputs, values unknown, or the search gave up.
};

/// JoinMarket: each maker's coins are the denomination and his change less what he gained; what is
/// left is the taker's, who pays for all (conservation sees to it). REQUIRES: others() is equal or
/// equal - 1.
Division divide_among_makers(const JoinFacts& facts, const JoinParams& params);

/// Stonewall: two sides, each of which pays the denomination, its own change and about half of the
/// fee. REQUIRES: equal == 2, others() is 1 or 2.
Division divide_in_halves(const JoinFacts& facts, const JoinParams& params);

}  // namespace cordon::patterns
