// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "clear_signing.hpp"

/// One shape of a descriptor applied to one payload.
namespace cordon::explain {

// Calls within calls: a Safe that calls MultiSend that calls a router is three.
inline constexpr std::size_t kMaxClearDepth = 4;
// What no person reads; it bounds lists of hostile length.
inline constexpr std::size_t kMaxClearScreens = 4096;

struct ClearInput {
    const ClearDescriptor& descriptor;
    const ClearShape& shape;
    const ClearValue& data;
    ClearValue container;  ///< A tuple: from (when known), to, value, chainId.
    uint64_t chain = 0;
    std::size_t depth = 0;
};

/// `signing` gives the words for calls within the payload.
Result<ClearScreens> render_clear(const ClearSigning& signing, const ClearInput& input,
                                  const Context& context);

}  // namespace cordon::explain
