// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "flat_index.hpp"
#include "segment_format.hpp"

namespace cordon::ledger {

/// Collects blocks in chain order and lays them out as the bytes of a segment file.
///
/// Memory: about 40 bytes a row while collecting, then the file itself. Confined to one thread.
class SegmentBuilder {
public:
    explicit SegmentBuilder(ChainId chain) : chain_{chain} {}

    /// REQUIRES: a number above the last block's, and a block that ChainWriter has checked.
    void add(const Block& block);
    uint64_t rows() const noexcept { return rows_; }

    /// kLimit when a block or a segment outgrows its 32-bit positions. The builder is used up.
    Result<Bytes> finish() &&;

private:
    struct BlockRow {
        BlockHeader header;
        uint32_t first_txn;
        uint64_t first_row;
    };
    struct TransferRow {
        uint32_t index, from, to, asset;  // from, to, asset: in order of appearance until finish().
        TransferKind kind;
        uint8_t amount_size;
    };
    struct OutputRow {
        uint64_t value;
        uint32_t address;
    };
    struct InputRow {
        OutPoint prevout;
        uint64_t value;
        uint32_t address;  // kUnknown when nobody knows what was spent.
    };
    struct TxnRow {
        Hash256 hash;
        std::optional<UnixMillis> time;
        uint32_t rows;  // Transfers or outputs.
        uint32_t inputs;
        uint32_t version, locktime;
        bool coinbase;
    };
    static constexpr uint32_t kUnknown = UINT32_MAX;

    uint32_t address_id(const Address& address);
    uint32_t asset_id(const Asset& asset);
    void add_txn(const AccountTxn& txn);
    void add_txn(const UtxoTxn& txn);

    // finish(), step by step.
    void sort_addresses();
    void sort_assets();
    void index_txns();
    void put_blocks();
    void put_account_txn(const TxnRow& txn, Bytes& out);
    void put_utxo_txn(const TxnRow& txn, uint32_t ordinal, Bytes& out);
    uint32_t find_earlier(const Hash256& txid, uint32_t ordinal) const;
    void put_adjacency(bool receiving);
    void put_spends();
    Bytes& column(ColumnId id) noexcept { return columns_[static_cast<std::size_t>(id)]; }
    Bytes assemble();

    ChainId chain_;
    std::vector<BlockRow> blocks_;
    std::vector<TxnRow> txns_;
    std::vector<TransferRow> transfers_;
    Bytes amounts_;
    std::vector<OutputRow> outputs_;
    std::vector<InputRow> inputs_;
    uint64_t rows_ = 0;

    std::vector<Address> addresses_;  // By appearance.
    FlatIndex address_index_;
    std::vector<uint32_t> address_rank_;  // Appearance -> address id.
    std::vector<Asset> assets_;
    FlatIndex asset_index_;
    std::vector<uint32_t> asset_rank_;

    // Cursors of put_blocks() over the rows.
    std::size_t next_transfer_ = 0, next_amount_ = 0, next_output_ = 0, next_input_ = 0;
    std::array<Bytes, kColumnCount> columns_;
    bool too_large_ = false;
};

}  // namespace cordon::ledger
