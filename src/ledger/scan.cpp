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

/// Puts the shapes of one part together, some thousand txns at a time: what their inputs spend lies
/// all over the chain, so all of it is fetched before any of it is looked at.
class Shapes {
public:
    Shapes(const ChainView& view, bool with_outputs,
           const std::function<Status(const TxnShape&)>& visit)
        : view_{view}, with_outputs_{with_outputs}, visit_{visit} {}

    Status scan(const Part& part, uint64_t first, uint64_t end) {
        constexpr uint64_t kTxns = 2048;
        for (uint64_t txn = first; txn < end; txn += kTxns)
            CORDON_TRY(scan_page(part, txn, std::min(end, txn + kTxns)));
        return {};
    }

private:
    /// Where the owner of an output is written.
    struct Place {
        const Segment* segment = nullptr;  // Null when the ledger does not have the output.
        uint64_t row = 0;
    };

    Status scan_page(const Part& part, uint64_t first, uint64_t end) {
        const Segment& segment = *part.segment;
        const std::size_t txns = static_cast<std::size_t>(end - first);
        begins_.resize(txns + 1);
        if (!segment.inputs().begins(first - part.begin().txns, txns + 1, begins_.data()))
            return segment.corrupt(segment::kTxnInputs);
        const uint64_t base = begins_.front();
        if (begins_.back() - base > segment.end().inputs)
            return segment.corrupt(segment::kTxnInputs);
        spent_.resize(static_cast<std::size_t>(begins_.back() - base));
        if (!segment.column(segment::kSpent).unpack(base, spent_.size(), spent_.data()))
            return segment.corrupt(segment::kSpent);
        // Most txns have one input and no shape: only the others cost a look elsewhere.
        places_.clear();
        for (std::size_t i = 0; i < txns; ++i) {
            if (begins_[i + 1] - begins_[i] < 2) continue;
            for (uint64_t n = begins_[i]; n < begins_[i + 1]; ++n) {
                const uint64_t row = spent_[static_cast<std::size_t>(n - base)];
                if (row > view_.end().rows) return segment.corrupt(segment::kSpent);
                Place place;
                if (row != 0) {
                    place = {view_.part_with(&Totals::rows, row - 1).segment.get(), row - 1};
                    place.segment->column(segment::kTo)
                        .prefetch(place.row - place.segment->begin().rows);
                }
                places_.push_back(place);
            }
        }
        std::size_t at = 0;
        for (std::size_t i = 0; i < txns; ++i) {
            const auto inputs = static_cast<std::size_t>(begins_[i + 1] - begins_[i]);
            if (inputs < 2) continue;
            CORDON_TRY(
                scan_txn(part, first + i, begins_[i], std::span{places_}.subspan(at, inputs)));
            at += inputs;
        }
        return {};
    }

    Status scan_txn(const Part& part, uint64_t txn, uint64_t first, std::span<const Place> places) {
        senders_.clear();
        for (std::size_t i = 0; i < places.size(); ++i) {
            const Place& place = places[i];
            if (place.segment == nullptr) {
                CORDON_TRY(const auto foreign,
                           part.segment->foreign(part.begin().inputs + first + i));
                if (foreign && foreign->address_plus_one != 0)
                    senders_.push_back(static_cast<uint32_t>(foreign->address_plus_one - 1));
                continue;
            }
            uint64_t id = 0;
            if (!place.segment->row_value(segment::kTo, place.row, id))
                return place.segment->corrupt(segment::kTo);
            senders_.push_back(static_cast<uint32_t>(id));
        }
        if (senders_.size() < 2) return {};
        if (with_outputs_) CORDON_TRY(take_outputs(part, txn));
        if (txn < block_first_ || txn >= block_end_) {
            CORDON_TRY(const uint32_t block, part.segment->block_of(txn));
            CORDON_TRY(number_, part.segment->number(block));
            CORDON_TRY(block_first_, part.segment->first_txn(block));
            CORDON_TRY(block_end_, part.segment->first_txn(block + 1));
        }
        return visit_(
            {{number_, static_cast<uint32_t>(txn - block_first_)}, senders_, receivers_, values_});
    }

    Status take_outputs(const Part& part, uint64_t txn) {
        const Segment& segment = *part.segment;
        uint64_t row = 0;
        uint64_t last = 0;
        if (!segment.rows_of(txn, row, last) || last > segment.end().rows)
            return segment.corrupt(segment::kTxnRows);
        const auto rows = static_cast<std::size_t>(last - row);
        receivers_.resize(rows);
        values_.resize(rows);
        const uint64_t own = row - part.begin().rows;
        if (!segment.column(segment::kTo).unpack(own, rows, receivers_.data()))
            return segment.corrupt(segment::kTo);
        if (!segment.column(segment::kValue).unpack(own, rows, values_.data()))
            return segment.corrupt(segment::kValue);
        return {};
    }

    const ChainView& view_;
    bool with_outputs_;
    const std::function<Status(const TxnShape&)>& visit_;
    std::vector<uint64_t> begins_, spent_, values_;  // Begins count from the part's first input.
    std::vector<Place> places_;
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

Status scan_shapes(const ChainView& view, TxnPosition from, bool with_outputs,
                   const std::function<Status(const TxnShape&)>& visit) {
    CORDON_TRY(const uint64_t first, view.lower_txn(from));
    for (const Part& part : view.parts) {
        const uint64_t begin = std::max(first, part.begin().txns);
        if (begin < part.end.txns)
            CORDON_TRY((Shapes{view, with_outputs, visit}.scan(part, begin, part.end.txns)));
    }
    return {};
}

}  // namespace cordon::ledger
