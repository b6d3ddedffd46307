// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/activity.hpp>
#include <cordon/model/feed_event.hpp>

/// Answers of EVM nodes (execution-apis, and geth's debug namespace) to the model. Pure: takes the
/// text of `result`, opens nothing. Errors name the field and what was expected. Hostile input is
/// bounded: 64 MiB, 1,024 levels of calls, 1 M frames a block.
namespace cordon::chain::evm {

/// What one block's answers say, put together.
struct RpcBlockText {
    std::string_view block;     ///< eth_getBlockByNumber with full txns.
    std::string_view receipts;  ///< eth_getBlockReceipts; empty: not had.
    std::string_view calls;     ///< debug_traceBlockByHash, callTracer; empty: not had.
    std::string_view changes;   ///< debug_traceBlockByHash, prestateTracer with diffMode; empty.
};

/// kMalformed; kConflict when the answers are of different blocks (a reorg in between: ask again).
/// Transfers: value at top level; with calls also inner value; with receipts ERC-20 Transfer logs,
/// as chain/evm/transfer_log does it, without receipts what the calls say (transfers_of_calls). A
/// failed txn moves only its fee. Withdrawals of validators are a txn of their own, the last, which
/// is none of the activity's (system_txn.hpp). An answer "null" is one that was not had; kNotFound
/// for a block. Txns that a tracer gave up on have no calls or changes and are counted in
/// Activity::missing.
Result<SeenBlock> parse_rpc_block(ChainId chain, const RpcBlockText& text);

/// A header as newHeads tells it: number, hash, parent, time.
Result<BlockHeader> parse_rpc_header(std::string_view text);

/// A txn of the mempool: top-level value, and what ERC-20 calldata would move.
Result<PendingTxn> parse_rpc_txn(ChainId chain, std::string_view text, UnixMillis seen);

/// callTracer's frame of one txn, flattened in pre-order.
Result<std::vector<Call>> parse_call_trace(std::string_view text);
/// prestateTracer's {pre, post} of one txn: the slots that changed, sorted by contract and slot.
Result<std::vector<StateChange>> parse_state_diff(std::string_view text);

/// What calls move: native value of every call and creation that did not fail, and transfer /
/// transferFrom calldata to contracts, in the order of the frames. For sources without logs: a
/// claim of the calldata, not proof, but for frames that returned success; of non-fungible tokens
/// the amount is the id of the one thing moved.
std::vector<Transfer> transfers_of_calls(std::span<const Call> calls);

}  // namespace cordon::chain::evm
