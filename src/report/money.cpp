// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "money.hpp"

#include <cordon/base/format.hpp>

#include "text.hpp"

namespace cordon::report {

const Money::Unit& Money::unit(ChainId chain, const Asset& asset) {
    const auto [it, fresh] = units_.try_emplace({chain, asset});
    if (!fresh) return it->second;
    Unit& unit = it->second;
    if (const auto info = context_.asset(chain, asset)) {
        unit.symbol = clean_text(info->symbol, 24);
        unit.decimals = info->decimals;
        unit.known = true;
        if (info->status == AssetStatus::kCounterfeit) unit.symbol += " (counterfeit)";
        if (info->status == AssetStatus::kUnknown && !asset.is_native())
            unit.symbol += " (unverified)";
    } else if (asset.is_native()) {
        unit.symbol = native_symbol(chain);
        unit.decimals = native_decimals(chain);
        unit.known = true;
    }
    if (unit.symbol.empty()) unit.symbol = "smallest units of " + std::string{asset.text()};
    return unit;
}

std::string Money::text(ChainId chain, const Asset& asset, const Amount& amount) {
    const Unit& u = unit(chain, asset);
    return grouped_units(amount, u.decimals) + " " + u.symbol;
}

std::string Money::html(ChainId chain, const Asset& asset, const Amount& amount) {
    return format("<span title=\"{} smallest units\">{}</span>", amount.to_string(),
                  escape(text(chain, asset, amount)));
}

std::string Money::usd(ChainId chain, const Asset& asset, const Amount& amount,
                       std::optional<UnixMillis> time) const {
    const auto value = context_.usd(chain, asset, amount, time);
    return value ? usd_text(*value) : "unpriced";
}

std::string Money::symbol(ChainId chain, const Asset& asset) { return unit(chain, asset).symbol; }

}  // namespace cordon::report
