// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>

#include "chain_view.hpp"

namespace cordon::ledger {

/// Walks the rows or inputs of one address through all runs, by number. Confined to one thread;
/// must not outlive its view.
class EntryWalk {
public:
    /// `receiving`: rows whose receiver it is; otherwise rows (account chains) or inputs (UTXO)
    /// whose sender it is. Only numbers of [first, end).
    EntryWalk(const ChainView& view, uint32_t id, bool receiving, Order order, uint64_t first,
              uint64_t end) noexcept
        : view_{view},
          id_{id},
          receiving_{receiving},
          ascending_{order == Order::kAscending},
          first_{first},
          end_{end},
          next_run_{ascending_ ? 0 : view.runs.size()} {
        for (const Run& run : view.runs) run.index->prefetch_list(receiving, id);
    }

    /// The next number, or nothing at the end; the same until pop().
    Result<std::optional<uint64_t>> peek() {
        while (!number_) {
            if (list_.begin == list_.end) {
                if (next_run_ == (ascending_ ? view_.runs.size() : 0)) break;
                CORDON_TRY(enter_next_run());
                continue;
            }
            uint64_t number = 0;
            const uint64_t at = ascending_ ? list_.begin++ : --list_.end;
            if (!index_->entry(receiving_, at, number)) return damaged();
            number_ = number;
        }
        return number_;
    }
    void pop() noexcept { number_.reset(); }

private:
    /// REQUIRES: there is one.
    Status enter_next_run();
    /// The first entry of the list that is not below `number`.
    Result<uint64_t> lower_entry(uint64_t number) const;
    tl::unexpected<Error> damaged() const {
        return index_->file().corrupt(Index::directory(receiving_) + 2);
    }

    const ChainView& view_;
    uint32_t id_;
    bool receiving_, ascending_;
    uint64_t first_, end_;
    std::size_t next_run_;
    const Index* index_ = nullptr;
    Index::List list_;  // What is still to come of the present run.
    std::optional<uint64_t> number_;
};

}  // namespace cordon::ledger
