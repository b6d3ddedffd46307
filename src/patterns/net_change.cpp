// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "net_change.hpp"

#include <cordon/chain/text.hpp>

namespace cordon::patterns {
namespace {

/// As in trace: nothing honest is as large, and sums of what is smaller fit.
bool is_absurd(const Amount& amount) noexcept { return amount.limbs()[3] != 0; }

void move(NetChange& change, const Asset& asset, Amount amount, bool gain) {
    auto& same = gain ? change.gained : change.lost;
    auto& other = gain ? change.lost : change.gained;
    if (const auto at = other.find(asset); at != other.end()) {
        const Amount even = std::min(at->second, amount);
        at->second -= even;
        amount -= even;
        if (at->second.is_zero()) other.erase(at);
    }
    if (!amount.is_zero()) same[asset] += amount;
}

}  // namespace

std::optional<Address> issuer(ChainId chain, const Asset& asset) {
    if (asset.is_native()) return std::nullopt;
    const auto address = chain::parse_address(chain, asset.text());
    if (!address) return std::nullopt;
    return *address;
}

NetChanges net_changes(ChainId chain, const AccountTxn& txn, const std::set<Asset>& ignored) {
    NetChanges changes;
    const auto party = [&](const Address& address, const Asset& asset) {
        if (!address.is_zero()) return address;
        return issuer(chain, asset).value_or(address);
    };
    for (const Transfer& row : txn.transfers) {
        if (row.kind == TransferKind::kFee || row.amount.is_zero() || is_absurd(row.amount))
            continue;
        if (row.from == row.to || ignored.contains(row.asset)) continue;
        move(changes[party(row.from, row.asset)], row.asset, row.amount, false);
        move(changes[party(row.to, row.asset)], row.asset, row.amount, true);
    }
    std::erase_if(changes, [](const auto& entry) {
        return entry.second.lost.empty() && entry.second.gained.empty();
    });
    return changes;
}

}  // namespace cordon::patterns
