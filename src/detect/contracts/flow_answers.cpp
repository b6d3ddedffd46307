// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "flow.hpp"

namespace cordon::detect {

namespace {

/// What is paid for a loan or lost on the way: at most 1 % of what went through. (Flash loans cost
/// 0 to 0.3 %.)
bool is_fee(const Net& net) noexcept {
    constexpr uint64_t kPart = 100;
    const Amount difference = net.is_gain() ? net.gain() : net.loss();
    return difference <= mul_div(std::max(net.in, net.out), Amount{1U}, Amount{kPart});
}

}  // namespace

bool TxnFlow::has_unpaid(bool count_redeemed) const noexcept {
    return std::any_of(dealings.begin(), dealings.end(), [&](const Dealing& dealing) {
        return dealing.unpaid() && !dealing.borrowed && (count_redeemed || !dealing.only_redeemed);
    });
}

bool TxnFlow::has_gifts() const noexcept {
    return std::any_of(dealings.begin(), dealings.end(), [](const Dealing& dealing) {
        return dealing.called && !dealing.nets.any_loss() &&
               std::any_of(dealing.nets.all().begin(), dealing.nets.all().end(),
                           [](const auto& each) { return !is_fee(each.second); });
    });
}

bool TxnFlow::has_takings() const noexcept {
    return gained() && !has_gifts() &&
           std::any_of(dealings.begin(), dealings.end(), [](const Dealing& dealing) {
               return dealing.unpaid() && dealing.taken && !dealing.borrowed;
           });
}

bool TxnFlow::has_unbacked_debt() const noexcept {
    for (const auto& [asset, net] : gains.all())
        if (net.is_loss() && !is_fee(net)) return false;
    for (const Dealing& dealing : dealings) {
        if (!dealing.borrowed || !dealing.unpaid()) continue;
        for (const auto& [asset, net] : dealing.nets.all()) {
            const Net* kept = gains.find(asset);
            if (net.is_loss() && kept && kept->gain() > mul_div(net.loss(), Amount{1U}, Amount{2U}))
                return true;
        }
    }
    return false;
}

Net& Nets::of(const Asset& asset) {
    const auto at = std::lower_bound(
        nets_.begin(), nets_.end(), asset,
        [](const auto& entry, const Asset& wanted) { return entry.first < wanted; });
    if (at != nets_.end() && at->first == asset) return at->second;
    return nets_.insert(at, {asset, {}})->second;
}

const Net* Nets::find(const Asset& asset) const noexcept {
    for (const auto& [which, net] : nets_)
        if (which == asset) return &net;
    return nullptr;
}

bool Nets::any_gain() const noexcept {
    return std::any_of(nets_.begin(), nets_.end(),
                       [](const auto& entry) { return entry.second.is_gain(); });
}
bool Nets::any_loss() const noexcept {
    return std::any_of(nets_.begin(), nets_.end(),
                       [](const auto& entry) { return entry.second.is_loss(); });
}

}  // namespace cordon::detect
