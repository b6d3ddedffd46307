// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace cordon::chain {

/// Fills the list of txns of a block that is used again and again, so that the vectors inside its
/// txns keep their room: those beyond the end of a shorter block wait here for a longer one.
template <typename Txn>
class TxnSlots {
public:
    /// Begins a block; what `txns` holds is room only.
    void start() noexcept { used_ = 0; }
    std::size_t size() const noexcept { return used_; }
    /// The next txn, as some txn before left it. Lifetime: until the next call.
    Txn& next(std::vector<Txn>& txns) {
        if (used_ == txns.size()) {
            if (spare_.empty()) {
                txns.emplace_back();
            } else {
                txns.push_back(std::move(spare_.back()));
                spare_.pop_back();
            }
        }
        return txns[used_++];
    }
    /// One that comes a few calls later, or nothing: its room has left the caches since the block
    /// before, and may be asked for before it is needed.
    const Txn* soon(const std::vector<Txn>& txns) const noexcept {
        return used_ + kSoon < txns.size() ? &txns[used_ + kSoon] : nullptr;
    }
    /// Ends a block: leaves `txns` with those that were given out.
    void finish(std::vector<Txn>& txns) {
        while (txns.size() > used_) {
            if (spare_.size() < kMaxSpare) spare_.push_back(std::move(txns.back()));
            txns.pop_back();
        }
    }

private:
    /// More than any block of Bitcoin has.
    static constexpr std::size_t kMaxSpare = std::size_t{1} << 16;

    static constexpr std::size_t kSoon = 4;

    std::vector<Txn> spare_;
    std::size_t used_ = 0;
};

/// Empties a vector inside a txn and makes room for `needed` things. Room for some stays; that of a
/// giant does not, or in the end every place in a block would have had one.
template <typename T>
void reuse(std::vector<T>& list, std::size_t needed) {
    constexpr std::size_t kAlwaysKept = 16;
    list.clear();
    if (list.capacity() > kAlwaysKept && list.capacity() / 4 > needed) std::vector<T>{}.swap(list);
    // Twice the room: the txns that come to a place differ, and most are small.
    if (list.capacity() < needed)
        list.reserve(std::max(needed, std::min(2 * list.capacity(), kAlwaysKept)));
}

}  // namespace cordon::chain
