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
    /// As a key it owns the asset, as a question it does not: an asset is 65 bytes.
    template <typename Held>
    struct OfChain {
        ChainId chain;
        Held asset;
    };
    using ChainAsset = OfChain<Asset>;
    using Question = OfChain<const Asset&>;
    struct Hash {
        using is_transparent = void;
        template <typename Held>
        std::size_t operator()(const OfChain<Held>& one) const noexcept {
            return digest_of(one.asset) ^ std::hash<ChainId>{}(one.chain);
        }
    };
    struct Equal {
        using is_transparent = void;
        template <typename A, typename B>
        bool operator()(const OfChain<A>& a, const OfChain<B>& b) const noexcept {
            return a.chain == b.chain && a.asset.text() == b.asset.text();
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
    boost::unordered_flat_map<ChainAsset, std::unique_ptr<Known>, Hash, Equal> known_;
    Keyed<AssetKey, LastPrice> prices_{kPrices};  // The key has the chain in it.
};

}  // namespace cordon::detect
