// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "evidence.hpp"

#include <algorithm>

#include <cordon/chain/text.hpp>

namespace cordon::detect {

std::string text_of(const TxnView& txn, const Address& address) {
    return chain::format_address(txn.chain, address);
}

Loss loss_of(const TxnView& txn, const World& world, const Dealing& dealing) {
    Loss worst;
    for (const auto& [asset, net] : dealing.nets.all()) {
        if (!net.is_loss()) continue;
        const std::optional<Cents> usd = world.usd(txn.chain, asset, net.loss(), txn.time);
        if (!worst.text.empty() && (!usd || (worst.usd && *usd <= *worst.usd))) continue;
        worst = {usd, world.amount_text(txn.chain, asset, net.loss())};
    }
    return worst;
}

std::optional<Cents> losses_usd(const TxnView& txn, const World& world, const TxnFlow& flow) {
    std::optional<Cents> sum;
    const auto add = [&](std::optional<Cents> usd) {
        if (!usd) return;
        Cents total = 0;
        if (__builtin_add_overflow(sum.value_or(0), *usd, &total))
            total = std::numeric_limits<Cents>::max();
        sum = total;
    };
    for (const Dealing& dealing : flow.dealings)
        if (dealing.unpaid() || dealing.round_trip) add(loss_of(txn, world, dealing).usd);
    for (const Bystander& bystander : flow.bystanders)
        add(world.usd(txn.chain, bystander.asset, bystander.amount, txn.time));
    return sum;
}

bool is_small(std::optional<Cents> usd, double least_usd) noexcept {
    constexpr double kCentsPerDollar = 100;
    return usd && static_cast<double>(*usd) < least_usd * kCentsPerDollar;
}

std::vector<Address> related_to(const TxnFlow& flow) {
    constexpr std::size_t kMost = 32;  // An incident needs some of them, not hundreds.
    std::vector<Address> all;
    const auto add = [&](const Address& address) {
        if (all.size() < kMost && !address.empty() && address != flow.sender &&
            std::find(all.begin(), all.end(), address) == all.end())
            all.push_back(address);
    };
    for (const Address& own : flow.own) add(own);
    for (const Dealing& dealing : flow.dealings)
        if (dealing.unpaid() || dealing.round_trip) add(dealing.with);
    for (const Bystander& bystander : flow.bystanders) add(bystander.by);
    return all;
}

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
    return text;
}

bool is_young(const TxnView& txn, const World& world, const Address& contract, Seconds age) {
    std::optional<UnixMillis> since = world.created(txn.chain, contract);
    if (!since) since = world.first_seen(txn.chain, contract);
    return !since || txn.time - *since < age;
}

}  // namespace cordon::detect
