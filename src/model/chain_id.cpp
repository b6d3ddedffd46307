// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_id.hpp"

#include <array>
#include <charconv>

#include <cordon/base/format.hpp>

namespace cordon {
namespace {

struct Known {
    std::string_view name;
    ChainId id;
    std::string_view symbol;
    unsigned decimals;
};

// EIP-155 numbers as registered; the symbol is that of the native asset.
constexpr std::array kKnown{
    Known{"btc", kBitcoin, "BTC", 8},
    Known{"btc-testnet", kBitcoinTestnet, "tBTC", 8},
    Known{"btc-regtest", kBitcoinRegtest, "rBTC", 8},
    Known{"eth", kEthereum, "ETH", 18},
    Known{"optimism", {ChainFamily::kEvm, 10}, "ETH", 18},
    Known{"bsc", {ChainFamily::kEvm, 56}, "BNB", 18},
    Known{"gnosis", {ChainFamily::kEvm, 100}, "xDAI", 18},
    Known{"polygon", {ChainFamily::kEvm, 137}, "POL", 18},
    Known{"fantom", {ChainFamily::kEvm, 250}, "FTM", 18},
    Known{"zksync", {ChainFamily::kEvm, 324}, "ETH", 18},
    Known{"base", {ChainFamily::kEvm, 8453}, "ETH", 18},
    Known{"arbitrum", {ChainFamily::kEvm, 42161}, "ETH", 18},
    Known{"avalanche", {ChainFamily::kEvm, 43114}, "AVAX", 18},
    Known{"linea", {ChainFamily::kEvm, 59144}, "ETH", 18},
    Known{"blast", {ChainFamily::kEvm, 81457}, "ETH", 18},
    Known{"tron", kTronMainnet, "TRX", 6},
};

const Known* find(ChainId chain) noexcept {
    for (const Known& known : kKnown)
        if (known.id == chain) return &known;
    return nullptr;
}

}  // namespace

std::string to_string(ChainId chain) {
    if (const Known* known = find(chain)) return std::string{known->name};
    return format("eip155:{}", chain.reference);
}

Result<ChainId> parse_chain(std::string_view text) {
    for (const Known& known : kKnown)
        if (known.name == text) return known.id;
    constexpr std::string_view kPrefix = "eip155:";
    if (text.starts_with(kPrefix)) {
        const std::string_view number = text.substr(kPrefix.size());
        uint64_t value = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), value);
        if (error == std::errc{} && end == number.data() + number.size() && number.front() != '0')
            return ChainId{ChainFamily::kEvm, value};
    }
    std::string names;
    for (const Known& known : kKnown) names += format("{} ", known.name);
    return fail(ErrorCode::kMalformed,
                format("unknown chain \"{}\": expected one of {}or eip155:N for any EVM chain",
                       text.substr(0, 90), names));
}

unsigned native_decimals(ChainId chain) noexcept {
    const Known* known = find(chain);
    return known != nullptr ? known->decimals : 18;
}

std::string_view native_symbol(ChainId chain) noexcept {
    const Known* known = find(chain);
    return known != nullptr ? known->symbol : "native";
}

}  // namespace cordon
