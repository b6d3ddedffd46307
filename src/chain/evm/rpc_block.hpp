// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include <cordon/model/activity.hpp>

#include "../json_cursor.hpp"

/// Puts the answers about one block together (rpc.hpp). Confined to one thread.
namespace cordon::chain::evm {

struct RpcTxn {
    TxnActivity activity;
    Amount fee;
    bool missing = false;  ///< A tracer gave up on it.
};

class RpcBlockReader {
public:
    explicit RpcBlockReader(ChainId chain) : chain_{chain} {}

    Status read_block(std::string_view text);
    Status read_receipts(std::string_view text);
    Status read_calls(std::string_view text);
    Status read_changes(std::string_view text);
    Result<SeenBlock> finish();

private:
    Status read_txn(JsonCursor& value);
    Status read_receipt(JsonCursor& receipt, std::size_t place);
    template <typename Item, typename Read>
    Result<bool> read_traces(std::string_view text, std::vector<Item> TxnActivity::* list,
                             Read read);
    Result<std::size_t> find(const Hash256& hash, std::size_t place) const;
    void settle(RpcTxn& txn) const;
    Result<std::vector<Transfer>> transfers_of(const RpcTxn& txn) const;
    Status add_native(const TxnActivity& activity, std::vector<Transfer>& out) const;
    void add_tokens(const TxnActivity& activity, std::vector<Transfer>& out) const;

    ChainId chain_;
    JsonText json_;
    BlockHeader header_;
    Address miner_;
    std::vector<RpcTxn> txns_;
    std::vector<Transfer> withdrawals_;
    std::unordered_map<Hash256, std::size_t> places_;
    Activity gives_;  // Its flags; the txns are in txns_.
};

/// False for an answer that the node did not have: empty, or null.
bool is_had(std::string_view text);
tl::unexpected<Error> missing_key(std::string_view key);
/// kConflict: `what` is "the receipt is", for example.
tl::unexpected<Error> other_block(std::string_view what);

/// A txn as eth_getTransactionByHash and full blocks give it.
Result<TxnActivity> read_rpc_txn(ChainId chain, JsonCursor& value);

}  // namespace cordon::chain::evm
