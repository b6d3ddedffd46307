// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "row_columns.hpp"
#include "segment_format.hpp"

namespace cordon::ledger {

/// An immutable run of blocks, read where it lies: in a mapped file, or in memory (the head).
///
/// Txns, rows, inputs, addresses and assets are named by their numbers in the chain; blocks by
/// their place in the segment. Every read is checked for bounds and checksum, so bytes of any
/// content give an Error (kCorrupt with file, offset and column), never a crash. Small reads that a
/// loop makes give false or nullptr instead; `corrupt` then says why. Thread safety: any number of
/// threads.
class Segment {
public:
    static Result<std::shared_ptr<const Segment>> open(const std::string& path);
    /// Takes bytes in memory; `trusted` when write_segment has just made them.
    static Result<std::shared_ptr<const Segment>> from_bytes(Bytes bytes, const std::string& name,
                                                             bool trusted);

    const ColumnFile& file() const noexcept { return file_; }
    ChainId chain() const noexcept { return file_.footer().chain; }
    /// What of the chain lies before it, and behind its last block.
    const Totals& begin() const noexcept { return begin_; }
    Totals end() const noexcept { return begin_ + own_; }
    uint32_t blocks() const noexcept { return static_cast<uint32_t>(own_.blocks); }

    // Blocks, 0 .. blocks() - 1.
    Result<BlockNum> number(uint32_t block) const;
    Result<BlockHeader> block_header(uint32_t block) const;
    /// That of its header, without the rest.
    Result<std::optional<UnixMillis>> block_time(uint32_t block) const;
    /// What lies before a block; also for block == blocks().
    Result<Totals> totals(uint32_t block) const;
    /// The first txn of a block; also for block == blocks().
    Result<uint64_t> first_txn(uint32_t block) const;
    /// The first block whose number is at least `number`; blocks() when there is none.
    Result<uint32_t> lower_block(BlockNum number) const;
    /// The block in which a txn stands.
    Result<uint32_t> block_of(uint64_t txn) const;

    // Txns.
    const uint8_t* txn_hash(uint64_t txn, std::size_t count = 1) const noexcept {
        return column(segment::kTxnHash).get((txn - begin_.txns) * 32, count * 32);
    }
    /// Brings near what is read of a txn that is being looked for: its hash, what block_of() reads
    /// first and, of an output, where the rows of its txn begin.
    void prefetch_txn(uint64_t txn) const noexcept {
        const uint64_t own = txn - begin_.txns;
        column(segment::kTxnHash).prefetch_byte(own * 32);
        if (is_utxo(chain())) return rows_.prefetch_group(own);
        if (own_.txns != 0) column(segment::kBlockTxn).prefetch(own * own_.blocks / own_.txns);
    }
    /// Rows or inputs of a txn: [first, end).
    bool rows_of(uint64_t txn, uint64_t& first, uint64_t& end) const noexcept {
        if (!rows_.items_of(txn - begin_.txns, first, end)) return false;
        first += begin_.rows;
        end += begin_.rows;
        return true;
    }
    bool inputs_of(uint64_t txn, uint64_t& first, uint64_t& end) const noexcept {
        if (!inputs_.items_of(txn - begin_.txns, first, end)) return false;
        first += begin_.inputs;
        end += begin_.inputs;
        return true;
    }
    bool txn_of_row(uint64_t row, uint64_t& txn) const noexcept {
        if (!rows_.group_of(row - begin_.rows, txn)) return false;
        txn += begin_.txns;
        return true;
    }
    /// The same, and the first row of that txn.
    bool txn_of_row(uint64_t row, uint64_t& txn, uint64_t& first) const noexcept {
        if (!rows_.group_of(row - begin_.rows, txn, first)) return false;
        txn += begin_.txns;
        first += begin_.rows;
        return true;
    }
    bool txn_of_input(uint64_t input, uint64_t& txn) const noexcept {
        if (!inputs_.group_of(input - begin_.inputs, txn)) return false;
        txn += begin_.txns;
        return true;
    }
    /// A number of a txn, row or input column, by the number of the txn, row or input.
    bool txn_value(segment::ColumnId id, uint64_t txn, uint64_t& value) const noexcept {
        return column(id).read(txn - begin_.txns, value);
    }
    bool row_value(segment::ColumnId id, uint64_t row, uint64_t& value) const noexcept {
        return column(id).read(row - begin_.rows, value);
    }
    /// Brings near what is read of a row.
    void prefetch_row(uint64_t row) const noexcept;
    bool spent(uint64_t input, uint64_t& row_plus_one) const noexcept {
        return column(segment::kSpent).read(input - begin_.inputs, row_plus_one);
    }
    /// Least significant byte first, without leading zeros.
    bool amount(uint64_t row, ByteView& bytes) const noexcept {
        return amounts_.read(row - begin_.rows, bytes);
    }

    /// What an input spends that the ledger does not have; nothing when it has it.
    struct Foreign {
        OutPoint point;
        uint64_t address_plus_one = 0, value = 0;
    };
    Result<std::optional<Foreign>> foreign(uint64_t input) const;
    uint64_t foreign_count() const noexcept { return column(segment::kForeignInput).count(); }
    /// The `index`th such input, by rising number.
    Result<uint64_t> foreign_input(uint64_t index) const;

    // What is new in it.
    bool address(uint64_t id, AddressKind& kind, ByteView& payload) const noexcept {
        uint64_t value = 0;
        const uint64_t index = id - begin_.addresses;
        if (!column(segment::kAddressKind).read(index, value) || !addresses_.read(index, payload))
            return false;
        kind = static_cast<AddressKind>(value);
        return value <= static_cast<uint64_t>(AddressKind::kScript);
    }
    /// The 20 bytes of an address where all in the segment are of the kind `alike()` and have as
    /// many, as on most account chains. Null: ask address().
    const uint8_t* address_alike(uint64_t id) const noexcept {
        const uint64_t index = id - begin_.addresses;
        return alike_ == AddressKind::kNone || index >= own_.addresses
                   ? nullptr
                   : column(segment::kAddress).get(index * kAlike, kAlike);
    }
    static constexpr std::size_t kAlike = 20;
    AddressKind alike() const noexcept { return alike_; }
    Result<Asset> asset(uint64_t id) const;

    const Column& column(segment::ColumnId id) const noexcept { return file_.column(id); }
    const Texts& addresses() const noexcept { return addresses_; }
    const Groups& rows() const noexcept { return rows_; }
    /// Of an account chain.
    const RowColumns& row_columns() const noexcept { return row_columns_; }
    const Groups& inputs() const noexcept { return inputs_; }
    tl::unexpected<Error> corrupt(segment::ColumnId id, uint64_t offset = 0) const {
        return file_.corrupt(id, offset);
    }

private:
    Segment() = default;
    static Result<std::shared_ptr<const Segment>> make(Result<ColumnFile> file);
    /// `what` of block `block`, relative to the segment.
    Result<uint64_t> block_value(segment::ColumnId id, uint64_t block) const;

    ColumnFile file_;
    Totals begin_, own_;
    Groups rows_, inputs_;
    Texts amounts_, addresses_, assets_;
    RowColumns row_columns_;
    AddressKind alike_ = AddressKind::kNone;
};

}  // namespace cordon::ledger
