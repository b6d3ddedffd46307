// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "row_columns.hpp"

#include <algorithm>

namespace cordon::ledger {

using namespace segment;

RowColumns::RowColumns(const ColumnFile& file)
    : columns_{&file.column(0)}, rows_{file.column(kFrom).count()} {
    // Numbers that do not fit are told of by who asks for each: here none is looked at.
    for (const ColumnId id : {kFrom, kTo, kAsset, kGap})
        if (columns_[id].highest() > UINT32_MAX) return;
    // Every row has a bit there: a count that claims more is none to make room for.
    if (columns_[kTxnRows].size() < rows_ / 8) return;
    groups_ = (rows_ + kTogether - 1) / kTogether;
    whole_ = std::make_unique<std::atomic<bool>[]>(groups_);
}

bool RowColumns::look(uint64_t group) const noexcept {
    const uint64_t first = group * kTogether, count = std::min(kTogether, rows_ - first);
    for (const ColumnId id : {kFrom, kTo, kAsset, kKind, kGap, kAmountSize})
        if (!columns_[id].has(first, count)) return false;
    constexpr uint64_t kEvery = Texts::kEvery;
    if (columns_[kAmountSize].width() != 0 &&
        !columns_[kAmountBegin].has(first / kEvery, (count + kEvery - 1) / kEvery))
        return false;
    whole_[group].store(true, std::memory_order_relaxed);
    return true;
}

}  // namespace cordon::ledger
