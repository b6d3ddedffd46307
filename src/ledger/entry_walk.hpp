// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <cordon/base/result.hpp>

#include "chain_view.hpp"

namespace cordon::ledger {

/// Walks the rows or inputs of one address through all runs, by number. pop() is for after a peek()
/// that gave one. Confined to one thread;
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
        // What misses the cache in one run does not wait for what does in another.
        for (const Run& run : view.runs) run.index->prefetch_list(receiving, id);
        for (const Run& run : view.runs) run.index->prefetch_key(receiving, id);
    }

    /// The next number, or nothing at the end; the same until pop().
    Result<std::optional<uint64_t>> peek() {
        while (at_ == count_) {
            if (list_.begin != list_.end) {
                CORDON_TRY(read_some());
            } else if (next_run_ != (ascending_ ? view_.runs.size() : 0)) {
                CORDON_TRY(enter_next_run());
            } else {
                return std::optional<uint64_t>{};
            }
        }
        return std::optional{numbers_[at_]};
    }
    void pop() noexcept { ++at_; }

private:
    /// REQUIRES: there is one.
    Status enter_next_run();
    /// Takes the next entries of the list, and brings near what they name.
    Status read_some();
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
    Index::List list_;                   // What is still to come of the present run,
    std::array<uint64_t, 8> numbers_{};  // after those of these from at_ on.
    std::size_t at_ = 0, count_ = 0;
};

}  // namespace cordon::ledger
