// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <cordon/base/amount.hpp>

namespace cordon::trace {

/// An amount as a long list keeps it. Zero at first.
struct ShortAmount {
    uint64_t low = 0, high = 0;
};

/// What ShortAmounts are worth. Money has less than 2^128 units, but tokens may claim more: what
/// does not fit lies here. Confined to one thread while any is set.
class ShortAmounts {
public:
    Amount operator[](const ShortAmount& place) const noexcept {
        if (place.high == kLong) [[unlikely]]
            return long_[place.low];
        return Amount::from_limbs({place.low, place.high, 0, 0});
    }
    void set(ShortAmount& place, const Amount& amount) {
        const auto& limbs = amount.limbs();
        if ((limbs[2] | limbs[3]) == 0 && limbs[1] != kLong) [[likely]] {
            place = {limbs[0], limbs[1]};
            return;
        }
        if (place.high != kLong) {
            place = {long_.size(), kLong};
            long_.emplace_back();
        }
        long_[place.low] = amount;
    }
    void add(ShortAmount& place, const Amount& more) { set(place, (*this)[place] + more); }

private:
    static constexpr uint64_t kLong = ~uint64_t{0};  // Then `low` is a place in long_.
    std::vector<Amount> long_;
};

}  // namespace cordon::trace
