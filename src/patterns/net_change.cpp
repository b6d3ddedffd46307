// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "net_change.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/chain/text.hpp>
#include <cordon/trace/account_txn.hpp>

namespace cordon::patterns {
namespace {

/// One side of one row.
struct Move {
    const Address* party;
    uint32_t asset;
    bool gain;
    const Amount* amount;
};

bool moves(const Transfer& row) noexcept {
    return row.kind != TransferKind::kFee && !row.amount.is_zero() &&
           !trace::is_absurd(row.amount) && row.from != row.to;
}

std::vector<Move> moves_of(const AccountTxn& txn, const std::vector<Asset>& assets,
                           const std::vector<std::optional<Address>>& issuers) {
    std::vector<Move> moves_found;
    moves_found.reserve(txn.transfers.size() * 2);
    for (const Transfer& row : txn.transfers) {
        if (!moves(row)) continue;
        const auto at = std::lower_bound(assets.begin(), assets.end(), row.asset);
        if (at == assets.end() || *at != row.asset) continue;
        const auto asset = static_cast<uint32_t>(at - assets.begin());
        const auto party = [&](const Address& address) {
            return address.is_zero() && issuers[asset] ? &*issuers[asset] : &address;
        };
        moves_found.push_back({party(row.from), asset, false, &row.amount});
        moves_found.push_back({party(row.to), asset, true, &row.amount});
    }
    std::sort(moves_found.begin(), moves_found.end(), [](const Move& a, const Move& b) {
        if (*a.party != *b.party) return *a.party < *b.party;
        return a.asset < b.asset;
    });
    return moves_found;
}

void count(NetChanges& found) {
    for (NetChanges::Party& party : found.parties) {
        party.losses = party.gains = 0;
        for (const AssetChange& change : found.of(party))
            ++(change.gain ? party.gains : party.losses);
    }
}

/// `issuer` took coins and gave none of its own token, or the other way round, and exactly one
/// other lost (got) as much of the token: that change becomes the issuer's. False when nothing was
/// done.
bool complete_wrap(NetChanges& found, uint32_t coin, uint32_t token, const Address& issuer) {
    const NetChanges::Party* wrapper = found.find(issuer);
    if (wrapper == nullptr) return false;
    const AssetChange* coins = nullptr;
    for (const AssetChange& change : found.of(*wrapper)) {
        if (change.asset == token) return false;
        if (change.asset == coin) coins = &change;
    }
    if (coins == nullptr) return false;
    std::optional<uint32_t> place;
    for (uint32_t at = 0; at < found.changes.size(); ++at) {
        const AssetChange& change = found.changes[at];
        if (change.asset != token || change.gain == coins->gain || change.amount != coins->amount)
            continue;
        if (place) return false;  // Two of them: not to be told.
        place = at;
    }
    if (!place) return false;
    NetChanges made;
    made.assets = std::move(found.assets);
    for (const NetChanges::Party& old : found.parties) {
        NetChanges::Party party = old;
        party.first = static_cast<uint32_t>(made.changes.size());
        for (uint32_t at = old.first; at < old.end; ++at)
            if (at != *place) made.changes.push_back(found.changes[at]);
        if (&old == wrapper) made.changes.push_back(found.changes[*place]);
        party.end = static_cast<uint32_t>(made.changes.size());
        std::sort(made.changes.begin() + party.first, made.changes.end(),
                  [](const AssetChange& a, const AssetChange& b) { return a.asset < b.asset; });
        if (party.first != party.end) made.parties.push_back(party);
    }
    found = std::move(made);
    return true;
}

}  // namespace

const NetChanges::Party* NetChanges::find(const Address& address) const noexcept {
    const auto at = std::lower_bound(
        parties.begin(), parties.end(), address,
        [](const Party& party, const Address& key) { return party.address < key; });
    return at == parties.end() || at->address != address ? nullptr : &*at;
}

std::optional<Address> issuer(ChainId chain, const Asset& asset) {
    // Tron contracts are codes in address form; on EVM chains a free code names no contract.
    if (asset.is_native() || (chain.family == ChainFamily::kEvm && !asset.is_contract()))
        return std::nullopt;
    const auto address = chain::parse_address(chain, asset.text());
    if (!address) return std::nullopt;
    return *address;
}

std::vector<Asset> moved_assets(const AccountTxn& txn) {
    std::vector<const Asset*> seen;
    seen.reserve(txn.transfers.size());
    for (const Transfer& row : txn.transfers)
        // Rows of one asset often follow each other.
        if (!row.amount.is_zero() && (seen.empty() || *seen.back() != row.asset))
            seen.push_back(&row.asset);
    std::sort(seen.begin(), seen.end(), [](const Asset* a, const Asset* b) { return *a < *b; });
    std::vector<Asset> assets;
    for (const Asset* asset : seen)
        if (assets.empty() || assets.back() != *asset) assets.push_back(*asset);
    return assets;
}

NetChanges net_changes(ChainId chain, const AccountTxn& txn, std::vector<Asset> assets) {
    std::vector<std::optional<Address>> issuers;
    issuers.reserve(assets.size());
    for (const Asset& asset : assets) issuers.push_back(issuer(chain, asset));
    const std::vector<Move> all = moves_of(txn, assets, issuers);
    NetChanges found;
    found.assets = std::move(assets);
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        Amount in, out;
        while (end < all.size() && all[end].asset == all[begin].asset &&
               *all[end].party == *all[begin].party) {
            (all[end].gain ? in : out) += *all[end].amount;
            ++end;
        }
        if (in == out) continue;
        if (found.parties.empty() || found.parties.back().address != *all[begin].party) {
            const auto at = static_cast<uint32_t>(found.changes.size());
            found.parties.push_back({*all[begin].party, at, at, 0, 0});
        }
        found.changes.push_back({all[begin].asset, in > out, in > out ? in - out : out - in});
        ++found.parties.back().end;
    }
    // The native asset sorts first. One coin has one wrapper in a txn.
    if (!found.assets.empty() && found.assets.front().is_native())
        for (uint32_t token = 1; token < found.assets.size(); ++token)
            if (issuers[token] && complete_wrap(found, 0, token, *issuers[token])) break;
    count(found);
    return found;
}

}  // namespace cordon::patterns
