// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace cordon::detect {

std::vector<Place> guarded_places(const WatchConfig& config) {
    static constexpr std::array<std::string_view, 3> kFirst{"hot", "warm", "cold"};
    std::vector<Place> all;
    std::set<Place> seen;
    const auto add = [&](const Place& place) {
        if (seen.insert(place).second) all.push_back(place);
    };
    const auto add_tier = [&](std::string_view tier) {
        for (const WalletAddress& wallet : config.wallets)
            if (wallet.tier == tier) add({wallet.chain, wallet.address});
    };
    for (const std::string_view tier : kFirst) add_tier(tier);
    for (const WalletAddress& wallet : config.wallets)
        if (wallet.tier != "deposit") add({wallet.chain, wallet.address});
    add_tier("deposit");
    for (const WatchedSafe& safe : config.safes) add(safe.place);
    for (const Protocol& protocol : config.protocols)
        for (const Place& place : protocol.contracts) add(place);
    for (const WatchedBridge& bridge : config.bridges)
        for (const Place& place : bridge.contracts) add(place);
    return all;
}

}  // namespace cordon::detect
