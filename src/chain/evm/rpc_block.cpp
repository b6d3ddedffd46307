// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_block.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "../csv_number.hpp"
#include "../text.hpp"
#include "account.hpp"
#include "rpc.hpp"
#include "rpc_trace.hpp"
#include "rpc_value.hpp"
#include "system_txn.hpp"
#include "transfer_log.hpp"
#include "transfer_places.hpp"

namespace cordon::chain::evm {
namespace {

enum class BlockList : uint8_t { kTxns, kWithdrawals };

/// The fields of a block that make its header; `lists` reads the others.
Status read_head(JsonCursor& block, BlockHeader& header, Address& miner, ChainFamily family,
                 JsonVisit<BlockList, JsonCursor&> lists) {
    enum : std::size_t { kNumber, kHash, kParent, kTime, kMiner, kTxns, kWithdrawals };
    static constexpr std::string_view kNames[] = {
        "number", "hash", "parentHash", "timestamp", "miner", "transactions", "withdrawals"};
    CORDON_TRY(const uint64_t seen,
               block.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                   switch (name) {
                       case kNumber: return into(header.number, rpc_number(value));
                       case kHash: return into(header.hash, rpc_hash(value));
                       case kParent: return into(header.parent, rpc_hash(value));
                       case kTime: {
                           CORDON_TRY(const uint64_t time, rpc_number(value));
                           if (time > kMaxUnixSeconds)
                               return fail(ErrorCode::kOverflow,
                                           format("{} is after the year 9999", time));
                           header.time = from_unix_seconds(static_cast<int64_t>(time));
                           return {};
                       }
                       case kMiner: {
                           CORDON_TRY(const bool absent, value.is_null());
                           if (absent) return {};
                           CORDON_TRY(miner, rpc_address(family, value));
                           return {};
                       }
                       case kWithdrawals: {
                           CORDON_TRY(const bool absent, value.is_null());
                           return absent ? Status{} : lists(BlockList::kWithdrawals, value);
                       }
                       default: break;
                   }
                   return lists(BlockList::kTxns, value);
               }));
    for (const std::size_t name : {kNumber, kHash, kParent, kTime})
        if ((seen >> name & 1) == 0) return missing_key(kNames[name]);
    return {};
}

/// What a txn that waits would move at top level.
AccountTxn transfers_of_pending(ChainId chain, const TxnActivity& txn) {
    AccountTxn out;
    out.hash = txn.hash;
    Address to = txn.to;
    if (to.empty() && txn.nonce) to = created_address(txn.from, *txn.nonce);
    if (!txn.value.is_zero() && !to.empty())
        out.transfers.push_back(
            {kNativeIndex, txn.from, to, Asset{}, txn.value, TransferKind::kNative});
    if (auto moved = token_transfer_of(chain, txn.from, txn.to, txn.input)) {
        moved->index = kFirstToken;
        out.transfers.push_back(std::move(*moved));
    }
    return out;
}

}  // namespace

bool is_had(std::string_view text) {
    const auto from = text.find_first_not_of(" \t\r\n");
    return from != text.npos && !text.substr(from).starts_with("null");
}

tl::unexpected<Error> missing_key(std::string_view key) {
    return fail(ErrorCode::kMalformed, format("the key \"{}\" is missing", key));
}

tl::unexpected<Error> other_block(std::string_view what) {
    return fail(ErrorCode::kConflict,
                format("{} of another block: the chain changed in between; ask again", what));
}

Result<TxnActivity> read_rpc_txn(ChainId chain, JsonCursor& value) {
    enum : std::size_t { kHash, kFrom, kTo, kValue, kNonce, kInput, kData };
    static constexpr std::string_view kNames[] = {"hash",  "from",  "to",  "value",
                                                  "nonce", "input", "data"};
    TxnActivity txn;
    CORDON_TRY(const uint64_t seen,
               value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                   CORDON_TRY(const bool absent, field.is_null());
                   if (absent && name != kHash && name != kFrom) return {};
                   switch (name) {
                       case kHash: return into(txn.hash, rpc_hash(field));
                       case kFrom: return into(txn.from, rpc_address(chain.family, field));
                       case kTo: return into(txn.to, rpc_address(chain.family, field));
                       case kValue: return into(txn.value, rpc_amount(field));
                       case kNonce:  // Nodes of Tron write one all the same.
                           if (chain.family != ChainFamily::kEvm) return {};
                           return into(txn.nonce, rpc_number(field));
                       case kInput: return into(txn.input, rpc_bytes(field));
                       case kData: {  // Some nodes write both.
                           CORDON_TRY(Bytes data, rpc_bytes(field));
                           if (txn.input.empty()) txn.input = std::move(data);
                           return {};
                       }
                       default: break;
                   }
                   return {};
               }));
    for (const std::size_t name : {kHash, kFrom})
        if ((seen >> name & 1) == 0) return missing_key(kNames[name]);
    return txn;
}

Status RpcBlockReader::read_txn(JsonCursor& value) {
    CORDON_TRY(const auto kind, value.kind());
    if (kind == JsonCursor::Kind::kString)
        return fail(ErrorCode::kMalformed,
                    "expected txns, found their hashes: ask for the full block");
    auto txn = read_rpc_txn(chain_, value);
    if (!txn) return fail(txn.error().in(format("txn {}", txns_.size())));
    if (!places_.emplace(txn->hash, txns_.size()).second)
        return fail(ErrorCode::kDuplicate,
                    format("txn {} is there twice", format_hash(chain_, txn->hash)));
    txns_.push_back({.activity = std::move(*txn), .fee = {}});
    return {};
}

Status RpcBlockReader::read_block(std::string_view text) {
    if (!is_had(text))
        return fail(ErrorCode::kNotFound, "the node does not have the block (its answer is null)");
    CORDON_TRY(json_.open(text));
    bool full = false;
    CORDON_TRY(json_.walk([&](JsonCursor& block) -> Status {
        return read_head(
            block, header_, miner_, chain_.family,
            [&](BlockList which, JsonCursor& list) -> Status {
                if (which == BlockList::kWithdrawals)
                    return read_withdrawals(chain_, list, WithdrawalForm::kNode, withdrawals_);
                full = true;
                return list.items([&](JsonCursor& item) -> Status { return read_txn(item); });
            });
    }));
    if (!full) return missing_key("transactions");
    gives_.has_txns = true;
    return {};
}

/// Where the txn stands, which is nearly always the place at hand.
Result<std::size_t> RpcBlockReader::find(const Hash256& hash, std::size_t place) const {
    if (place < txns_.size() && txns_[place].activity.hash == hash) return place;
    const auto found = places_.find(hash);
    if (found == places_.end()) return other_block(format("txn {} is", format_hash(chain_, hash)));
    return found->second;
}

/// debug_traceBlock*: {txHash, result} or {txHash, error} for each txn in turn; old nodes leave the
/// hash out. True when any of them has a result.
template <typename Item, typename Read>
Result<bool> RpcBlockReader::read_traces(std::string_view text,
                                         std::vector<Item> TxnActivity::* list, Read read) {
    CORDON_TRY(json_.open(text));
    enum : std::size_t { kHash, kResult };
    static constexpr std::string_view kNames[] = {"txHash", "result"};
    std::size_t place = 0;
    std::vector<bool> traced(txns_.size());
    CORDON_TRY(json_.walk([&](JsonCursor& entries) -> Status {
        return entries.items([&](JsonCursor& entry) -> Status {
            std::optional<Hash256> hash;
            std::vector<Item> items;
            bool given = false;
            const auto seen =
                entry.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                    CORDON_TRY(const bool absent, value.is_null());
                    if (absent) return {};
                    if (name == kHash) {
                        CORDON_TRY(hash, rpc_hash(value));
                        return {};
                    }
                    given = true;
                    return read(value, items);
                });
            if (!seen) return fail(seen.error().in(format("trace {}", place)));
            std::size_t found = place++;
            if (hash) {
                CORDON_TRY(found, find(*hash, found));
            } else if (found >= txns_.size()) {
                return other_block("there are more traces than txns: they are");
            }
            if (!given) return {};
            if (traced[found])
                return fail(ErrorCode::kDuplicate,
                            format("trace {}: of a txn that was traced before", place - 1));
            traced[found] = true;
            txns_[found].activity.*list = std::move(items);
            return {};
        });
    }));
    if (!txns_.empty() && std::find(traced.begin(), traced.end(), true) == traced.end())
        return false;
    for (std::size_t i = 0; i < txns_.size(); ++i) txns_[i].missing |= !traced[i];
    return true;
}

Status RpcBlockReader::read_calls(std::string_view text) {
    if (!is_had(text)) return {};
    std::size_t budget = kMaxFrames;
    CORDON_TRY(
        gives_.has_calls,
        read_traces(text, &TxnActivity::calls, [&](JsonCursor& value, std::vector<Call>& calls) {
            return read_call_trace(chain_.family, value, budget, calls);
        }));
    return {};
}

Status RpcBlockReader::read_changes(std::string_view text) {
    if (!is_had(text)) return {};
    CORDON_TRY(gives_.has_changes,
               read_traces(text, &TxnActivity::changes,
                           [&](JsonCursor& value, std::vector<StateChange>& changes) {
                               return read_state_diff(chain_.family, value, changes);
                           }));
    return {};
}

/// What one answer does not say and another does.
void RpcBlockReader::settle(RpcTxn& txn) const {
    TxnActivity& activity = txn.activity;
    if (!activity.succeeded && !activity.calls.empty())
        activity.succeeded = !activity.calls.front().failed;
    if (!activity.to.empty() || activity.succeeded == false) {
        activity.created = {};  // Nodes tell it of failed creations too.
    } else if (activity.created.empty() && activity.nonce && activity.succeeded) {
        activity.created = created_address(activity.from, *activity.nonce);
    }
}

Status RpcBlockReader::add_native(const TxnActivity& activity, std::vector<Transfer>& out) const {
    if (activity.calls.empty()) {
        Address to = activity.to.empty() ? activity.created : activity.to;
        if (to.empty() && activity.nonce)  // Nobody says that it failed.
            to = created_address(activity.from, *activity.nonce);
        if (!activity.value.is_zero() && !to.empty())
            out.push_back(
                {kNativeIndex, activity.from, to, Asset{}, activity.value, TransferKind::kNative});
        return {};
    }
    uint32_t next = kFirstInternal;
    for (Transfer& transfer : transfers_of_calls(activity.calls)) {
        if (!transfer.asset.is_native() && gives_.has_logs) continue;
        if (next == kFirstToken)
            return fail(ErrorCode::kLimit, format("a txn has more than {} internal transfers",
                                                  kFirstToken - kFirstInternal));
        transfer.index = transfer.kind == TransferKind::kNative ? kNativeIndex : next++;
        out.push_back(std::move(transfer));
    }
    return {};
}

void RpcBlockReader::add_tokens(const TxnActivity& activity, std::vector<Transfer>& out) const {
    for (const Log& log : activity.logs) {
        const auto moved = decode_transfer_log(log.topics, log.data);
        if (!moved || moved->non_fungible) continue;
        const auto here = [&](const Address& address) {  // The event does not know of Tron.
            return Address{log.contract.kind(), address.payload()};
        };
        out.push_back({kFirstToken + log.index, here(moved->from), here(moved->to),
                       token_asset(chain_, log.contract), moved->amount,
                       token_transfer_kind(moved->from, moved->to)});
    }
}

Result<std::vector<Transfer>> RpcBlockReader::transfers_of(const RpcTxn& txn) const {
    std::vector<Transfer> out;
    if (!txn.fee.is_zero()) {
        const Address zero{AddressKind::kEvm, std::array<uint8_t, 20>{}};
        out.push_back({kFeeIndex, txn.activity.from, miner_.empty() ? zero : miner_, Asset{},
                       txn.fee, TransferKind::kFee});
    }
    if (txn.activity.succeeded == false) return out;
    CORDON_TRY(add_native(txn.activity, out));
    add_tokens(txn.activity, out);
    return out;
}

Result<SeenBlock> RpcBlockReader::finish() {
    SeenBlock seen;
    seen.block.chain = chain_;
    seen.block.header = header_;
    seen.activity = gives_;
    for (RpcTxn& txn : txns_) {
        settle(txn);
        CORDON_TRY(auto transfers, transfers_of(txn));
        if (!transfers.empty())
            seen.block.account_txns.push_back({txn.activity.hash, std::move(transfers)});
        seen.activity.missing += txn.missing ? 1 : 0;
        seen.activity.txns.push_back(std::move(txn.activity));
    }
    if (!withdrawals_.empty())
        seen.block.account_txns.push_back(
            {system_txn_hash(chain_, header_.number), std::move(withdrawals_)});
    return seen;
}

Result<SeenBlock> parse_rpc_block(ChainId chain, const RpcBlockText& text) {
    if (is_utxo(chain))
        return fail(ErrorCode::kInvalidParam,
                    format("expected an EVM chain, not {}", to_string(chain)));
    RpcBlockReader reader{chain};
    const auto named = [](Status status, std::string_view name) -> Status {
        if (!status) return fail(status.error().in(name));
        return {};
    };
    CORDON_TRY(named(reader.read_block(text.block), "block"));
    CORDON_TRY(named(reader.read_receipts(text.receipts), "receipts"));
    CORDON_TRY(named(reader.read_calls(text.calls), "calls"));
    CORDON_TRY(named(reader.read_changes(text.changes), "changes"));
    return reader.finish();
}

Result<BlockHeader> parse_rpc_header(std::string_view text) {
    JsonText json;
    CORDON_TRY(json.open(text));
    BlockHeader header;
    CORDON_TRY(json.walk([&](JsonCursor& block) -> Status {
        Address miner;
        return read_head(block, header, miner, ChainFamily::kEvm,
                         [](BlockList, JsonCursor&) -> Status { return {}; });
    }));
    return header;
}

Result<PendingTxn> parse_rpc_txn(ChainId chain, std::string_view text, UnixMillis seen) {
    JsonText json;
    CORDON_TRY(json.open(text));
    PendingTxn out;
    out.chain = chain;
    out.seen = seen;
    CORDON_TRY(json.walk([&](JsonCursor& value) -> Status {
        CORDON_TRY(out.activity, read_rpc_txn(chain, value));
        return {};
    }));
    out.transfers = transfers_of_pending(chain, out.activity);
    return out;
}

}  // namespace cordon::chain::evm
