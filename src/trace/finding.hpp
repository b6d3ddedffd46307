// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/model/block.hpp>

namespace cordon::trace {

/// A pattern of behaviour that a recogniser saw: what investigators call it, who takes part, and
/// why it says so. Never a fact by itself.
struct Finding {
    std::string_view pattern;  ///< Id of the recogniser, docs/patterns/<id>.md; static text.
    ChainId chain;
    std::vector<Address> addresses;  ///< Whom it is about first; the others as the pattern says.
    std::vector<Hash256> txns;       ///< In chain order; of long lists the first.
    std::vector<std::pair<Asset, Amount>> amounts;  ///< By asset.
    double confidence = 0;
    std::vector<std::string> why;
    std::string text;  ///< "peel chain of 14 hops": one phrase for a person.
};

}  // namespace cordon::trace
