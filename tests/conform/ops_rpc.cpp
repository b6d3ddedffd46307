// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/chain/event_source.hpp>
#include <cordon/chain/evm/rpc.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

/// The event as docs/formats/events.md writes it.
Result<json::value> shown(FeedEvent event) { return json::parse(chain::format_event(event)); }

/// A txn of its own, for what is read without one.
SeenBlock with_txn(TxnActivity txn) {
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.activity.txns.push_back(std::move(txn));
    return seen;
}

Result<std::string_view> optional_text(const json::object& request, std::string_view name) {
    if (!request.contains(name)) return std::string_view{};
    return text_field(request, name);
}

}  // namespace

Result<json::value> op_rpc_block(const json::object& request) {
    CORDON_TRY(const ChainId chain, chain_field(request));
    chain::evm::RpcBlockText text;
    CORDON_TRY(text.block, text_field(request, "block"));
    CORDON_TRY(text.receipts, optional_text(request, "receipts"));
    CORDON_TRY(text.calls, optional_text(request, "calls"));
    CORDON_TRY(text.changes, optional_text(request, "changes"));
    CORDON_TRY(SeenBlock seen, chain::evm::parse_rpc_block(chain, text));
    return shown(std::move(seen));
}

Result<json::value> op_rpc_calls(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "json"));
    TxnActivity txn;
    CORDON_TRY(txn.calls, chain::evm::parse_call_trace(text));
    return shown(with_txn(std::move(txn)));
}

Result<json::value> op_rpc_changes(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "json"));
    TxnActivity txn;
    CORDON_TRY(txn.changes, chain::evm::parse_state_diff(text));
    return shown(with_txn(std::move(txn)));
}

}  // namespace cordon::conform
