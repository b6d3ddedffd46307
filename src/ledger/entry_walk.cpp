// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "entry_walk.hpp"

#include <algorithm>

namespace cordon::ledger {

Status EntryWalk::enter_next_run() {
    const Run& run = view_.runs[ascending_ ? next_run_++ : --next_run_];
    index_ = run.index.get();
    list_ = {};
    const bool inputs = !receiving_ && is_utxo(view_.chain);
    const uint64_t begin = inputs ? run.begin().inputs : run.begin().rows;
    const uint64_t visible = inputs ? run.end.inputs : run.end.rows;
    const uint64_t own_end = inputs ? index_->end().inputs : index_->end().rows;
    const uint64_t end = std::min(visible, end_);
    if (begin >= end || visible <= first_) return {};
    if (!index_->list(receiving_, id_, list_))
        return index_->file().corrupt(Index::directory(receiving_) + 1);
    if (list_.begin == list_.end) return {};
    if (end < own_end) {
        CORDON_TRY(list_.end, lower_entry(end));
    }
    if (begin < first_) {
        CORDON_TRY(list_.begin, lower_entry(first_));
    }
    return {};
}

Status EntryWalk::read_some() {
    const Column& entries = index_->file().column(Index::directory(receiving_) + 2);
    at_ = 0;
    count_ = static_cast<std::size_t>(std::min<uint64_t>(numbers_.size(), list_.end - list_.begin));
    const auto read = [&] {
        return entries.unpack(ascending_ ? list_.begin : list_.end - count_, count_,
                              numbers_.data());
    };
    // Those before a damaged place are right.
    if (!read() && (count_ = 1, !read())) {
        count_ = 0;
        return damaged();
    }
    if (ascending_) {
        list_.begin += count_;
    } else {
        list_.end -= count_;
        std::reverse(numbers_.begin(), numbers_.begin() + static_cast<std::ptrdiff_t>(count_));
    }
    const bool inputs = !receiving_ && is_utxo(view_.chain);
    for (std::size_t i = 0; i < count_; ++i) {
        numbers_[i] += index_->first_entry(receiving_);
        if (inputs)
            view_.prefetch_input(numbers_[i]);
        else
            view_.prefetch_row(numbers_[i]);
    }
    return {};
}

Result<uint64_t> EntryWalk::lower_entry(uint64_t number) const {
    uint64_t low = list_.begin;
    uint64_t high = list_.end;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        uint64_t at = 0;
        if (!index_->entry(receiving_, middle, at)) return damaged();
        if (at < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace cordon::ledger
