// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../csv_number.hpp"
#include "../json_cursor.hpp"
#include "../text.hpp"
#include "etl_block.hpp"
#include "etl_value.hpp"
#include "system_txn.hpp"
#include "transfer_log.hpp"

namespace cordon::chain {
namespace {

using F = EtlField;

/// 0 or 1; nothing when the export does not say (before Byzantium receipts had none).
Result<std::optional<bool>> optional_status(const EtlTable& table) {
    const std::string_view text = table[F::kStatus];
    if (text.empty()) return std::nullopt;
    if (text != "0" && text != "1")
        return fail(table.error(F::kStatus, ErrorCode::kMalformed,
                                format("expected 0 or 1, found \"{}\"", text.substr(0, 40))));
    return text == "1";
}

/// Keeps the first statement; a different second one is a conflict.
template <typename T>
Status agree(const EtlTable& table, F field, std::optional<T>& known,
             const std::optional<T>& said) {
    if (!said) return {};
    if (known && *known != *said)
        return fail(table.error(
            field, ErrorCode::kConflict,
            "another record of this block says something else; the files do not belong together"));
    known = said;
    return {};
}

/// Elements of `a,b` as CSV has it, or of `["a", "b"]` as JSON has it.
std::vector<std::string_view> split_list(std::string_view text) {
    constexpr std::string_view kAround = " \t\"'";
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        const std::size_t from = std::min(item.find_first_not_of(kAround), item.size());
        item.remove_prefix(from);
        item = item.substr(0, item.find_last_not_of(kAround) + 1);
        out.push_back(item);
    }
    if (out.size() == 1 && out[0].empty()) out.clear();
    return out;
}

}  // namespace

Status EtlBlock::add(const EtlTable& table) {
    any_name_ = table.name();
    CORDON_TRY(add_time_and_hash(table));
    switch (table.kind()) {
        case EtlKind::kBlock: return add_block(table);
        case EtlKind::kTransaction: return add_transaction(table);
        case EtlKind::kReceipt: return add_receipt(table);
        case EtlKind::kTokenTransfer: return add_token_transfer(table);
        case EtlKind::kLog: return add_log(table);
        case EtlKind::kTrace: return add_trace(table);
    }
    return {};
}

Status EtlBlock::add_time_and_hash(const EtlTable& table) {
    if (const std::string_view text = table[F::kTime]; !text.empty()) {
        CORDON_TRY(const UnixMillis time, etl_checked(table, F::kTime, parse_time(text)));
        CORDON_TRY(agree(table, F::kTime, time_, std::optional{time}));
    }
    if (const std::string_view text = table[F::kBlockHash]; !text.empty()) {
        CORDON_TRY(const Hash256 hash, etl_checked(table, F::kBlockHash, parse_hash(chain_, text)));
        CORDON_TRY(agree(table, F::kBlockHash, hash_, std::optional{hash}));
    }
    return {};
}

Status EtlBlock::add_block(const EtlTable& table) {
    if (const std::string_view text = table[F::kParent]; !text.empty()) {
        CORDON_TRY(const Hash256 parent, etl_checked(table, F::kParent, parse_hash(chain_, text)));
        CORDON_TRY(agree(table, F::kParent, parent_, std::optional{parent}));
    }
    CORDON_TRY(const Address miner, address_of(table, F::kMiner, true));
    if (!miner.empty()) miner_ = miner;
    return add_withdrawals(table);
}

Status EtlBlock::add_withdrawals(const EtlTable& table) {
    const std::string_view text = table[F::kWithdrawals];
    if (text.empty()) return {};
    // CSV has the items of the list without its brackets.
    JsonText json;
    CORDON_TRY(
        etl_checked(table, F::kWithdrawals,
                    json.open(text.starts_with('[') ? std::string{text} : format("[{}]", text))));
    std::vector<Transfer> said;
    CORDON_TRY(etl_checked(table, F::kWithdrawals, json.walk([&](JsonCursor& list) -> Status {
        return read_withdrawals(chain_, list, WithdrawalForm::kExport, said);
    })));
    return agree(table, F::kWithdrawals, withdrawals_, std::optional{std::move(said)});
}

Result<EtlBlock::Txn*> EtlBlock::txn_of(const EtlTable& table) {
    CORDON_TRY(const Hash256 hash, etl_checked(table, F::kTx, parse_hash(chain_, table[F::kTx])));
    CORDON_TRY(const auto index, etl_number(table, F::kTxIndex));
    const auto [found, fresh] = by_hash_.try_emplace(hash, txns_.size());
    if (fresh) txns_.emplace_back().hash = hash;
    Txn& txn = txns_[found->second];
    CORDON_TRY(agree(table, F::kTxIndex, txn.index, index));
    return &txn;
}

Result<Address> EtlBlock::address_of(const EtlTable& table, EtlField field,
                                     bool may_be_empty) const {
    if (may_be_empty && table[field].empty()) return Address{};
    return etl_checked(table, field, parse_address(chain_, table[field]));
}

Status EtlBlock::add_transaction(const EtlTable& table) {
    CORDON_TRY(Txn* const txn, txn_of(table));
    CORDON_TRY(const Address from, address_of(table, F::kFrom, false));
    CORDON_TRY(const Address to, address_of(table, F::kTo, true));  // Empty: creates a contract.
    CORDON_TRY(const Amount value, etl_checked(table, F::kValue, Amount::parse(table[F::kValue])));
    if (txn->listed) {
        if (txn->from != from || txn->to != to || txn->value != value)
            return fail(table.error(F::kTx, ErrorCode::kConflict,
                                    "this txn came before with another content"));
        ++repeated_;
    }
    txn->listed = true;
    txn->from = from;
    txn->to = to;
    txn->value = value;
    CORDON_TRY(const auto nonce, etl_number(table, F::kNonce));
    CORDON_TRY(agree(table, F::kNonce, txn->nonce, nonce));
    CORDON_TRY(const auto gas_price, etl_amount(table, F::kGasPrice));
    CORDON_TRY(agree(table, F::kGasPrice, txn->gas_price, gas_price));
    CORDON_TRY(add_call_fact(table, *txn));
    if (acts_) CORDON_TRY(add_acts_input(table, *txn));
    return add_receipt(table);
}

Status EtlBlock::add_call_fact(const EtlTable& table, Txn& txn) const {
    constexpr std::size_t kSelectorText = 2 + 2 * 4;  // "0x" and four bytes.
    const std::string_view text = table[F::kInput];
    if (facts_ == nullptr || txn.to.empty() || text.size() < kSelectorText) return {};
    std::array<uint8_t, 4> selector{};
    if (!decode_hex(text.substr(2, kSelectorText - 2), selector) || !facts_->knows_call(selector))
        return {};
    CORDON_TRY(const Bytes input, etl_checked(table, F::kInput, parse_hex0x(text)));
    if (auto fact = facts_->read_call({chain_, txn.hash, txn.from, txn.to, txn.value, input}))
        txn.facts.insert_or_assign(fact->index, std::move(*fact));
    return {};
}

Status EtlBlock::add_log_fact(const EtlTable& table, std::span<const Hash256> topics,
                              ByteView data) {
    CORDON_TRY(Txn* const txn, txn_of(table));
    CORDON_TRY(const Address contract, address_of(table, F::kToken, false));
    CORDON_TRY(const uint64_t index,
               etl_checked(table, F::kLogIndex, parse_whole(table[F::kLogIndex], UINT32_MAX - 1)));
    if (auto fact = facts_->read_log(
            {chain_, txn->hash, static_cast<uint32_t>(index), contract, topics, data}))
        txn->facts.insert_or_assign(fact->index, std::move(*fact));
    return {};
}

/// The receipt's part, which exports give alone or within transactions.
Status EtlBlock::add_receipt(const EtlTable& table) {
    CORDON_TRY(Txn* const txn, txn_of(table));
    CORDON_TRY(const auto status, optional_status(table));
    CORDON_TRY(agree(table, F::kStatus, txn->status, status));
    CORDON_TRY(const auto gas_used, etl_amount(table, F::kGasUsed));
    CORDON_TRY(agree(table, F::kGasUsed, txn->gas_used, gas_used));
    CORDON_TRY(const auto price, etl_amount(table, F::kPrice));
    CORDON_TRY(agree(table, F::kPrice, txn->price, price));
    CORDON_TRY(const auto l1_fee, etl_amount(table, F::kL1Fee));
    if (l1_fee) txn->l1_fee = *l1_fee;
    CORDON_TRY(const Address contract, address_of(table, F::kContract, true));
    if (!contract.empty()) txn->contract = contract;
    return {};
}

bool EtlBlock::TokenMove::same_move(const TokenMove& other) const noexcept {
    return token == other.token && from == other.from && to == other.to && amount == other.amount;
}

Status EtlBlock::add_move(const EtlTable& table, TokenMove move) {
    CORDON_TRY(Txn* const txn, txn_of(table));
    CORDON_TRY(const uint64_t index,
               etl_checked(table, F::kLogIndex, parse_whole(table[F::kLogIndex], UINT32_MAX)));
    const auto [found, fresh] = txn->tokens.try_emplace(index, move);
    if (fresh) return {};
    TokenMove& known = found->second;
    if (!known.same_move(move))
        return fail(
            table.error(F::kLogIndex, ErrorCode::kConflict,
                        format("log {} of this txn came before with another content", index)));
    if (known.from_log == move.from_log) ++repeated_;
    known.from_log |= move.from_log;
    known.non_fungible |= move.non_fungible;
    return {};
}

Status EtlBlock::add_token_transfer(const EtlTable& table) {
    TokenMove move;
    CORDON_TRY(move.token, address_of(table, F::kToken, false));
    CORDON_TRY(move.from, address_of(table, F::kFrom, false));
    CORDON_TRY(move.to, address_of(table, F::kTo, false));
    CORDON_TRY(move.amount, etl_checked(table, F::kValue, Amount::parse(table[F::kValue])));
    return add_move(table, move);
}

Status EtlBlock::add_log(const EtlTable& table) {
    const auto parts = split_list(table[F::kTopics]);
    std::vector<Hash256> topics;
    for (const std::string_view part : parts) {
        CORDON_TRY(const Hash256 topic,
                   etl_checked(table, F::kTopics, parse_hash(kEthereum, part)));
        topics.push_back(topic);
    }
    if (acts_) CORDON_TRY(add_acts_log(table, topics));
    if (topics.empty()) return {};
    const bool tells = facts_ != nullptr && facts_->knows_log(topics[0]);
    if (topics[0] != kTransferTopic && !tells) return {};
    CORDON_TRY(const Bytes data, etl_checked(table, F::kData, parse_hex0x(table[F::kData])));
    if (tells) return add_log_fact(table, topics, data);
    const auto transfer = decode_transfer_log(topics, data);
    if (!transfer) return {};
    CORDON_TRY(const Address token, address_of(table, F::kToken, false));
    return add_move(table, {token, transfer->from, transfer->to, transfer->amount,
                            transfer->non_fungible, true});
}

Status EtlBlock::add_trace(const EtlTable& table) {
    const std::string_view type = table[F::kTraceType];
    const std::string_view call = table[F::kCallType];
    Trace trace;
    trace.id = table[F::kTraceId];
    for (const std::string_view part : split_list(table[F::kTraceAddress])) {
        CORDON_TRY(const uint64_t place,
                   etl_checked(table, F::kTraceAddress, parse_whole(part, UINT32_MAX)));
        trace.place.push_back(static_cast<uint32_t>(place));
    }
    const bool system = type == "reward" || type == "genesis" || type == "daofork";
    const bool ends = type == "suicide" || type == "selfdestruct";
    if (!system && !ends && type != "call" && type != "create")
        return fail(table.error(
            F::kTraceType, ErrorCode::kUnsupported,
            format(
                "unknown type \"{}\", expected call, create, suicide, reward, genesis or daofork",
                type.substr(0, 40))));
    if (type == "call" && call != "call" && call != "callcode" && call != "delegatecall" &&
        call != "staticcall")
        return fail(table.error(
            F::kCallType, ErrorCode::kUnsupported,
            format("unknown type \"{}\", expected call, callcode, delegatecall or staticcall",
                   call.substr(0, 40))));
    CORDON_TRY(const auto status, optional_status(table));
    trace.failed = status == false || !table[F::kError].empty();
    CORDON_TRY(const auto value, etl_amount(table, F::kValue));
    if (acts_ && !system) CORDON_TRY(add_acts_call(table, trace.place, trace.failed));
    // A delegatecall repeats its caller's value, a callcode pays the caller itself: nothing moves.
    trace.moves = value && !value->is_zero() && !trace.failed && (type != "call" || call == "call");
    if (trace.moves) {
        trace.value = *value;
        CORDON_TRY(trace.to, address_of(table, F::kTo, false));
        if (type == "reward" || type == "genesis") {
            trace.kind = TransferKind::kMint;
            trace.from = Address{AddressKind::kEvm, std::array<uint8_t, 20>{}};
        } else {
            CORDON_TRY(trace.from, address_of(table, F::kFrom, false));
        }
    }

    std::vector<Trace>* list = &system_;
    if (!table[F::kTx].empty()) {
        CORDON_TRY(Txn* const txn, txn_of(table));
        list = &txn->traces;
    } else if (!system) {
        CORDON_TRY(const auto index, etl_number(table, F::kTxIndex));
        if (!index)
            return fail(table.error(F::kTx, ErrorCode::kMalformed,
                                    "expected the hash of a txn, or its transaction_index"));
        list = &loose_[*index];
    }
    // The same reward from two files has the same id. Two equal rewards without id are two uncles,
    // not one.
    if (list == &system_ && !trace.id.empty() && !system_ids_.insert(trace.id).second) {
        ++repeated_;
        return {};
    }
    list->push_back(std::move(trace));
    return {};
}

}  // namespace cordon::chain
