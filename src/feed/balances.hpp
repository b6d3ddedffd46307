// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "open.hpp"

/// What addresses hold, asked of a node: a live watch begins in the middle of their history.
namespace cordon::feed {

struct Holding {
    ChainId chain;
    Address address;
    Asset asset;
    Amount amount;
    friend bool operator==(const Holding&, const Holding&) = default;
};

/// Fills in the amounts at the end of block `at` (eth_getBalance; ERC-20 balanceOf by eth_call), as
/// the first endpoint of an evm-rpc: source that answers says. One that is not known (no such
/// contract, state that the node has dropped) is left out of the answer. `holdings` are of one EVM
/// chain. kUnsupported: the source is of another kind (Bitcoin nodes keep no balances);
/// kWrongChain, kUnavailable, kCancelled. Cost: a message for each hundred.
Result<std::vector<Holding>> ask_balances(std::string_view source, BlockNum at,
                                          std::span<const Holding> holdings,
                                          const LiveOptions& options);

}  // namespace cordon::feed
