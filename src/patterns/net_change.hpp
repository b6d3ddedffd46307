// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <cordon/model/block.hpp>

namespace cordon::patterns {

/// How much more or less of one asset an address holds after a txn.
struct AssetChange {
    uint32_t asset = 0;  ///< Place in NetChanges::assets.
    bool gain = false;
    Amount amount;  ///< Not zero.
};

/// What a txn did to each address, in flat arrays: this is asked of every txn of a trace.
struct NetChanges {
    struct Party {
        Address address;
        uint32_t first = 0, end = 0;     // Places in `changes`.
        uint32_t losses = 0, gains = 0;  // How many of them.
        bool exchanges() const noexcept { return losses != 0 && gains != 0; }
    };
    std::vector<Asset> assets;         ///< Sorted; also those in which nobody changed.
    std::vector<Party> parties;        ///< By address; only those with a change.
    std::vector<AssetChange> changes;  ///< By party, then asset.

    std::span<const AssetChange> of(const Party& party) const noexcept {
        return std::span{changes}.subspan(party.first, party.end - party.first);
    }
    const Party* find(const Address& address) const noexcept;
};

/// The assets of which a txn moves anything, sorted. Cost: O(n log k) for k assets.
std::vector<Asset> moved_assets(const AccountTxn& txn);

/// Net changes of all addresses in the `assets` (sorted); fees, zero amounts and amounts of 2^192
/// and more left out. What is minted from or burned to the zero address is given or taken by the
/// token's own contract, where the asset names one: a pair or a vault that issues shares is then an
/// exchanger like any other.
///
/// A wrapper that logs no transfer when it issues or redeems (WETH9 logs Deposit and Withdrawal) is
/// seen to take coins only, and somebody to give as many tokens that came from nowhere: these two
/// are made one exchange of the wrapper. Cost: O(n log n).
NetChanges net_changes(ChainId chain, const AccountTxn& txn, std::vector<Asset> assets);

/// The contract that issues a token; nothing for the native asset and for free codes.
std::optional<Address> issuer(ChainId chain, const Asset& asset);

}  // namespace cordon::patterns
