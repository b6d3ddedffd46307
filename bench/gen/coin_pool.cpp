// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "coin_pool.hpp"

#include <algorithm>
#include <utility>

namespace cordon::gen {

void CoinPool::add(const Coin& coin) {
    ++in_ring_;
    if (ring_.size() < kRing) {
        ring_.push_back(coin);
        ++added_;
        return;
    }
    Coin& place = ring_[added_++ % kRing];
    const Coin out = std::exchange(place, coin);
    if (out.value == 0) return;
    --in_ring_;
    if (old_.size() < kOld)
        old_.push_back(out);
    else
        old_[random_.below(kOld)] = out;
}

Coin CoinPool::take_old() {
    Coin& place = old_[random_.below(old_.size())];
    const Coin coin = place;
    place = old_.back();
    old_.pop_back();
    return coin;
}

Coin CoinPool::take() {
    const uint64_t dice = random_.below(1000);
    if (in_ring_ == 0 || (dice < 50 && !old_.empty())) return take_old();
    const std::size_t reach =
        dice < 175 ? ring_.size() : std::min<std::size_t>(ring_.size(), kYoung);
    // From a random age on towards older ones to the next that is unspent; from the oldest it goes
    // on with the youngest.
    std::size_t age = random_.below(reach);
    while (true) {
        Coin& place = ring_[(added_ - 1 - age) % kRing];
        if (place.value != 0) {
            --in_ring_;
            return std::exchange(place, Coin{});
        }
        age = age + 1 < ring_.size() ? age + 1 : 0;
    }
}

}  // namespace cordon::gen
