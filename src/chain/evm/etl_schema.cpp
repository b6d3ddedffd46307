// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "etl_schema.hpp"

#include <algorithm>

namespace cordon::chain {
namespace {

using F = EtlField;

constexpr EtlColumn kTokenTransferColumns[] = {
    {"block_number", F::kBlock, true}, {"transaction_hash", F::kTx, true},
    {"log_index", F::kLogIndex, true}, {"token_address", F::kToken, true},
    {"from_address", F::kFrom, true},  {"to_address", F::kTo, true},
    {"value", F::kValue, true},        {"transaction_index", F::kTxIndex},
    {"block_timestamp", F::kTime},     {"block_hash", F::kBlockHash},
};
constexpr EtlColumn kTraceColumns[] = {
    {"block_number", F::kBlock, true},
    {"trace_type", F::kTraceType, true},
    {"from_address", F::kFrom, true},
    {"to_address", F::kTo, true},
    {"value", F::kValue, true},
    {"transaction_hash", F::kTx},
    {"transaction_index", F::kTxIndex},
    {"call_type", F::kCallType},
    {"error", F::kError},
    {"status", F::kStatus},
    {"trace_address", F::kTraceAddress, true},
    {"trace_id", F::kTraceId},
    {"block_timestamp", F::kTime},
    {"block_hash", F::kBlockHash},
    {"input", F::kInput},
    {"output", F::kOutput},
};
constexpr EtlColumn kLogColumns[] = {
    {"block_number", F::kBlock, true},  {"transaction_hash", F::kTx, true},
    {"log_index", F::kLogIndex, true},  {"address", F::kToken, true},
    {"data", F::kData, true},           {"topics", F::kTopics, true},
    {"transaction_index", F::kTxIndex}, {"block_timestamp", F::kTime},
    {"block_hash", F::kBlockHash},
};
constexpr EtlColumn kBlockColumns[] = {
    {"number", F::kBlock, true}, {"hash", F::kBlockHash, true}, {"timestamp", F::kTime, true},
    {"parent_hash", F::kParent}, {"miner", F::kMiner},          {"withdrawals", F::kWithdrawals},
};
constexpr EtlColumn kTransactionColumns[] = {
    {"block_number", F::kBlock, true},
    {"hash", F::kTx, true},
    {"from_address", F::kFrom, true},
    {"to_address", F::kTo, true},
    {"value", F::kValue, true},
    {"transaction_index", F::kTxIndex},
    {"nonce", F::kNonce},
    {"gas_price", F::kGasPrice},
    {"block_timestamp", F::kTime},
    {"block_hash", F::kBlockHash},
    {"receipt_gas_used", F::kGasUsed},
    {"receipt_effective_gas_price", F::kPrice},
    {"receipt_status", F::kStatus},
    {"receipt_contract_address", F::kContract},
    {"receipt_l1_fee", F::kL1Fee},
    {"input", F::kInput},
};
constexpr EtlColumn kReceiptColumns[] = {
    {"block_number", F::kBlock, true},  {"transaction_hash", F::kTx, true},
    {"gas_used", F::kGasUsed, true},    {"transaction_index", F::kTxIndex},
    {"effective_gas_price", F::kPrice}, {"status", F::kStatus},
    {"contract_address", F::kContract}, {"l1_fee", F::kL1Fee},
    {"block_hash", F::kBlockHash},
};

// The order of detection: what has the most telling columns comes first.
constexpr EtlKind kKinds[] = {EtlKind::kTokenTransfer, EtlKind::kTrace,       EtlKind::kLog,
                              EtlKind::kBlock,         EtlKind::kTransaction, EtlKind::kReceipt};

}  // namespace

std::string_view to_string(EtlKind kind) noexcept {
    switch (kind) {
        case EtlKind::kTokenTransfer: return "token_transfer";
        case EtlKind::kTrace: return "trace";
        case EtlKind::kLog: return "log";
        case EtlKind::kBlock: return "block";
        case EtlKind::kTransaction: return "transaction";
        case EtlKind::kReceipt: break;
    }
    return "receipt";
}

std::span<const EtlColumn> etl_columns(EtlKind kind) noexcept {
    switch (kind) {
        case EtlKind::kTokenTransfer: return kTokenTransferColumns;
        case EtlKind::kTrace: return kTraceColumns;
        case EtlKind::kLog: return kLogColumns;
        case EtlKind::kBlock: return kBlockColumns;
        case EtlKind::kTransaction: return kTransactionColumns;
        case EtlKind::kReceipt: break;
    }
    return kReceiptColumns;
}

std::optional<EtlKind> detect_etl_kind(const std::vector<std::string>& names,
                                       std::string_view type) {
    const auto has_required = [&](EtlKind kind) {
        for (const EtlColumn& column : etl_columns(kind))
            if (column.required &&
                std::find(names.begin(), names.end(), column.name) == names.end())
                return false;
        return true;
    };
    for (const EtlKind kind : kKinds)
        if (type.empty() ? has_required(kind) : type == to_string(kind)) return kind;
    return std::nullopt;
}

}  // namespace cordon::chain
