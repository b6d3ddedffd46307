// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "safe.hpp"

namespace cordon::explain {

/// True when some signature recovers to an owner, or to the one who is said to have made it.
bool signed_by_owner(const std::vector<Collected>& signatures, const Hash256& safe_hash,
                     const std::vector<Address>& owners);

/// R7: every collected signature against our own hash, as the contract would read it.
void judge_signatures(Walk& walk, const std::vector<Collected>& signatures,
                      const Hash256& safe_hash);

}  // namespace cordon::explain
