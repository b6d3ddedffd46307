// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <cordon/net/rpc_client.hpp>

#include "node.hpp"

namespace cordon::feed {

struct BitcoinNodeOptions {
    net::RpcOptions rpc;
    /// Content of Bitcoin Core's .cookie, or user:password. Empty: none.
    std::string credentials;
    bool pending = true;    ///< The mempool.
    Millis mempool{5'000};  ///< How often its txids are asked for: megabytes on main net.
    std::size_t outputs =
        250'000;  ///< Recent outputs kept, to say what an input spends (150 B each).
    WallClock clock = wall_clock;
};

/// A Bitcoin node over JSON-RPC: Bitcoin Core, btcd. Blocks come raw and are checked (proof of
/// work, commitments, the hash asked for). What an input spends is told by recent outputs, by
/// getblock with verbosity 3 (Bitcoin Core), or by getrawtransaction (a node with txindex), in that
/// order; an input that none of them knows stays without, and warnings() says so.
///
/// kInvalidParam: no http or https URL, or one with user info: processes of others can read a
/// command line. Opens nothing yet.
Result<std::unique_ptr<Node>> make_bitcoin_node(std::string_view url,
                                                BitcoinNodeOptions options = {});

}  // namespace cordon::feed
