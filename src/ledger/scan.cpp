// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "scan.hpp"

#include <algorithm>

namespace cordon::ledger {
namespace {

segment::ColumnId column_of(Field field) noexcept {
    switch (field) {
        case Field::kSender: return segment::kFrom;
        case Field::kReceiver: return segment::kTo;
        case Field::kAsset: return segment::kAsset;
        case Field::kValue: return segment::kValue;
    }
    return segment::kTo;
}

/// Puts the shapes of one part together, some thousand inputs at a time: what they spend lies all
/// over the chain, so all of it is fetched before any of it is looked at.
class Shapes {
public:
    Shapes(const ChainView& view, const std::function<Status(const TxnShape&)>& visit)
        : view_{view}, visit_{visit} {}

    Status scan(const Part& part, uint64_t first, uint64_t end) {
        constexpr uint64_t kTxns = 2048;
        for (uint64_t txn = first; txn < end; txn += kTxns)
            CORDON_TRY(scan_page(part, txn, std::min(end, txn + kTxns)));
        return {};
    }

private:
    Status scan_page(const Part& part, uint64_t first, uint64_t end) {
        const Segment& segment = *part.segment;
        begins_.clear();
        for (uint64_t txn = first; txn <= end; ++txn) {
            uint64_t begin = 0;
            if (!segment.inputs().begin(txn - part.begin().txns, begin))
                return segment.corrupt(segment::kTxnInputs);
            if (!begins_.empty() && begin < begins_.back())
                return segment.corrupt(segment::kTxnInputs);
            begins_.push_back(begin);
        }
        spent_.resize(static_cast<std::size_t>(begins_.back() - begins_.front()));
        if (!segment.column(segment::kSpent)
                 .unpack(begins_.front(), spent_.size(), spent_.data()))
            return segment.corrupt(segment::kSpent);
        // Most txns have one input and no shape: only the others cost a look elsewhere.
        const auto each = [&](auto&& take) -> Status {
            for (std::size_t i = 0; i + 1 < begins_.size(); ++i)
                if (begins_[i + 1] - begins_[i] >= 2) CORDON_TRY(take(i));
            return {};
        };
        CORDON_TRY(each([&](std::size_t i) -> Status {
            for (uint64_t n = begins_[i]; n < begins_[i + 1]; ++n) {
                const uint64_t row = spent_[static_cast<std::size_t>(n - begins_.front())];
                if (row == 0 || row > view_.end().rows) continue;
                const Segment& from = *view_.part_with(&Totals::rows, row - 1).segment;
                from.column(segment::kTo).prefetch(row - 1 - from.begin().rows);
            }
            return {};
        }));
        return each([&](std::size_t i) { return scan_txn(part, first + i, begins_[i],
                                                         begins_[i + 1]); });
    }

    Status scan_txn(const Part& part, uint64_t txn, uint64_t first, uint64_t end) {
        senders_.clear();
        for (uint64_t n = first; n < end; ++n) {
            const uint64_t row = spent_[static_cast<std::size_t>(n - begins_.front())];
            if (row == 0) {
                CORDON_TRY(const auto foreign, part.segment->foreign(part.begin().inputs + n));
                if (foreign && foreign->address_plus_one != 0)
                    senders_.push_back(static_cast<uint32_t>(foreign->address_plus_one - 1));
                continue;
            }
            if (row > view_.end().rows) return part.segment->corrupt(segment::kSpent);
            const Segment& from = *view_.part_with(&Totals::rows, row - 1).segment;
            uint64_t id = 0;
            if (!from.row_value(segment::kTo, row - 1, id)) return from.corrupt(segment::kTo);
            senders_.push_back(static_cast<uint32_t>(id));
        }
        if (senders_.size() < 2) return {};
        uint64_t row = 0;
        uint64_t last = 0;
        if (!part.segment->rows_of(txn, row, last))
            return part.segment->corrupt(segment::kTxnRows);
        const std::size_t rows = static_cast<std::size_t>(last - row);
        receivers_.resize(rows);
        values_.resize(rows);
        const uint64_t own = row - part.begin().rows;
        if (!part.segment->column(segment::kTo).unpack(own, rows, receivers_.data()))
            return part.segment->corrupt(segment::kTo);
        if (!part.segment->column(segment::kValue).unpack(own, rows, values_.data()))
            return part.segment->corrupt(segment::kValue);
        if (txn < block_first_ || txn >= block_end_) {
            CORDON_TRY(const uint32_t block, part.segment->block_of(txn));
            CORDON_TRY(number_, part.segment->number(block));
            CORDON_TRY(block_first_, part.segment->first_txn(block));
            CORDON_TRY(block_end_, part.segment->first_txn(block + 1));
        }
        return visit_({{number_, static_cast<uint32_t>(txn - block_first_)},
                       senders_,
                       receivers_,
                       values_});
    }

    const ChainView& view_;
    const std::function<Status(const TxnShape&)>& visit_;
    std::vector<uint64_t> begins_, spent_, values_;  // Begins count from the part's first input.
    std::vector<uint32_t> senders_, receivers_;
    BlockNum number_ = 0;
    uint64_t block_first_ = 0, block_end_ = 0;
};

}  // namespace

Status scan_field(const ChainView& view, Field field,
                  const std::function<Status(uint64_t, std::span<const uint64_t>)>& visit) {
    // A page of numbers and what they are unpacked from fit the first-level cache.
    std::array<uint64_t, 2048> page;
    const segment::ColumnId id = column_of(field);
    for (const Part& part : view.parts) {
        const uint64_t first = part.begin().rows;
        const uint64_t count = part.end.rows - first;
        const Column& column = part.segment->column(id);
        for (uint64_t at = 0; at < count; at += page.size()) {
            const auto n = static_cast<std::size_t>(std::min<uint64_t>(page.size(), count - at));
            if (!column.unpack(at, n, page.data())) return part.segment->corrupt(id);
            CORDON_TRY(visit(first + at, std::span{page}.first(n)));
        }
    }
    return {};
}

Status scan_shapes(const ChainView& view, TxnPosition from,
                   const std::function<Status(const TxnShape&)>& visit) {
    CORDON_TRY(const uint64_t first, view.lower_txn(from));
    for (const Part& part : view.parts) {
        const uint64_t begin = std::max(first, part.begin().txns);
        if (begin < part.end.txns)
            CORDON_TRY((Shapes{view, visit}.scan(part, begin, part.end.txns)));
    }
    return {};
}

}  // namespace cordon::ledger
