// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <cordon/net/rpc_client.hpp>

#include "node.hpp"

namespace cordon::feed {

struct EvmNodeOptions {
    net::RpcOptions rpc;
    bool receipts = true;  ///< Logs, and whether txns failed.
    bool calls = true;     ///< Call traces, where the node has them.
    bool changes = true;   ///< Storage changes, where the node has them.
    bool pending = true;   ///< The mempool.
    WallClock clock = wall_clock;
};

/// A node of an EVM chain, or of Tron, over JSON-RPC (execution-apis; geth's debug namespace).
///
/// What a node has is found by asking: receipts and traces of a whole block, else of each txn, else
/// none, which warnings() tells. What fails for one block only is told with that block; after some
/// in a row it is not asked for a while. News comes by subscription over a WebSocket, by polling
/// over HTTP.
///
/// kInvalidParam: no such URL. Opens nothing yet.
Result<std::unique_ptr<Node>> make_evm_node(std::string_view url, EvmNodeOptions options = {});

}  // namespace cordon::feed
