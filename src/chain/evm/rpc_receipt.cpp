// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "rpc_block.hpp"
#include "rpc_value.hpp"
#include "transfer_places.hpp"

namespace cordon::chain::evm {
namespace {

Result<Log> read_log(ChainFamily family, JsonCursor& value) {
    enum : std::size_t { kIndex, kAddress, kTopics, kData, kRemoved };
    static constexpr std::string_view kNames[] = {"logIndex", "address", "topics", "data",
                                                  "removed"};
    constexpr std::size_t kMaxTopics = 4;  // LOG4 has the most.
    Log log;
    CORDON_TRY(const uint64_t seen,
               value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                   switch (name) {
                       case kIndex: {
                           CORDON_TRY(const uint64_t index, rpc_number(field));
                           if (index > UINT32_MAX - kFirstToken)
                               return fail(ErrorCode::kOverflow, format("{} is too large", index));
                           log.index = static_cast<uint32_t>(index);
                           return {};
                       }
                       case kAddress: return into(log.contract, rpc_address(family, field));
                       case kData: return into(log.data, rpc_bytes(field));
                       case kRemoved: {
                           CORDON_TRY(const bool removed, field.boolean());
                           if (removed) return other_block("the log is");
                           return {};
                       }
                       default: break;
                   }
                   return field.items([&](JsonCursor& topic) -> Status {
                       if (log.topics.size() == kMaxTopics)
                           return fail(ErrorCode::kMalformed, "a log has at most 4 topics");
                       CORDON_TRY(const Hash256 hash, rpc_hash(topic));
                       log.topics.push_back(hash);
                       return {};
                   });
               }));
    for (const std::size_t name : {kIndex, kAddress, kTopics, kData})
        if ((seen >> name & 1) == 0) return missing_key(kNames[name]);
    return log;
}

/// price * amount, or an error at 2^256.
Status add_product(Amount& sum, const Amount& price, const Amount& amount) {
    if (price.bit_width() + amount.bit_width() > 255 || sum.bit_width() > 255)
        return fail(ErrorCode::kOverflow, "the fee is 2^256 or more");
    sum += price * amount;
    return {};
}

}  // namespace

Status RpcBlockReader::read_receipts(std::string_view text) {
    if (!is_had(text)) return {};
    CORDON_TRY(json_.open(text));
    std::size_t count = 0;
    CORDON_TRY(json_.walk([&](JsonCursor& list) -> Status {
        return list.items([&](JsonCursor& receipt) -> Status {
            const auto status = read_receipt(receipt, count);
            if (!status) return fail(status.error().in(format("receipt {}", count)));
            ++count;
            return {};
        });
    }));
    if (count != txns_.size())
        return fail(ErrorCode::kConflict,
                    format("{} receipts of {} txns: ask again", count, txns_.size()));
    gives_.has_logs = true;
    return {};
}

Status RpcBlockReader::read_receipt(JsonCursor& receipt, std::size_t place) {
    enum : std::size_t {
        kHash,
        kBlock,
        kStatus,
        kLogs,
        kCreated,
        kGas,
        kPrice,
        kL1Fee,
        kBlobGas,
        kBlobPrice
    };
    static constexpr std::string_view kNames[] = {
        "transactionHash", "blockHash",         "status", "logs",        "contractAddress",
        "gasUsed",         "effectiveGasPrice", "l1Fee",  "blobGasUsed", "blobGasPrice"};
    Hash256 hash;
    TxnActivity said;
    Amount gas, price, l1_fee, blob_gas, blob_price;
    CORDON_TRY(const uint64_t seen,
               receipt.members(kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                   CORDON_TRY(const bool absent, value.is_null());
                   if (absent) return {};
                   switch (name) {
                       case kHash: return into(hash, rpc_hash(value));
                       case kBlock: {
                           CORDON_TRY(const Hash256 block, rpc_hash(value));
                           if (block != header_.hash) return other_block("the receipt is");
                           return {};
                       }
                       case kStatus: {
                           CORDON_TRY(const uint64_t status, rpc_number(value));
                           if (status > 1)
                               return fail(ErrorCode::kMalformed,
                                           format("expected 0x0 or 0x1, found {}", status));
                           said.succeeded = status == 1;
                           return {};
                       }
                       case kCreated: return into(said.created, rpc_address(chain_.family, value));
                       case kGas: return into(gas, rpc_amount(value));
                       case kPrice: return into(price, rpc_amount(value));
                       case kL1Fee: return into(l1_fee, rpc_amount(value));
                       case kBlobGas: return into(blob_gas, rpc_amount(value));
                       case kBlobPrice: return into(blob_price, rpc_amount(value));
                       default: break;
                   }
                   return value.items([&](JsonCursor& item) -> Status {
                       CORDON_TRY(Log log, read_log(chain_.family, item));
                       if (!said.logs.empty() && log.index <= said.logs.back().index)
                           return fail(ErrorCode::kOrder,
                                       format("log {} comes after log {}", log.index,
                                              said.logs.back().index));
                       said.logs.push_back(std::move(log));
                       return {};
                   });
               }));
    for (const std::size_t name : {kHash, kBlock, kLogs})
        if ((seen >> name & 1) == 0) return missing_key(kNames[name]);
    CORDON_TRY(const std::size_t found, find(hash, place));
    RpcTxn& txn = txns_[found];
    txn.activity.succeeded = said.succeeded;
    txn.activity.created = said.created;
    txn.activity.logs = std::move(said.logs);
    // Of a Tron txn the energy may have been staked for: what was burned is not told.
    if (chain_.family == ChainFamily::kTron) return {};
    txn.fee = l1_fee;
    CORDON_TRY(add_product(txn.fee, price, gas));
    return add_product(txn.fee, blob_price, blob_gas);
}

}  // namespace cordon::chain::evm
