// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "../secret.hpp"
#include "shamir.hpp"

namespace cordon::vault {

/// What dice give, for who trusts no machine's randomness.
struct DiceEntropy {
    Secret<32> entropy;
    std::size_t size = 0;
    /// What is odd about the rolls: a face too often, a run, a pattern that repeats. For a person
    /// to decide; honest dice are warned of once in some thousand times.
    std::vector<std::string> warnings;
};

/// Rolls of a six-sided die as digits 1 to 6 (blanks are left out) into `size` bytes: the first of
/// the SHA-256 of the digits, as `printf %s ROLLS | sha256sum` says, so that anybody can do it
/// again elsewhere. With `more` 32 random bytes are hashed in behind them: safe when either is, and
/// no longer to be done again. kInvalidParam: not 16, 20, 24, 28 or 32 bytes; kMalformed: another
/// sign (its place); kTruncated: fewer than 50, 62, 75, 87 or 99 rolls.
Result<DiceEntropy> entropy_of_dice(std::string_view rolls, std::size_t size,
                                    const Random& more = {});

}  // namespace cordon::vault
