// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/hash_many.hpp>

#include "block_source.hpp"
#include "csv.hpp"
#include "transfers_fields.hpp"
#include "transfers_row.hpp"
#include "txn_index.hpp"
#include "txn_slots.hpp"

namespace cordon::chain {
namespace {

/// Blocks are held whole. The busiest chains stay below 100,000 transfers a block; 4 million take
/// about 1 GB.
constexpr std::size_t kMaxTransfersInBlock = std::size_t{1} << 22;
/// One open block per chain: the number of chains must not grow with the file.
constexpr std::size_t kMaxChains = 1024;

/// Blocks are hashed a few at a time, side by side (crypto/hash_many.hpp): the text of so many
/// waits for that, unless it is longer than this.
constexpr std::size_t kBlocksTogether = 16;
constexpr std::size_t kMaxText = std::size_t{256} << 10;
/// Blocks of so many transfers together wait for nothing: about 13 MB.
constexpr std::size_t kTransfersTogether = std::size_t{1} << 16;

ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// A block and the canonical rows that its hash is taken over.
struct Hashed {
    Block block;
    std::string text;
    std::optional<crypto::Sha256> begun;  // Holds what came before `text`, where that was long.
};

/// The block of one chain that may still get rows.
struct OpenBlock {
    std::string chain_text;
    Hashed now;
    int64_t time = 0;  // Of the last row.
    std::size_t transfers = 0;
    TxnSlots<AccountTxn> txns;
    TxnIndex seen;
};

class TransfersSource final : public BlockSource {
public:
    TransfersSource(CsvReader csv, uint64_t total) : csv_{std::move(csv)}, total_{total} {
        const auto& names = csv_.names();
        canonical_order_ = std::equal(names.begin(), names.end(), kTransferColumns.begin(),
                                      kTransferColumns.end());
    }

    Result<bool> read(Block& out) override {
        if (given_ == done_count_ && !failed_ && !ended_) {
            given_ = 0;
            done_count_ = 0;
            done_transfers_ = 0;
            if (Status status = fill(); !status) failed_ = status.error();
            hash_done();
        }
        if (given_ < done_count_) {
            std::swap(out, done_[given_++].block);
            return true;
        }
        if (failed_) return fail(*failed_);
        return false;
    }
    uint64_t bytes_read() const noexcept override { return csv_.consumed(); }
    uint64_t bytes_total() const noexcept override { return total_; }

private:
    static constexpr std::size_t at(TransferColumn column) noexcept {
        return static_cast<std::size_t>(column);
    }
    std::string_view field(TransferColumn column) const noexcept { return csv_[at(column)]; }
    /// Where in the file, said only when something is wrong.
    tl::unexpected<Error> refuse(TransferColumn column, ErrorCode code,
                                 std::string_view message) const {
        return fail(csv_.error(at(column), code, message));
    }
    template <typename T>
    Result<T> checked(TransferColumn column, Result<T> value) const {
        if (!value) return fail(csv_.error(at(column), value.error()));
        return value;
    }

    /// Reads rows until some blocks are complete.
    Status fill() {
        while (done_count_ < kBlocksTogether && done_transfers_ < kTransfersTogether) {
            CORDON_TRY(const bool more, csv_.next());
            if (!more) {
                ended_ = true;
                // What is still open, in the order of chains.
                for (auto& [chain, open] : open_)
                    if (open.txns.size() > 0) complete(open);
                return {};
            }
            CORDON_TRY(OpenBlock* const open, open_block_of_row());
            CORDON_TRY(const TransferFields::Row* const row,
                       fields_.read(csv_, open->now.block.chain));
            CORDON_TRY(fields_.read_transfer(csv_, open->now.block.chain, transfer_));
            CORDON_TRY(place_row(*open, *row));
        }
        return {};
    }

    /// The chain of the row. Neighbouring rows nearly always share it.
    Result<OpenBlock*> open_block_of_row() {
        const std::string_view text = field(TransferColumn::kChain);
        if (last_ != nullptr && text == last_text_) return last_;
        CORDON_TRY(const ChainId chain, checked(TransferColumn::kChain, parse_chain(text)));
        if (is_utxo(chain))
            return refuse(TransferColumn::kChain, ErrorCode::kUnsupported,
                          format("{} holds value in outputs, not in balances, so a row cannot say "
                                 "which coins moved; "
                                 "give it as btc-txs or btc-blocks",
                                 text));
        auto found = open_.find(chain);
        if (found == open_.end()) {
            if (open_.size() == kMaxChains)
                return refuse(TransferColumn::kChain, ErrorCode::kLimit,
                              format("more than {} chains in one file; split it", kMaxChains));
            found = open_.try_emplace(chain).first;
            found->second.now.block.chain = chain;
            found->second.chain_text = to_string(chain);
        }
        last_text_ = text;
        last_ = &found->second;
        return last_;
    }

    /// Adds the row to its chain. A block that the row shows to be complete moves on.
    Status place_row(OpenBlock& open, const TransferFields::Row& row) {
        BlockHeader& header = open.now.block.header;
        bool first = open.txns.size() == 0;
        if (!first) {
            if (row.block < header.number)
                return refuse(TransferColumn::kBlock, ErrorCode::kOrder,
                              format("block {} after block {}: within a chain blocks must not "
                                     "decrease; sort the file",
                                     row.block, header.number));
            if (row.time < open.time)
                return refuse(TransferColumn::kTime, ErrorCode::kOrder,
                              format("time {} after time {}: within a chain times must not "
                                     "decrease; sort the file",
                                     row.time, open.time));
            if (row.block > header.number) {
                complete(open);
                first = true;
            }
        }
        if (first) {
            open.seen.start();
            header = {};
            header.number = row.block;
            header.time = from_unix_seconds(row.time);
        }
        return add(open, row, first);
    }

    Status add(OpenBlock& open, const TransferFields::Row& row, bool first) {
        auto& txns = open.now.block.account_txns;
        if (++open.transfers > kMaxTransfersInBlock)
            return refuse(
                TransferColumn::kBlock, ErrorCode::kLimit,
                format("block {} has more than {} rows", row.block, kMaxTransfersInBlock));
        const bool new_txn = first || txns[open.txns.size() - 1].hash != row.hash;
        AccountTxn& txn = new_txn ? open.txns.next(txns) : txns[open.txns.size() - 1];
        if (new_txn) {
            reuse(txn.transfers, 1);
            txn.hash = row.hash;
            txn.time.reset();
        }
        txn.transfers.push_back(transfer_);
        if (new_txn)
            CORDON_TRY(begin_txn(open, row, txn));
        else
            CORDON_TRY(check_same_txn(open, row, txn));
        open.time = row.time;
        add_text(open, row);
        return {};
    }

    Status begin_txn(OpenBlock& open, const TransferFields::Row& row, AccountTxn& txn) const {
        const auto place = static_cast<uint32_t>(open.txns.size() - 1);
        if (!open.seen.add(open.now.block.account_txns, place))
            return refuse(TransferColumn::kTx, ErrorCode::kOrder,
                          "rows of this txn came before, then rows of another: rows of one txn "
                          "must be adjacent");
        // Only where it says something: extracts give several times to one block number.
        const UnixMillis time = from_unix_seconds(row.time);
        if (time != *open.now.block.header.time) txn.time = time;
        return {};
    }

    /// The row is the last one of the txn, which had others before.
    Status check_same_txn(const OpenBlock& open, const TransferFields::Row& row,
                          const AccountTxn& txn) const {
        const uint32_t index = txn.transfers.back().index;
        const uint32_t previous = txn.transfers[txn.transfers.size() - 2].index;
        if (index <= previous)
            return refuse(
                TransferColumn::kIndex,
                index == previous ? ErrorCode::kDuplicate : ErrorCode::kOrder,
                format("index {} after index {}: it must rise inside a txn", index, previous));
        if (row.time != open.time)
            return refuse(TransferColumn::kTime, ErrorCode::kConflict,
                          format("time {}, but the row before gives {} for the same txn", row.time,
                                 open.time));
        return {};
    }

    /// The canonical form of the row: nearly always, the row as it stands in the file.
    void add_text(OpenBlock& open, const TransferFields::Row& row) {
        std::string& text = open.now.text;
        if (row.canonical && canonical_order_ && !csv_.row().empty() &&
            field(TransferColumn::kChain) == open.chain_text) {
            text += csv_.row();
            text += '\n';
        } else {
            append_transfer_row(text, open.now.block.chain,
                                {open.chain_text, row.block, row.time, row.hash}, transfer_);
        }
        if (text.size() < kMaxText) return;
        if (!open.now.begun) open.now.begun.emplace();
        open.now.begun->update(bytes_of(text));
        text.clear();
    }

    /// Moves the block on; in its place comes one that was given out before, for its room.
    void complete(OpenBlock& open) {
        const ChainId chain = open.now.block.chain;
        open.txns.finish(open.now.block.account_txns);
        if (done_count_ == done_.size()) done_.emplace_back();
        std::swap(open.now, done_[done_count_++]);
        open.now.block.chain = chain;
        open.now.block.utxo_txns.clear();
        open.now.text.clear();
        open.now.begun.reset();
        done_transfers_ += open.transfers;
        open.transfers = 0;
        open.txns.start();
    }

    void hash_done() {
        messages_.clear();
        for (std::size_t i = 0; i < done_count_; ++i)
            messages_.push_back({{bytes_of(done_[i].text), {}, {}}});
        hashes_.resize(done_count_);
        crypto::sha256_many(messages_, hashes_);
        for (std::size_t i = 0; i < done_count_; ++i) {
            Hashed& done = done_[i];
            if (done.begun) done.begun->update(bytes_of(done.text));
            done.block.header.hash = done.begun ? done.begun->finish() : hashes_[i];
        }
    }

    CsvReader csv_;
    uint64_t total_;
    bool canonical_order_ = false;  // Of the columns.
    TransferFields fields_;
    Transfer transfer_;  // Of the row.
    std::map<ChainId, OpenBlock> open_;
    std::string last_text_;  // The chain column of the row before, and what it led to.
    OpenBlock* last_ = nullptr;
    std::vector<Hashed> done_;  // Complete ones, of which given_ were given out.
    std::size_t done_count_ = 0;
    std::size_t done_transfers_ = 0;
    std::size_t given_ = 0;
    std::vector<crypto::Pieces> messages_;  // Of done_.
    std::vector<Hash256> hashes_;
    bool ended_ = false;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<BlockSource>> open_transfers(InputFile file) {
    std::array<CsvColumn, kTransferColumns.size()> columns;
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = {kTransferColumns[i], true};
    CORDON_TRY(CsvReader csv, CsvReader::open(file));
    CORDON_TRY(csv.select(columns, CsvExtra::kRefuse));
    return std::make_unique<TransfersSource>(std::move(csv), file.size);
}

}  // namespace cordon::chain
