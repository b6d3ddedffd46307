// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <optional>
#include <unordered_set>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "block_source.hpp"
#include "csv.hpp"
#include "csv_number.hpp"
#include "text.hpp"
#include "transfers_row.hpp"

namespace cordon::chain {
namespace {

/// Blocks are held whole. The busiest chains stay below 100,000 transfers a block; 4 million take
/// about 1 GB.
constexpr std::size_t kMaxTransfersInBlock = std::size_t{1} << 22;
/// One open block per chain: the number of chains must not grow with the file.
constexpr std::size_t kMaxChains = 1024;

/// One row, decoded.
struct Row {
    BlockNum block = 0;
    int64_t time = 0;
    Hash256 hash;
    Transfer transfer;
};

/// The block of one chain that may still get rows.
struct OpenBlock {
    std::string chain_text;
    Block block;
    int64_t time = 0;  // Of the last row.
    std::size_t transfers = 0;
    std::unordered_set<Hash256> seen;  // Txns of the block.
    crypto::Sha256 hash;
};

class TransfersSource final : public BlockSource {
public:
    TransfersSource(CsvReader csv, uint64_t total) : csv_{std::move(csv)}, total_{total} {}

    Result<std::optional<Block>> next() override {
        if (failed_) return fail(*failed_);
        auto block = advance();
        if (!block) failed_ = block.error();
        return block;
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

    Result<std::optional<Block>> advance() {
        while (true) {
            CORDON_TRY(const bool more, csv_.next());
            if (!more) return finish_one();
            CORDON_TRY(OpenBlock* const open, open_block_of_row());
            CORDON_TRY(const Row row, parse_row(open->block.chain));
            CORDON_TRY(auto done, place_row(*open, row));
            if (done) return done;
        }
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
            found->second.block.chain = chain;
            found->second.chain_text = to_string(chain);
        }
        last_text_ = text;
        last_ = &found->second;
        return last_;
    }

    Result<Row> parse_row(ChainId chain) const {
        using C = TransferColumn;
        Row row;
        CORDON_TRY(row.block, checked(C::kBlock, parse_whole(field(C::kBlock), UINT64_MAX)));
        CORDON_TRY(const uint64_t time,
                   checked(C::kTime, parse_whole(field(C::kTime), kMaxUnixSeconds)));
        row.time = static_cast<int64_t>(time);
        CORDON_TRY(row.hash, checked(C::kTx, parse_hash(chain, field(C::kTx))));
        CORDON_TRY(const uint64_t index,
                   checked(C::kIndex, parse_whole(field(C::kIndex), UINT32_MAX)));
        row.transfer.index = static_cast<uint32_t>(index);
        CORDON_TRY(row.transfer.from, checked(C::kFrom, parse_address(chain, field(C::kFrom))));
        CORDON_TRY(row.transfer.to, checked(C::kTo, parse_address(chain, field(C::kTo))));
        CORDON_TRY(row.transfer.asset, checked(C::kAsset, Asset::parse(field(C::kAsset))));
        CORDON_TRY(row.transfer.amount, checked(C::kAmount, Amount::parse(field(C::kAmount))));
        CORDON_TRY(row.transfer.kind, checked(C::kKind, parse_transfer_kind(field(C::kKind))));
        return row;
    }

    /// Adds the row to its chain; gives the block that this row shows to be complete.
    Result<std::optional<Block>> place_row(OpenBlock& open, const Row& row) {
        std::optional<Block> done;
        const bool first = open.block.account_txns.empty();
        if (!first) {
            if (row.block < open.block.header.number)
                return refuse(TransferColumn::kBlock, ErrorCode::kOrder,
                              format("block {} after block {}: within a chain blocks must not "
                                     "decrease; sort the file",
                                     row.block, open.block.header.number));
            if (row.time < open.time)
                return refuse(TransferColumn::kTime, ErrorCode::kOrder,
                              format("time {} after time {}: within a chain times must not "
                                     "decrease; sort the file",
                                     row.time, open.time));
            if (row.block > open.block.header.number) done = take(open);
        }
        if (first || done) {
            open.block.header.number = row.block;
            open.block.header.time = from_unix_seconds(row.time);
        }
        CORDON_TRY(add(open, row));
        return done;
    }

    Status add(OpenBlock& open, const Row& row) {
        auto& txns = open.block.account_txns;
        if (++open.transfers > kMaxTransfersInBlock)
            return refuse(
                TransferColumn::kBlock, ErrorCode::kLimit,
                format("block {} has more than {} rows", row.block, kMaxTransfersInBlock));
        if (txns.empty() || txns.back().hash != row.hash) {
            if (!open.seen.insert(row.hash).second)
                return refuse(TransferColumn::kTx, ErrorCode::kOrder,
                              "rows of this txn came before, then rows of another: rows of one txn "
                              "must be adjacent");
            AccountTxn& txn = txns.emplace_back();
            txn.hash = row.hash;
            // Only where it says something: extracts give several times to one block number.
            const UnixMillis time = from_unix_seconds(row.time);
            if (time != *open.block.header.time) txn.time = time;
        } else {
            const Transfer& previous = txns.back().transfers.back();
            if (row.transfer.index <= previous.index)
                return refuse(TransferColumn::kIndex,
                              row.transfer.index == previous.index ? ErrorCode::kDuplicate
                                                                   : ErrorCode::kOrder,
                              format("index {} after index {}: it must rise inside a txn",
                                     row.transfer.index, previous.index));
            if (row.time != open.time)
                return refuse(TransferColumn::kTime, ErrorCode::kConflict,
                              format("time {}, but the row before gives {} for the same txn",
                                     row.time, open.time));
        }
        open.time = row.time;
        txns.back().transfers.push_back(row.transfer);
        text_.clear();
        append_transfer_row(text_, open.block.chain,
                            {open.chain_text, row.block, row.time, row.hash}, row.transfer);
        open.hash.update({reinterpret_cast<const uint8_t*>(text_.data()), text_.size()});
        return {};
    }

    Block take(OpenBlock& open) {
        open.block.header.hash = open.hash.finish();
        open.transfers = 0;
        open.seen.clear();
        Block done = std::move(open.block);
        open.block = Block{};
        open.block.chain = done.chain;
        return done;
    }

    /// At the end of the file: what is still open, in the order of chains.
    Result<std::optional<Block>> finish_one() {
        for (auto& [chain, open] : open_)
            if (!open.block.account_txns.empty()) return take(open);
        return std::nullopt;
    }

    CsvReader csv_;
    uint64_t total_;
    std::map<ChainId, OpenBlock> open_;
    std::string last_text_;  // The chain column of the row before, and what it led to.
    OpenBlock* last_ = nullptr;
    std::string text_;  // The canonical form of one row.
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
