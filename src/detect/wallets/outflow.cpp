// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "outflow.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::detect {

std::vector<Outflow> outflows(const TxnView& txn, bool by_receiver, bool planned_too) {
    std::vector<const Movement*> leaving;
    for (const Movement& movement : txn.movements)
        if ((planned_too ? movement.leaves() : movement.is_outflow()) &&
            !movement.transfer->amount.is_zero())
            leaving.push_back(&movement);
    const auto key = [&](const Movement* one) {
        return std::tuple{one->from_set, one->transfer->asset,
                          by_receiver ? one->transfer->to : Address{}};
    };
    if (leaving.size() > 1)
        std::stable_sort(leaving.begin(), leaving.end(),
                         [&](const Movement* a, const Movement* b) { return key(a) < key(b); });
    std::vector<Outflow> all;
    for (const Movement* one : leaving) {
        if (all.empty() || key(all.back().first) != key(one))
            all.push_back({one->from_set, one, {}, Cents{0}, {}});
        Outflow& outflow = all.back();
        outflow.amount = plus(outflow.amount, one->transfer->amount);
        outflow.usd = plus(outflow.usd, one->usd);
        if (outflow.receivers.size() < Outflow::kReceivers &&
            std::find(outflow.receivers.begin(), outflow.receivers.end(), one->transfer->to) ==
                outflow.receivers.end())
            outflow.receivers.push_back(one->transfer->to);
    }
    return all;
}

Cents plus(Cents a, Cents b) noexcept {
    Cents sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<Cents>::max() : sum;
}
std::optional<Cents> plus(std::optional<Cents> a, std::optional<Cents> b) noexcept {
    return a && b ? std::optional{plus(*a, *b)} : std::nullopt;
}
Amount plus(const Amount& a, const Amount& b) noexcept {
    return checked_add(a, b).value_or(Amount::max());
}

Cents cents_of(double dollars) noexcept {
    constexpr double kLargest = 9.2e16;  // In dollars, below the end of int64 in cents.
    return static_cast<Cents>(std::clamp(dollars, 0.0, kLargest) * 100);
}

std::string address_text(ChainId chain, const Address& address) {
    return chain::display_address(chain, address);
}

std::string percent(double share) { return format("{:.1f} %", share * 100); }

std::string usd_text(std::optional<Cents> usd) { return usd ? format_usd(*usd) : "unpriced"; }

}  // namespace cordon::detect
