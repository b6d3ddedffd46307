// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "../world.hpp"

/// Who was left with nothing in one txn, by what tokens answered in it. D32 knows what those hold
/// whom we watch; a call tree often tells of everybody else, since a thief asks before he takes.
namespace cordon::detect {

struct Emptied {
    Address who;
    Asset asset;
    Amount held, taken;
    bool called = false;  ///< The contract that the sender called; otherwise it takes no part.
};

/// Holders that ended with less than `left` of what balanceOf() said of them before, and were given
/// nothing, where the sender's side has what they lost: the contract that the sender called himself
/// and that paid him, or strangers whose allowance the sender's contract used. In the order of
/// their loss. Not when the sender gave something. Cost: one look at each call; when that finds a
/// transfer of either kind, as moves_of().
std::vector<Emptied> emptied_in(const TxnView& txn, double left);

}  // namespace cordon::detect
