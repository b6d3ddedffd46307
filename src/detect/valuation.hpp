// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "keys.hpp"
#include "world.hpp"

namespace cordon::detect {

/// What assets are and what they are worth: prices of the stream before those that were known. What
/// Knowledge said is kept, since it gives the same answer to the same question. Confined to one
/// thread.
class Valuation {
public:
    explicit Valuation(const Knowledge& knowledge) : knowledge_{knowledge} {}

    std::optional<Cents> usd(ChainId chain, const Asset& asset, const Amount& amount,
                             UnixMillis time);
    std::string text(ChainId chain, const Asset& asset, const Amount& amount);
    AssetKey key(ChainId chain, const Asset& asset) { return known(chain, asset).key; }
    void price(const Price& price);
    /// Another number after every price of the stream: usd() may answer otherwise from then on.
    uint64_t version() const noexcept { return version_; }
    Table* table() noexcept { return &prices_; }

private:
    struct ChainAsset {
        ChainId chain;
        Asset asset;
        friend bool operator==(const ChainAsset&, const ChainAsset&) = default;
    };
    struct Hash {
        std::size_t operator()(const ChainAsset& one) const noexcept {
            return std::hash<Asset>{}(one.asset) ^ std::hash<ChainId>{}(one.chain);
        }
    };
    struct Known {
        AssetKey key;
        std::optional<AssetInfo> info;
        std::optional<double> scale;  // 10^decimals; none: decimals are not known.
        std::optional<UnixMillis> asked;
        std::optional<double> price;  // At `asked`.
    };
    struct LastPrice {
        double usd = 0;
        UnixMillis time;
    };
    Known& known(ChainId chain, const Asset& asset);

    uint64_t version_ = 0;
    static constexpr uint64_t kPrices = 1U << 16;
    const Knowledge& knowledge_;
    std::unordered_map<ChainAsset, Known, Hash> known_;  // A cache: never iterated, no state.
    Keyed<AssetKey, LastPrice> prices_{kPrices};         // The key has the chain in it.
};

}  // namespace cordon::detect
