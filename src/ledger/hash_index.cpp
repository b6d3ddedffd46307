// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hash_index.hpp"

namespace cordon::ledger {

bool SeenFilter::add(uint64_t hash) {
    const bool begins = left_ == 0 && size_ < most();
    bool outgrows = false;
    if (begins) {
        const std::size_t words = next_size();
        outgrows = !layers_.empty() && layers_.back().size() < words;
        layers_.push_back(memory_.take(words));
        left_ = words * kHashesPerWord - (outgrows ? size_ : 0);
        if (outgrows) kept_ = layers_.size() - 1;
    }
    put(layers_.back(), hash);
    ++size_;
    if (left_ != 0 && --left_ == layers_.back().size() * kHashesPerWord / 8 &&
        size_ + left_ < most())
        memory_.prepare(next_size());
    return outgrows;
}

std::size_t SeenFilter::next_size() const noexcept {
    const std::size_t first = first_ / kHashesPerWord;
    return layers_.empty() ? first : std::min(layers_.back().size() * kTimes, first * kLargest);
}

void SeenFilter::drop_older() {
    for (; kept_ != 0; --kept_) {
        memory_.drop(std::move(layers_.front()));
        layers_.erase(layers_.begin());
    }
}

}  // namespace cordon::ledger
