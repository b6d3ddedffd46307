// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include <cordon/trace/trace.hpp>

namespace cordon::report {

/// Writes amounts for people: exact, in whole units with symbol, as HTML. Asks the context once for
/// each asset. Confined to one thread; must not outlive the context.
class Money {
public:
    explicit Money(const trace::Context& context) : context_{context} {}

    /// "4,502.9 BTC", every digit; the amount in smallest units in its tooltip. An asset nobody
    /// describes is given in smallest units.
    std::string html(ChainId chain, const Asset& asset, const Amount& amount);
    /// The same as plain text.
    std::string text(ChainId chain, const Asset& asset, const Amount& amount);
    /// "$1,234", "unpriced"; the price at `time`.
    std::string usd(ChainId chain, const Asset& asset, const Amount& amount,
                    std::optional<UnixMillis> time) const;
    /// "USDT", with the contract and a warning where it is not verified; clean text.
    std::string symbol(ChainId chain, const Asset& asset);

private:
    struct Unit {
        std::string symbol;
        unsigned decimals = 0;
        bool known = false;
    };
    const Unit& unit(ChainId chain, const Asset& asset);

    const trace::Context& context_;
    std::map<std::pair<ChainId, Asset>, Unit> units_;
};

}  // namespace cordon::report
