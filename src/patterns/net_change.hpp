// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include <cordon/model/block.hpp>

namespace cordon::patterns {

/// How one address is better or worse off after a txn. An asset is in one of the two maps or in
/// none.
struct NetChange {
    std::map<Asset, Amount> lost, gained;

    bool exchanges() const noexcept { return !lost.empty() && !gained.empty(); }
};
using NetChanges = std::map<Address, NetChange>;

/// Net changes of all addresses of a txn, in every asset but the `ignored`; fees, zero amounts and
/// amounts of 2^192 and more left out. What is minted from or burned to the zero address is given
/// or taken by the token's own contract, where the asset names one: a pair or a vault that issues
/// shares is then an exchanger like any other.
NetChanges net_changes(ChainId chain, const AccountTxn& txn, const std::set<Asset>& ignored);

/// The contract that issues a token; nothing for the native asset and for free codes.
std::optional<Address> issuer(ChainId chain, const Asset& asset);

}  // namespace cordon::patterns
