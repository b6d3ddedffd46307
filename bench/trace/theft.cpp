// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "theft.hpp"

#include "../gen/account_stream.hpp"

namespace cordon::bench {
namespace {

constexpr uint64_t kFirst = uint64_t{1} << 41;  // Numbers that no address of the stream reaches.
constexpr uint64_t kMostParts = 3;
constexpr uint64_t kPocketMoney = 1'000'000;  // At most, from a stranger: little beside the loot.

}  // namespace

Address Theft::address(uint64_t number) { return gen::AccountStream::address(kFirst + number); }

bool Theft::next(Transfer& payment) {
    if (left_ == 0 || mules_.empty()) return false;
    payment = {};
    Mule& mule = mules_.front();
    if (parts_ == 0) {
        parts_ = random_.between(1, kMostParts);
        if (random_.below(kMostParts) == 0) {
            payment.from = stranger_(random_);
            payment.to = address(mule.number);
            payment.amount = Amount{random_.between(1, kPocketMoney)};
            return true;
        }
    }
    const bool last = parts_ == 1 || mule.amount < 2;
    const uint64_t amount = last ? mule.amount : 1 + random_.below(mule.amount - 1);
    payment.from = address(mule.number);
    payment.to = address(next_);
    payment.amount = Amount{amount};
    mule.amount -= amount;
    parts_ = last ? 0 : parts_ - 1;
    if (last) mules_.pop_front();
    mules_.push_back({next_++, amount});
    --left_;
    return true;
}

}  // namespace cordon::bench
