// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "../world.hpp"
#include "bytecode.hpp"

/// Contracts that a txn makes.
namespace cordon::detect {

struct Creation {
    Address contract;  ///< Empty when the source does not tell (a pending txn).
    bool top = false;  ///< By the txn itself, not by a contract in it.
    CodeFacts facts;   ///< Of the creation code; addresses in its arguments are among them.
};
/// Creations that took effect. Of a txn without calls: the one it is itself.
std::vector<Creation> creations_of(const TxnView& txn);

}  // namespace cordon::detect
