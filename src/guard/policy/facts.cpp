// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "facts.hpp"

#include <cordon/base/format.hpp>
#include <cordon/chain/look_alike.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::guard {

const Result<std::optional<LookAlike>>& Facts::look_alike() {
    return ask(look_alike_, [&]() -> Result<std::optional<LookAlike>> {
        if (auto found = books.like(request.chain, request.to)) return found;
        if (books.find(request.chain, request.to, kAnyBook)) return std::nullopt;
        const Result<Dealings>& before = dealings();
        if (!before) return fail(before.error());
        for (const Address& payee : before->payees)
            if (chain::looks_like(request.chain, request.to, payee)) return LookAlike{payee, {}};
        return std::nullopt;
    });
}

Result<std::string> Facts::key_of(const Limit& limit) {
    const std::string chain = to_string(request.chain);
    std::string key;
    switch (limit.scope) {
        case Scope::kAll: break;
        case Scope::kRequester: key = request.requester; break;
        case Scope::kDestination:
            key = format("{}:{}", chain, chain::format_address(request.chain, request.to));
            break;
        case Scope::kAsset: key = format("{}:{}", chain, request.asset.text()); break;
        case Scope::kWallet:
            if (request.from.empty())
                return fail(ErrorCode::kNotFound, "the request names no wallet");
            key = format("{}:{}", chain, chain::format_address(request.chain, request.from));
            break;
        case Scope::kTier:
        case Scope::kOrganisation: {
            const auto& wallet = from_wallet();
            if (!wallet) return fail(wallet.error());
            const bool is_tier = limit.scope == Scope::kTier;
            if (!*wallet || (is_tier ? (*wallet)->tier : (*wallet)->entity).empty())
                return fail(ErrorCode::kNotFound, format("the paying address has no {} of ours",
                                                         is_tier ? "tier" : "organisation"));
            key = is_tier ? (*wallet)->tier : (*wallet)->entity;
            break;
        }
    }
    // Units of different assets do not add up.
    if ((limit.amount || limit.share || limit.per_asset) && limit.scope != Scope::kAsset)
        key += format("{}{}:{}", key.empty() ? "" : " ", chain, request.asset.text());
    return key;
}

std::string Facts::amount_text(const Amount& amount) {
    if (request.asset.is_native())
        return format("{} {}", format_units(amount, native_decimals(request.chain)),
                      native_symbol(request.chain));
    const auto& info = asset();
    if (!info || !*info || (*info)->status == AssetStatus::kCounterfeit)
        return format("{} smallest units of {}", amount.to_string(), request.asset.text());
    return format("{} {}", format_units(amount, (*info)->decimals), (*info)->symbol);
}

}  // namespace cordon::guard
