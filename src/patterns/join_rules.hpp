// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "classify.hpp"
#include "join_facts.hpp"

namespace cordon::patterns {

/// Each rule says how sure it is and why, or nothing. They exclude each other only in the order in
/// which join_of() asks them.
using Finding = std::optional<Classification>;

Finding whirlpool(const JoinFacts& facts, const JoinParams& params);
Finding whirlpool_tx0(const JoinFacts& facts, const JoinParams& params);
Finding wasabi1(const JoinFacts& facts, const JoinParams& params);
Finding wasabi2(const JoinFacts& facts, const JoinParams& params);
Finding joinmarket(const JoinFacts& facts, const JoinParams& params);
Finding stonewall(const JoinFacts& facts, const JoinParams& params);

/// The joins of strangers.
Finding join_of(const JoinFacts& facts, const JoinParams& params);

}  // namespace cordon::patterns
