// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

#include "../test_state.hpp"
#include "../test_stream.hpp"

namespace cordon::detect {

/// An exchange with a cold and two hot wallets on Ethereum, a hot one on BSC; ETH at $2,000.
class ExchangeTest : public ::testing::Test {
protected:
    static constexpr ChainId kBsc{ChainFamily::kEvm, 56};
    WatchConfig config;
    TestKnowledge knowledge;
    CollectedAlerts alerts;
    TestStream stream, bsc{kBsc};
    const Address cold = named("cold"), hot = named("hot"), hot2 = named("hot2"),
                  far = named("far"), thief = named("thief"), customer = named("customer");

    void SetUp() override {
        config.wallets = {{kEthereum, cold, "cold", "acme", "cold"},
                          {kEthereum, hot, "hot", "acme", "hot"},
                          {kEthereum, hot2, "hot", "acme", "hot"},
                          {kBsc, far, "far", "acme", "hot"}};
        knowledge.prices[Asset{}] = 2000;
        for (const Address& wallet : {cold, hot, far})
            knowledge.balances[{wallet, Asset{}}] = eth(10'000);
        knowledge.seen[customer] = from_unix_seconds(1'600'000'000);
        knowledge.seen[thief] = from_unix_seconds(1'600'000'000);
    }
    static Amount eth(uint64_t whole) { return parse_units(std::to_string(whole), 18).value(); }
    static Amount milli(uint64_t thousandths) {
        return parse_units(std::to_string(thousandths), 15).value();
    }
    /// A token of six decimals at a dollar, or without a price.
    Asset token(std::string_view name, bool priced = true) {
        const Asset asset = Asset::contract(named(name));
        knowledge.assets[asset] = {kEthereum, asset, std::string{name}, 6, AssetStatus::kVerified};
        if (priced) knowledge.prices[asset] = 1;
        return asset;
    }
    static Amount usd(uint64_t whole) { return parse_units(std::to_string(whole), 6).value(); }

    Watch& watch() {
        if (!watch_) watch_ = std::make_unique<Watch>(config, knowledge);
        return *watch_;
    }
    void give(std::shared_ptr<const FeedEvent> event) {
        const Status status = watch().on(std::move(event), alerts);
        ASSERT_TRUE(status.has_value()) << status.error().message;
    }
    template <typename Event>
    void tell(Event event) {
        give(std::make_shared<const FeedEvent>(std::move(event)));
    }
    void pay(const Address& from, const Address& to, const Amount& amount,
             const Asset& asset = {}) {
        give(stream.transfer(from, to, amount, asset).block());
    }
    /// The worst severity that a detector raised; none: nothing.
    std::optional<Severity> worst(std::string_view detector) const {
        std::optional<Severity> severity;
        for (const Alert& alert : alerts.of(detector))
            severity = std::max(severity.value_or(Severity::kInfo), alert.severity);
        return severity;
    }
    std::size_t count(std::string_view detector) const { return alerts.of(detector).size(); }

private:
    std::unique_ptr<Watch> watch_;
};

}  // namespace cordon::detect
