// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <memory>

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
        /// The end of a contract's address is as good as all of it, and two words.
        std::size_t operator()(const ChainAsset& one) const noexcept {
            const std::string_view text = one.asset.text();
            uint64_t a = 0;
            uint64_t b = 0;
            if (text.size() < sizeof a + sizeof b)
                return std::hash<Asset>{}(one.asset) ^ std::hash<ChainId>{}(one.chain);
            std::memcpy(&a, text.data() + text.size() - 16, sizeof a);
            std::memcpy(&b, text.data() + text.size() - 8, sizeof b);
            return (a * 0x9E3779B97F4A7C15ULL) ^ b ^ std::hash<ChainId>{}(one.chain);
        }
    };
    /// What a transfer asks for is one cache line.
    struct alignas(64) Known {
        AssetKey key;
        std::optional<double> scale;  // 10^decimals; none: decimals are not known.
        std::optional<UnixMillis> asked;
        std::optional<double> price;  // At `asked`.
        std::optional<AssetInfo> info;
    };
    struct LastPrice {
        double usd = 0;
        UnixMillis time;
    };
    Known& known(ChainId chain, const Asset& asset);

    uint64_t version_ = 0;
    static constexpr uint64_t kPrices = 1U << 16;
    const Knowledge& knowledge_;
    // A cache: never iterated, no state.
    boost::unordered_flat_map<ChainAsset, std::unique_ptr<Known>, Hash> known_;
    Keyed<AssetKey, LastPrice> prices_{kPrices};  // The key has the chain in it.
};

}  // namespace cordon::detect
