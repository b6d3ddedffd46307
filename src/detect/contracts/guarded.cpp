// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guarded.hpp"

#include <algorithm>

namespace cordon::detect {
namespace {

bool is_in(const std::vector<Place>& places, ChainId chain, const Address& address) noexcept {
    return std::any_of(places.begin(), places.end(), [&](const Place& place) {
        return place.chain == chain && place.address == address;
    });
}

}  // namespace

bool is_trusted(const Protocol& protocol, ChainId chain, const Address& address) noexcept {
    return is_in(protocol.admins, chain, address) || is_in(protocol.timelocks, chain, address) ||
           is_in(protocol.contracts, chain, address);
}

bool is_by_timelock(const TxnView& txn, const Protocol& protocol) noexcept {
    if (is_in(protocol.timelocks, txn.chain, txn.activity->to)) return true;
    return std::any_of(
        txn.activity->calls.begin(), txn.activity->calls.end(),
        [&](const Call& call) { return is_in(protocol.timelocks, txn.chain, call.from); });
}

std::optional<Cents> value_of(const TxnView& txn, const World& world, const Protocol& protocol) {
    if (protocol.value) return protocol.value;
    std::optional<Cents> sum;
    for (const Place& place : protocol.contracts) {
        for (const Asset& asset : world.assets_of(place.chain, place.address)) {
            const auto balance = world.balance(place.chain, place.address, asset);
            if (!balance) continue;
            const auto usd = world.usd(place.chain, asset, *balance, txn.time);
            if (!usd) continue;
            Cents total = 0;
            if (__builtin_add_overflow(sum.value_or(0), *usd, &total))
                total = std::numeric_limits<Cents>::max();
            sum = total;
        }
    }
    return sum;
}

const WatchedBridge* bridge_of_token(const World& world, ChainId chain, const Address& token) {
    for (const WatchedBridge& bridge : world.config().bridges)
        if (is_in(bridge.tokens, chain, token)) return &bridge;
    return nullptr;
}

}  // namespace cordon::detect
