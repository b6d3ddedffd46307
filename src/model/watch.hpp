// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <cordon/base/amount.hpp>
#include <cordon/base/time.hpp>

#include "block.hpp"

namespace cordon {

/// One row of watch-list: (docs/formats/watch-list.md): value that can move at any time, and should
/// be seen when it does.
struct Watch {
    ChainId chain;
    Address address;
    std::optional<OutPoint> outpoint;  ///< UTXO chains, when it is one output.
    Asset asset;
    Amount tainted;                   ///< Stolen value that rests there; 0: `source` says why.
    std::optional<UnixMillis> since;  ///< When the last of it arrived.
    std::string case_name;            ///< Of the theft; may be empty.
    std::string source;               ///< Who says so and why.
    double confidence = 0;            ///< 0..1: that what moves there is the thief's.
    friend bool operator==(const Watch&, const Watch&) = default;
};

}  // namespace cordon
