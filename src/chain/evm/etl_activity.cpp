// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "etl_activity.hpp"

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../csv_number.hpp"
#include "../text.hpp"
#include "account.hpp"
#include "etl_block.hpp"
#include "etl_value.hpp"

namespace cordon::chain {
namespace {

using F = EtlField;

/// Bytes of a column that may be missing: exports of chosen columns are common.
Result<Bytes> optional_bytes(const EtlTable& table, F field) {
    if (table[field].empty()) return Bytes{};
    return etl_checked(table, field, parse_hex0x(table[field]));
}

/// ethereum-etl does not tell CREATE2 from CREATE. add_trace() has refused all others.
CallKind call_kind(std::string_view type, std::string_view call) {
    if (type == "create") return CallKind::kCreate;
    if (type != "call") return CallKind::kSelfDestruct;
    if (call == "delegatecall") return CallKind::kDelegateCall;
    if (call == "staticcall") return CallKind::kStaticCall;
    return call == "callcode" ? CallKind::kCallCode : CallKind::kCall;
}

}  // namespace

Status EtlBlock::add_acts_input(const EtlTable& table, Txn& txn) const {
    CORDON_TRY(etl_acts(txn.acts).input, optional_bytes(table, F::kInput));
    return {};
}

Status EtlBlock::add_acts_log(const EtlTable& table, std::span<const Hash256> topics) {
    constexpr std::size_t kMaxTopics = 4;  // LOG4 has the most.
    if (topics.size() > kMaxTopics)
        return fail(table.error(F::kTopics, ErrorCode::kMalformed, "a log has at most 4 topics"));
    CORDON_TRY(Txn* const txn, txn_of(table));
    CORDON_TRY(const uint64_t index,
               etl_checked(table, F::kLogIndex, parse_whole(table[F::kLogIndex], UINT32_MAX)));
    Log log{static_cast<uint32_t>(index), {}, {topics.begin(), topics.end()}, {}};
    CORDON_TRY(log.contract, address_of(table, F::kToken, false));
    CORDON_TRY(log.data, optional_bytes(table, F::kData));
    const auto [known, fresh] = etl_acts(txn->acts).logs.try_emplace(log.index, log);
    if (!fresh && known->second != log)
        return fail(
            table.error(F::kLogIndex, ErrorCode::kConflict,
                        format("log {} of this txn came before with another content", log.index)));
    return {};
}

Status EtlBlock::add_acts_call(const EtlTable& table, const std::vector<uint32_t>& place,
                               bool failed) {
    Call call;
    call.kind = call_kind(table[F::kTraceType], table[F::kCallType]);
    CORDON_TRY(call.from, address_of(table, F::kFrom, true));
    CORDON_TRY(call.to, address_of(table, F::kTo, true));
    CORDON_TRY(const auto value, etl_amount(table, F::kValue));
    call.value = value.value_or(Amount{});
    CORDON_TRY(call.input, optional_bytes(table, F::kInput));
    CORDON_TRY(call.output, optional_bytes(table, F::kOutput));
    call.failed = failed;
    if (failed && call.kind == CallKind::kCreate) call.to = {};
    if (!table[F::kTx].empty()) {
        CORDON_TRY(Txn* const txn, txn_of(table));
        etl_acts(txn->acts).calls.try_emplace(place, std::move(call));
        return {};
    }
    CORDON_TRY(const auto index, etl_number(table, F::kTxIndex));
    if (index) loose_acts_[*index].calls.try_emplace(place, std::move(call));
    return {};  // Without an index add_trace() refuses the record.
}

std::vector<Call> calls_in_order(std::map<std::vector<uint32_t>, Call> calls) {
    std::vector<Call> out;
    if (calls.empty() || !calls.begin()->first.empty()) return out;
    std::map<std::vector<uint32_t>, uint32_t> places;
    for (auto& [place, call] : calls) {
        if (!place.empty()) {
            std::vector<uint32_t> above = place;
            auto parent = places.end();
            while (parent == places.end()) {  // Ends at the first, which is there.
                above.pop_back();
                parent = places.find(above);
            }
            call.parent = parent->second;
            call.depth = out[call.parent].depth + 1;
        }
        places.emplace(place, static_cast<uint32_t>(out.size()));
        out.push_back(std::move(call));
    }
    return out;
}

TxnActivity EtlBlock::activity_of(Txn& txn, uint32_t& missing) const {
    TxnActivity out;
    out.hash = txn.hash;
    EtlActs& acts = etl_acts(txn.acts);
    const bool traced = !acts.calls.empty();
    out.calls = calls_in_order(std::move(acts.calls));
    if (traced && out.calls.empty()) ++missing;
    for (auto& [index, log] : acts.logs) out.logs.push_back(std::move(log));
    out.succeeded = txn.status;
    if (!out.succeeded && !out.calls.empty()) out.succeeded = !out.calls.front().failed;
    if (txn.listed) {
        out.from = txn.from;
        out.to = txn.to;
        out.value = txn.value;
        out.nonce = txn.nonce;
        out.input = std::move(acts.input);
        out.created = txn.contract;
        if (out.created.empty() && txn.nonce && out.succeeded == true)
            out.created = created_address(txn.from, *txn.nonce);
    } else if (!out.calls.empty()) {
        const Call& top = out.calls.front();
        const bool creates = top.kind == CallKind::kCreate;
        out.from = top.from;
        (creates ? out.created : out.to) = top.to;
        out.value = top.value;
        out.input = top.input;
    }
    if (!out.to.empty() || out.succeeded == false) out.created = {};
    return out;
}

}  // namespace cordon::chain
