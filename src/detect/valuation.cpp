// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "valuation.hpp"

#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::detect {
namespace {

// Assets whose answers are kept; spam makes new ones without end.
constexpr std::size_t kKept = std::size_t{1} << 16;

AssetKey key_of(ChainId chain, const Asset& asset) {
    const std::string text = format("{}\n{}", to_string(chain), asset.text());
    const Hash256 hash =
        crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    AssetKey key;
    std::copy_n(hash.bytes.begin(), key.bytes.size(), key.bytes.begin());
    return key;
}

}  // namespace

Valuation::Known& Valuation::known(ChainId chain, const Asset& asset) {
    const auto found = known_.find(Question{chain, asset});
    if (found != known_.end()) return *found->second;
    if (known_.size() >= kKept) known_.clear();
    std::unique_ptr<Known>& made = known_[{chain, asset}];
    made = std::make_unique<Known>();
    Known& known = *made;
    known.key = key_of(chain, asset);
    known.info = knowledge_.asset(chain, asset);
    if (known.info || asset.is_native())
        known.scale = std::pow(10.0, known.info ? known.info->decimals : native_decimals(chain));
    return known;
}

std::optional<Cents> Valuation::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                    UnixMillis time) {
    Known& known = this->known(chain, asset);
    if (!known.scale) return std::nullopt;
    std::optional<double> price;
    if (prices_.size() > 0)
        if (const LastPrice* last = prices_.find(known.key); last && last->time <= time)
            price = last->usd;
    if (!price) {
        if (known.asked != time) {
            known.asked = time;
            known.price = knowledge_.price(chain, asset, time);
        }
        price = known.price;
    }
    if (!price) return std::nullopt;
    // One rounding each way at most: the same amount and price always give the same cents.
    const double cents = std::floor(amount.to_double() / *known.scale * *price * 100);
    constexpr double kLargest = 9.2e18;  // Below the end of int64.
    return static_cast<Cents>(std::min(cents, kLargest));
}

std::string Valuation::text(ChainId chain, const Asset& asset, const Amount& amount) {
    const Known& known = this->known(chain, asset);
    if (known.info)
        return format("{} {}", format_units(amount, known.info->decimals), known.info->symbol);
    if (asset.is_native())
        return format("{} {}", format_units(amount, native_decimals(chain)), native_symbol(chain));
    return format("{} smallest units of {}", amount.to_string(), asset.text());
}

void Valuation::price(const Price& price) {
    ++version_;
    LastPrice& last = prices_.at(known(price.chain, price.asset).key, price.time);
    if (last.time <= price.time) last = {price.usd, price.time};
}

}  // namespace cordon::detect
