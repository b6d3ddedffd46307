// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "holdings.hpp"

#include <algorithm>

namespace cordon::detect {
namespace {

constexpr std::size_t kMostMoved = 1024;

Amount plus(const Amount& a, const Amount& b) noexcept {
    return checked_add(a, b).value_or(Amount::max());
}

}  // namespace

std::optional<Amount> Holdings::balance(ChainId chain, const Address& address, const Asset& asset,
                                        const AssetKey& key) {
    const Amount* known = balances_.find({key_of(chain, address), key});
    if (!known) return knowledge_.balance(chain, address, asset);
    return *known == kOverspent ? std::nullopt : std::optional{*known};
}

std::optional<Amount> Holdings::balance(ChainId chain, const Address& address, const Asset& asset) {
    return balance(chain, address, asset, valuation_.key(chain, asset));
}

std::optional<Amount> Holdings::set_balance(SetId set, ChainId chain, const Asset& asset) {
    const AssetKey key = valuation_.key(chain, asset);
    const Sum* sum = sums_.find({set, key});
    if (!sum) {
        Sum made;
        for (const Place& place : sets_[set - 1].addresses) {
            if (place.chain != chain) continue;
            const std::optional<Amount> one = balance(chain, place.address, asset, key);
            if (!one) continue;
            made.amount = plus(made.amount, *one);
            ++made.known;
        }
        Sum& kept = sums_.at({set, key}, UnixMillis{});
        kept = made;
        sum = &kept;
    }
    return sum->known == 0 ? std::nullopt : std::optional{sum->amount};
}

std::vector<Asset> Holdings::named(const std::vector<AssetKey>& keys, std::vector<Asset> more) {
    for (const AssetKey& key : keys)
        if (const Asset* asset = assets_.find(key)) more.push_back(*asset);
    std::sort(more.begin(), more.end());
    more.erase(std::unique(more.begin(), more.end()), more.end());
    return more;
}

std::vector<Asset> Holdings::assets_of(ChainId chain, const Address& address) {
    const std::vector<AssetKey>* held = held_.find(key_of(chain, address));
    return named(held ? *held : std::vector<AssetKey>{}, knowledge_.assets_of(chain, address));
}

std::vector<Asset> Holdings::assets_of(SetId set, ChainId chain) {
    const SetKey key{set, valuation_.key(chain, Asset{})};
    const std::vector<AssetKey>* list = set_assets_.find(key);
    if (!list) {
        std::vector<AssetKey> made;
        for (const Place& place : sets_[set - 1].addresses) {
            if (place.chain != chain) continue;
            for (const Asset& asset : assets_of(chain, place.address)) {
                const AssetKey one = valuation_.key(chain, asset);
                assets_.at(one, UnixMillis{}) = asset;
                hold(made, one);
            }
        }
        std::vector<AssetKey>& kept = set_assets_.at(key, UnixMillis{});
        kept = std::move(made);
        list = &kept;
    }
    return named(*list, {});
}

Cents Holdings::value(SetId set, ChainId chain, UnixMillis time) {
    Worths::Worth& worth = worths_.all[{set, valuation_.key(chain, Asset{})}];
    const auto count = [&](const Asset& asset, const AssetKey& key) {
        const std::optional<Amount> amount = set_balance(set, chain, asset);
        Cents& part = worth.parts[key];
        worth.sum -= part;
        part = amount ? valuation_.usd(chain, asset, *amount, time).value_or(0) : 0;
        worth.sum += part;
    };
    const uint64_t evictions = assets_.evictions() + set_assets_.evictions();
    if (worth.parts.empty() || worth.time != time || worth.prices != valuation_.version() ||
        worth.evictions != evictions) {
        worth = {time, valuation_.version(), evictions, 0, {}, {}};
        for (const Asset& asset : assets_of(set, chain)) count(asset, valuation_.key(chain, asset));
    }
    for (const AssetKey& key : std::exchange(worth.moved, {}))
        if (const Asset* asset = assets_.find(key)) count(Asset{*asset}, key);
    return static_cast<Cents>(std::min<WideCents>(worth.sum, std::numeric_limits<Cents>::max()));
}

void Holdings::hold(std::vector<AssetKey>& list, const AssetKey& key) {
    const auto at = std::lower_bound(list.begin(), list.end(), key);
    if (at != list.end() && *at == key) return;
    const auto place = at - list.begin();
    // By a quarter, not by doubling: every wallet has such a list.
    if (list.size() == list.capacity()) list.reserve(list.size() + list.size() / 4 + 2);
    list.insert(list.begin() + place, key);
}

void Holdings::move(ChainId chain, const Address& address, SetId set, const Asset& asset,
                    const Amount& amount, bool in, UnixMillis time) {
    const AssetKey key = valuation_.key(chain, asset);
    const PlaceKey place = key_of(chain, address);
    const std::optional<Amount> before = balance(chain, address, asset, key);
    const bool is_new = balances_.find({place, key}) == nullptr;
    Amount& balance = balances_.at({place, key}, time);
    if (is_new) balance = before.value_or(Amount{});
    if (balance == kOverspent) {
        // What was there is not known, and stays so: a share of too little would be a false alarm.
    } else if (in) {
        balance = plus(balance, amount);
    } else if (balance < amount) {
        balance = kOverspent;
    } else {
        balance -= amount;
    }
    const Amount after = balance;
    if (is_new) {
        if (!assets_.find(key)) assets_.at(key, time) = asset;
        hold(held_.at(place, time), key);
    }
    if (set == 0) return;
    const SetKey all{set, valuation_.key(chain, Asset{})};
    if (is_new && set_assets_.find(all)) hold(set_assets_.at(all, time), key);
    if (const auto worth = worths_.all.find(all); worth != worths_.all.end()) {
        std::vector<AssetKey>& moved = worth->second.moved;
        // Nobody asks any more: it is added up anew when somebody does.
        if (moved.size() > worth->second.parts.size() + kMostMoved)
            worths_.all.erase(worth);
        else
            moved.push_back(key);
    }
    if (!sums_.find({set, key})) return;
    Sum& sum = sums_.at({set, key}, time);
    if (before) {
        sum.amount -= std::min(sum.amount, *before);
        --sum.known;
    }
    if (after == kOverspent) return;
    const std::optional<Amount> added = checked_add(sum.amount, after);
    if (!added) return sums_.erase({set, key});  // Beyond all amounts: added up anew when asked.
    sum.amount = *added;
    ++sum.known;
}

}  // namespace cordon::detect
