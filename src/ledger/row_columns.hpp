// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "numbered_rows.hpp"
#include "segment_format.hpp"

namespace cordon::ledger {

/// The columns of the rows of an account chain, for who reads rows by the million: where they are
/// is found once, and what is asked of every read of a column is asked once for many rows.
///
/// Immutable but for what it knows to be whole; any number of threads. A view: must not outlive its
/// file.
class RowColumns {
public:
    RowColumns() = default;
    explicit RowColumns(const ColumnFile& file);

    /// What a row says of itself, as `out.index` its gap. `row` counts from the segment's first.
    /// False where its columns must be asked one by one: they are damaged, or unlike any that are
    /// written. REQUIRES: the columns have as many rows as each other.
    bool read(uint64_t row, NumberedRow& out) const noexcept {
        const uint64_t group = row / kTogether;
        if (group >= groups_ || (!whole_[group].load(std::memory_order_relaxed) && !look(group)) ||
            row >= rows_)
            return false;
        const uint64_t kind = at(segment::kKind, row);
        const uint64_t size = at(segment::kAmountSize, row);
        const uint8_t* bytes = amount_of(row, size);
        if (kind > static_cast<uint64_t>(TransferKind::kFee) || bytes == nullptr) return false;
        out.from = static_cast<uint32_t>(at(segment::kFrom, row));
        out.to = static_cast<uint32_t>(at(segment::kTo, row));
        out.asset = static_cast<uint32_t>(at(segment::kAsset, row));
        out.index = static_cast<uint32_t>(at(segment::kGap, row));
        out.kind = static_cast<TransferKind>(kind);
        const auto bits = static_cast<unsigned>(size) * 8;
        if (bits <= 64)
            out.amount = bits == 0 ? Amount{} : Amount{load<uint64_t>(bytes) & packed_mask(bits)};
        else
            out.amount = Amount::from_limbs(
                {load<uint64_t>(bytes), load<uint64_t>(bytes + 8) & packed_mask(bits - 64), 0, 0});
        return true;
    }

private:
    static constexpr uint64_t kTogether = 256;  // Rows: a few hundred bytes of most columns.
    static constexpr uint64_t kShort = 16;      // Bytes, of nearly all amounts.

    uint64_t at(segment::ColumnId id, uint64_t row) const noexcept { return columns_[id].at(row); }
    /// Where kShort bytes may be read, of which `size` are the amount; null where they may not.
    const uint8_t* amount_of(uint64_t row, uint64_t size) const noexcept {
        const Column& sizes = columns_[segment::kAmountSize];
        uint64_t offset = row * size;
        if (sizes.width() != 0) {
            constexpr uint64_t kEvery = Texts::kEvery;
            offset =
                at(segment::kAmountBegin, row / kEvery) + sizes.sum_at(row - row % kEvery, row);
        }
        const Column& bytes = columns_[segment::kAmount];
        if (size > kShort || bytes.size() < kShort || offset > bytes.size() - kShort)
            return nullptr;
        return bytes.get(offset, size);
    }
    bool look(uint64_t group) const noexcept;

    const Column* columns_ = nullptr;  // Of the file, by segment::ColumnId.
    uint64_t rows_ = 0, groups_ = 0;
    std::unique_ptr<std::atomic<bool>[]> whole_;  // By group of kTogether rows.
};

}  // namespace cordon::ledger
