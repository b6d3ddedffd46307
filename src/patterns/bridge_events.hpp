// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <cordon/trace/trace.hpp>

#include "bridge_match.hpp"

/// What the bridges of a ledger took and paid, from transfers and facts. Private to the room.
namespace cordon::patterns {

struct BridgeEvents {
    std::vector<BridgeEvent> deposits, payouts;  ///< By time, chain, place.
    /// Facts of the same rows, where there are any; and whether a label says "bridge" of whoever
    /// said it.
    struct Said {
        std::string key;
        bool labelled = false;
    };
    std::map<uint32_t, Said> said_by_deposit, said_by_payout;
};

/// Of all account chains: transfers to and from addresses that are labelled bridge, and transfers
/// that facts speak of. kLimit above params.max_events. Errors of the Reader.
Result<BridgeEvents> read_bridge_events(const ledger::Reader& ledger, const trace::Context& context,
                                        const BridgeParams& params);

}  // namespace cordon::patterns
