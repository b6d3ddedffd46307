// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "numbered_rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <cordon/base/format.hpp>

#include "chain_view.hpp"

namespace cordon::ledger {
namespace {

constexpr uint64_t kEnd = ~uint64_t{0};
constexpr std::size_t kRecent = 32;  // Rows: few txns have more, and each is asked for at once.

/// The rows of one side of an address in one index.
class Entries {
public:
    /// From row `from` on. False where the bytes are damaged: in which column, damaged() says.
    bool begin(const Index& index, bool receiving, uint32_t address, uint64_t from) noexcept {
        rows_ = &index.entries(receiving);
        first_ = index.first_entry(receiving);
        damaged_ = Index::directory(receiving) + 1;
        Index::List list;
        if (!index.list(receiving, address, list)) return false;
        ++damaged_;
        next_ = whole_ = list.begin;
        end_ = list.end;
        if (from > index.begin().rows)
            for (uint64_t end = end_; next_ < end;) {
                const uint64_t middle = next_ + (end - next_) / 2;
                uint64_t row = 0;
                if (!rows_->read(middle, row)) return false;
                if (first_ + row < from)
                    whole_ = next_ = middle + 1;
                else
                    end = middle;
            }
        return pop();
    }
    /// The next row; kEnd behind the last.
    uint64_t row() const noexcept { return row_; }
    /// False as begin().
    bool pop() noexcept {
        constexpr uint64_t kTogether = 64;
        row_ = kEnd;
        if (next_ >= end_) return true;
        if (next_ == whole_) {
            whole_ = std::min(end_, next_ + kTogether);
            if (!rows_->has(next_, whole_ - next_)) return false;
        }
        row_ = first_ + rows_->at(next_++);
        return true;
    }
    std::size_t damaged() const noexcept { return damaged_; }

private:
    const Column* rows_ = nullptr;
    uint64_t first_ = 0;                       // Is added to each.
    uint64_t next_ = 0, whole_ = 0, end_ = 0;  // Those below whole_ need no check.
    uint64_t row_ = kEnd;
    std::size_t damaged_ = 0;
};

class ViewRows final : public NumberedRows {
public:
    explicit ViewRows(const ChainView& view) noexcept : view_{view}, end_{view.end()} {
        for (NumberedRow& row : recent_) row.row = kEnd;
    }

    Result<std::size_t> rows_of(uint32_t address, uint64_t from,
                                std::span<NumberedRow> page) override {
        for (const Run& run : view_.runs)
            for (const bool receiving : {false, true}) run.index->prefetch_list(receiving, address);
        std::size_t count = 0;
        for (const Run& run : view_.runs) {
            if (run.end.rows <= from) continue;
            std::array<Entries, 2> sides;  // As sender, as receiver.
            for (const bool receiving : {false, true})
                if (!sides[receiving].begin(*run.index, receiving, address, from))
                    return run.index->file().corrupt(sides[receiving].damaged());
            for (;;) {
                const uint64_t row = std::min(sides[0].row(), sides[1].row());
                if (row >= run.end.rows) break;
                if (count == page.size()) return count;
                const NumberedRow& known = recent_[row % kRecent];
                if (known.row == row)
                    page[count] = known;
                else
                    CORDON_TRY(read(view_.part_with(&Totals::rows, row), row, page[count]));
                ++count;
                for (Entries& side : sides)
                    if (side.row() == row && !side.pop())
                        return run.index->file().corrupt(side.damaged());
            }
        }
        return count;
    }

    Status rows_in(uint64_t txn, std::vector<NumberedRow>& rows) override {
        CORDON_TRY(check(txn, end_.txns, "txn"));
        const Part& part = view_.part_with(&Totals::txns, txn);
        uint64_t first = 0, last = 0;
        if (!part.segment->rows_of(txn, first, last) || last > part.segment->end().rows)
            return part.segment->corrupt(segment::kTxnRows);
        rows.resize(static_cast<std::size_t>(last - first));
        for (uint64_t row = first; row < last; ++row)
            CORDON_TRY(read(part, row, txn, first, rows[static_cast<std::size_t>(row - first)]));
        // Who asks for a txn asks for its addresses next, and among their rows are these.
        if (rows.size() <= kRecent)
            for (const NumberedRow& row : rows) recent_[row.row % kRecent] = row;
        return {};
    }

    Result<Txn> txn(uint64_t number) override {
        CORDON_TRY(check(number, end_.txns, "txn"));
        const Segment& segment = *view_.part_with(&Totals::txns, number).segment;
        if (number < block_.first || number >= block_.end) {
            CORDON_TRY(const uint32_t block, segment.block_of(number));
            Last read;
            CORDON_TRY(read.number, segment.number(block));
            CORDON_TRY(read.time, segment.block_time(block));
            CORDON_TRY(read.first, segment.first_txn(block));
            CORDON_TRY(read.end, segment.first_txn(block + 1));
            block_ = read;
        }
        Txn out;
        out.at = {block_.number, static_cast<uint32_t>(number - block_.first)};
        CORDON_TRY(out.own_time, view_.own_time(number));
        out.time = out.own_time ? out.own_time : block_.time;
        const uint8_t* hash = segment.txn_hash(number);
        if (hash == nullptr) return segment.corrupt(segment::kTxnHash);
        std::copy_n(hash, out.hash.bytes.size(), out.hash.bytes.begin());
        return out;
    }
    Result<uint64_t> number(TxnPosition at) override { return view_.lower_txn(at); }

    Result<Address> address(uint32_t number) override { return view_.address(number); }
    Result<Asset> asset(uint32_t number) override { return view_.asset(number); }

private:
    Status check(uint64_t number, uint64_t end, std::string_view what) const {
        if (number < end) return {};
        return fail(ErrorCode::kCorrupt,
                    format("{} has no {} number {}", to_string(view_.chain), what, number));
    }

    static Status read(const Part& part, uint64_t row, NumberedRow& out) {
        uint64_t txn = 0, first = 0;
        if (!part.segment->txn_of_row(row, txn, first))
            return part.segment->corrupt(segment::kTxnRows);
        return read(part, row, txn, first, out);
    }
    static Status read(const Part& part, uint64_t row, uint64_t txn, uint64_t first,
                       NumberedRow& out) {
        out.row = row;
        out.txn = txn;
        if (!part.segment->row_columns().read(row - part.begin().rows, out))
            CORDON_TRY(read_columns(*part.segment, row, out));
        out.index += static_cast<uint32_t>(row - first);
        return {};
    }
    /// As RowColumns::read(), one by one: tells which column is damaged.
    static Status read_columns(const Segment& segment, uint64_t row, NumberedRow& out) {
        uint64_t from = 0, to = 0, asset = 0, kind = 0, gap = 0;
        ByteView amount;
        // A number that does not fit is none of ours: cut off, it would be another's.
        const auto take = [&](segment::ColumnId id, uint64_t& value) {
            return segment.row_value(id, row, value) && value <= UINT32_MAX;
        };
        if (!take(segment::kFrom, from)) return segment.corrupt(segment::kFrom);
        if (!take(segment::kTo, to)) return segment.corrupt(segment::kTo);
        if (!take(segment::kAsset, asset)) return segment.corrupt(segment::kAsset);
        if (!segment.row_value(segment::kKind, row, kind) ||
            kind > static_cast<uint64_t>(TransferKind::kFee))
            return segment.corrupt(segment::kKind);
        if (!segment.row_value(segment::kGap, row, gap)) return segment.corrupt(segment::kGap);
        std::array<uint64_t, 4> limbs{};
        if (!segment.amount(row, amount) || amount.size() > sizeof limbs)
            return segment.corrupt(segment::kAmount);
        if (!amount.empty()) std::memcpy(limbs.data(), amount.data(), amount.size());
        out.from = static_cast<uint32_t>(from);
        out.to = static_cast<uint32_t>(to);
        out.asset = static_cast<uint32_t>(asset);
        out.index = static_cast<uint32_t>(gap);
        out.amount = Amount::from_limbs(limbs);
        out.kind = static_cast<TransferKind>(kind);
        return {};
    }

    struct Last {
        BlockNum number = 0;
        std::optional<UnixMillis> time;
        uint64_t first = 0, end = 0;  // Txns.
    };
    const ChainView& view_;
    Totals end_;
    Last block_;                               // Walks go from one txn to one near it.
    std::array<NumberedRow, kRecent> recent_;  // Of the last txns, by row; kEnd for none.
};

}  // namespace

std::unique_ptr<NumberedRows> make_numbered_rows(const ChainView& view) {
    return std::make_unique<ViewRows>(view);
}

}  // namespace cordon::ledger
