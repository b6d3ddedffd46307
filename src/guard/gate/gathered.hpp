// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include <cordon/base/format.hpp>

#include "../risk.hpp"

namespace cordon::guard {

/// What the world answered about one request, so that it can be judged under a lock where nobody
/// may be asked. Before freeze() questions are passed on and the answers kept; after it, one that
/// was not asked before is answered with kUnavailable and noted: missed() tells, and ask_missed()
/// asks it outside of the lock. Questions about a moment are about the one of the first answer.
/// Confined to one thread at a time.
class GatheredRisk final : public RiskSource {
public:
    explicit GatheredRisk(RiskSource& world) noexcept : world_{world} {}

    /// Kinds of questions. A policy asks nearly the same ones of every request: whoever asks those
    /// first need not judge twice.
    enum Kind : uint32_t {
        kWallet = 1,
        kLabels = 2,
        kAsset = 4,
        kUsd = 8,
        kBalance = 16,
        kDealings = 32,
        kScreen = 64,
        kAlerts = 128,
        kExplain = 256,
        kLag = 512,
    };
    /// Asks these kinds of questions about a request.
    void ask_usual(uint32_t kinds, const WithdrawalRequest& request, UnixMillis now) {
        const ChainId chain = request.chain;
        if (kinds & kWallet) static_cast<void>(wallet(chain, request.from));
        if (kinds & kWallet) static_cast<void>(wallet(chain, request.to));
        if (kinds & kLabels) static_cast<void>(labels(chain, request.to));
        if (kinds & kAsset) static_cast<void>(asset(chain, request.asset));
        if (kinds & kUsd) static_cast<void>(usd(chain, request.asset, request.amount, now));
        if (kinds & kBalance) static_cast<void>(balance(chain, request.from, request.asset));
        if (kinds & kDealings)
            static_cast<void>(dealings(chain, request.from, request.to, request.asset));
        if (kinds & kScreen) static_cast<void>(screen(chain, request.to, now));
        if (kinds & kAlerts) static_cast<void>(alerts(request, now));
        if (kinds & kExplain) static_cast<void>(this->explain(request));
        if (kinds & kLag) static_cast<void>(lag(chain, now));
    }
    /// What was asked.
    uint32_t kinds() const noexcept { return kinds_; }

    void freeze() noexcept { frozen_ = true; }
    bool missed() const noexcept { return !missed_.empty(); }
    void ask_missed() {
        for (const auto& ask : std::exchange(missed_, {})) ask();
    }

    Result<std::optional<WalletAddress>> wallet(ChainId chain, const Address& address) override {
        return ask(
            kWallet, wallets_, [=](RiskSource& world) { return world.wallet(chain, address); },
            chain, address);
    }
    Result<std::vector<Label>> labels(ChainId chain, const Address& address) override {
        return ask(
            kLabels, labels_, [=](RiskSource& world) { return world.labels(chain, address); },
            chain, address);
    }
    Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) override {
        return ask(
            kAsset, assets_, [=](RiskSource& world) { return world.asset(chain, asset); }, chain,
            asset);
    }
    Result<std::optional<Cents>> usd(ChainId chain, const Asset& asset, const Amount& amount,
                                     UnixMillis time) override {
        return ask(
            kUsd, usd_, [=](RiskSource& world) { return world.usd(chain, asset, amount, time); },
            chain, asset, amount);
    }
    Result<std::optional<Amount>> balance(ChainId chain, const Address& address,
                                          const Asset& asset) override {
        return ask(
            kBalance, balances_,
            [=](RiskSource& world) { return world.balance(chain, address, asset); }, chain, address,
            asset);
    }
    Result<Dealings> dealings(ChainId chain, const Address& from, const Address& to,
                              const Asset& asset) override {
        return ask(
            kDealings, dealings_,
            [=](RiskSource& world) { return world.dealings(chain, from, to, asset); }, chain, from,
            to, asset);
    }
    Result<screen::Screening> screen(ChainId chain, const Address& address,
                                     UnixMillis now) override {
        return ask(
            kScreen, screenings_,
            [=](RiskSource& world) { return world.screen(chain, address, now); }, chain, address);
    }
    Result<std::vector<Alert>> alerts(const WithdrawalRequest& request, UnixMillis now) override {
        return ask(kAlerts, alerts_,
                   [&request, now](RiskSource& world) { return world.alerts(request, now); });
    }
    Result<explain::Explanation> explain(const WithdrawalRequest& request) override {
        return ask(kExplain, explanations_,
                   [&request](RiskSource& world) { return world.explain(request); });
    }
    Result<std::optional<std::chrono::milliseconds>> lag(ChainId chain, UnixMillis now) override {
        return ask(kLag, lags_, [=](RiskSource& world) { return world.lag(chain, now); }, chain);
    }

private:
    template <typename T, typename... Keys>
    using Answers = std::vector<std::pair<std::tuple<Keys...>, Result<T>>>;

    template <typename T, typename... Keys, typename Question>
    Result<T> ask(Kind kind, Answers<T, Keys...>& answers, Question question, const Keys&... keys) {
        kinds_ |= kind;
        // A request asks for a handful of things: looking through them is the fastest way.
        for (const auto& [known, answer] : answers)
            if (known == std::tie(keys...)) return answer;
        if (!frozen_) return answers.emplace_back(std::tuple{keys...}, question(world_)).second;
        missed_.push_back([this, &answers, question, key = std::tuple{keys...}] {
            answers.emplace_back(key, question(world_));
        });
        return fail(ErrorCode::kUnavailable, "was not asked yet");
    }

    RiskSource& world_;
    bool frozen_ = false;
    uint32_t kinds_ = 0;
    std::vector<std::function<void()>> missed_;
    Answers<std::optional<WalletAddress>, ChainId, Address> wallets_;
    Answers<std::vector<Label>, ChainId, Address> labels_;
    Answers<std::optional<AssetInfo>, ChainId, Asset> assets_;
    Answers<std::optional<Cents>, ChainId, Asset, Amount> usd_;
    Answers<std::optional<Amount>, ChainId, Address, Asset> balances_;
    Answers<Dealings, ChainId, Address, Address, Asset> dealings_;
    Answers<screen::Screening, ChainId, Address> screenings_;
    Answers<std::vector<Alert>> alerts_;
    Answers<explain::Explanation> explanations_;
    Answers<std::optional<std::chrono::milliseconds>, ChainId> lags_;
};

}  // namespace cordon::guard
