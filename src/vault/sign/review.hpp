// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/explain/explanation.hpp>
#include <cordon/wallet/bundle.hpp>

#include "../key_facts.hpp"

/// Whether a key may sign a bundle: asked before any secret is touched, of nothing but the bundle,
/// the key file's facts and the signer's own clock (docs/decisions/0015).
namespace cordon::vault {

struct Review {
    explain::Explanation explanation;
    std::string hash;       ///< What is to be signed, as people compare it.
    wallet::Agreed agreed;  ///< Empty when they did not.
    /// Why the key must not sign. Empty: it may, when a person says yes.
    std::vector<std::string> refusals;
    /// Worth a person's thought; a key without a person refuses for them, too.
    std::vector<std::string> remarks;
};

/// Refuses: a retired key, a chain or kind that the key may not sign, a quorum that is not reached,
/// a payload that is blocked, that does more than `explain` understands, or that is not proven to
/// be what was asked for (R12). An Error: there is nothing to show, for the payload cannot be read.
Result<Review> review(const wallet::Bundle& bundle, const KeyFacts& facts,
                      const std::vector<std::string>& descriptors, UnixMillis now);

}  // namespace cordon::vault
