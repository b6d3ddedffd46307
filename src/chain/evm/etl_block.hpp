// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "etl_activity.hpp"
#include "etl_table.hpp"
#include "fact_reader.hpp"

namespace cordon::chain {

/// What a person should know, counted over all blocks.
struct EtlCounts {
    uint64_t status_missing = 0;  ///< Txns after Byzantium without status, taken as executed.
    uint64_t fee_unknown = 0;     ///< Txns without gas used or price: no fee is recorded.
    uint64_t non_fungible = 0;    ///< ERC-721 transfers left out.
    uint64_t token_by_export =
        0;                  ///< token_transfers without the log that would tell ERC-721 apart.
    uint64_t repeated = 0;  ///< Records that came twice, with the same content.
    uint64_t creation_unplaced = 0;  ///< Value sent to a new contract whose address is not known.
};

/// Collects the records of one block and makes the block of them (docs/formats/evm-etl.md).
/// Confined to one thread.
class EtlBlock {
public:
    /// `facts` may be absent. `acts`: what finish() puts into an Activity is wanted too.
    EtlBlock(ChainId chain, BlockNum number, const FactReader* facts = nullptr, bool acts = false)
        : chain_{chain}, number_{number}, facts_{facts}, acts_{acts} {}

    /// Takes the current record of the table. Errors name its file, line and field.
    Status add(const EtlTable& table);
    /// The block of all that was added. `counts` grows. The object is spent afterwards.
    Result<Block> finish(EtlCounts& counts);
    /// The same, with the txns of the activity. REQUIRES: `acts`.
    Result<Block> finish(EtlCounts& counts, Activity& activity);

private:
    struct Trace {
        std::vector<uint32_t> place;  // trace_address.
        Address from;
        Address to;
        Amount value;
        TransferKind kind = TransferKind::kInternal;
        bool moves = false;  // Carries value of its own, and was not reverted by itself.
        bool failed = false;
        std::string id;  // Of rewards; told apart by nothing else.
        friend bool operator==(const Trace&, const Trace&) = default;
    };
    struct TokenMove {
        Address token;
        Address from;
        Address to;
        Amount amount;
        bool non_fungible = false;
        bool from_log = false;
        bool same_move(const TokenMove& other) const noexcept;
    };
    struct Txn {
        Hash256 hash;
        std::optional<uint64_t> index;
        bool listed = false;  // A record of transactions was seen.
        Address from;
        Address to;
        Amount value;
        std::optional<uint64_t> nonce;
        std::optional<bool> status;
        std::optional<Amount> gas_used;
        std::optional<Amount> price;      // Effective.
        std::optional<Amount> gas_price;  // As offered.
        Amount l1_fee;
        Address contract;
        std::vector<Trace> traces;
        std::map<uint64_t, TokenMove> tokens;  // By log index.
        std::map<uint32_t, Fact> facts;        // By place.
        std::unique_ptr<EtlActs> acts;         // Where they are wanted.
    };

    Status add_block(const EtlTable& table);
    Status add_withdrawals(const EtlTable& table);
    Status add_transaction(const EtlTable& table);
    Status add_receipt(const EtlTable& table);
    Status add_token_transfer(const EtlTable& table);
    Status add_log(const EtlTable& table);
    Status add_call_fact(const EtlTable& table, Txn& txn) const;
    Status add_log_fact(const EtlTable& table, std::span<const Hash256> topics, ByteView data);
    Status add_trace(const EtlTable& table);
    Status add_acts_input(const EtlTable& table, Txn& txn) const;
    Status add_acts_log(const EtlTable& table, std::span<const Hash256> topics);
    Status add_acts_call(const EtlTable& table, const std::vector<uint32_t>& place, bool failed);
    Status add_time_and_hash(const EtlTable& table);
    Status add_move(const EtlTable& table, TokenMove move);
    Result<Txn*> txn_of(const EtlTable& table);
    Result<Address> address_of(const EtlTable& table, EtlField field, bool may_be_empty) const;

    Result<AccountTxn> assemble(const Txn& txn, EtlCounts& counts) const;
    Status assemble_value(const Txn& txn, AccountTxn& out, EtlCounts& counts) const;
    Status assemble_traces(const Txn& txn, AccountTxn& out) const;
    Status add_fee(const Txn& txn, AccountTxn& out, EtlCounts& counts) const;
    Status place_loose_traces();
    TxnActivity activity_of(Txn& txn, uint32_t& missing) const;
    Status settle_traces(Txn& txn, EtlCounts& counts) const;
    Result<std::optional<AccountTxn>> assemble_system() const;

    ChainId chain_;
    BlockNum number_;
    const FactReader* facts_;
    bool acts_;
    std::optional<UnixMillis> time_;
    std::optional<Hash256> hash_;
    std::optional<Hash256> parent_;
    Address miner_;
    std::vector<Txn> txns_;
    std::unordered_map<Hash256, std::size_t> by_hash_;
    std::map<uint64_t, std::vector<Trace>> loose_;  // Traces that name their txn by its index only.
    std::map<uint64_t, EtlActs> loose_acts_;        // Likewise.
    std::set<std::string> system_ids_;
    std::vector<Trace> system_;  // Rewards and other changes without txn; the same:
    std::optional<std::vector<Transfer>> withdrawals_;
    std::string any_name_;  // Of a file of this block, for errors about the whole.
    uint64_t repeated_ = 0;
};

}  // namespace cordon::chain
