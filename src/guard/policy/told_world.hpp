// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../policy.hpp"

/// A world that somebody tells: for trying policies out, before they guard anything.
namespace cordon::guard {

/// What withdrawals are judged by in a file of cases (docs/formats/policy-cases.md). Answers what
/// it was told; what it was not told is: not ours, no label, unpriced, no balance, never paid,
/// clear by today's lists, no alert, a feed without lag.
class ToldWorld final : public RiskSource {
public:
    struct Payment {
        ChainId chain;
        Address from, to;
        Asset asset;
        Amount amount;
        uint64_t count = 1;  ///< So many of them.
        std::optional<UnixMillis> time;
    };
    struct Held {
        ChainId chain;
        Address of;
        Asset asset;
        Amount amount;
    };
    struct Seen {
        ChainId chain;
        Address address;
        UnixMillis time;
    };
    /// The words of `unknown`: questions that are answered with an Error.
    static std::span<const std::string_view> questions() noexcept;

    std::vector<WalletAddress> wallets;
    std::vector<Label> all_labels;
    std::vector<AssetInfo> assets;
    std::vector<Price> prices;
    std::vector<Held> balances;
    std::vector<Payment> payments;
    std::vector<Seen> seen;
    std::map<std::pair<ChainId, Address>, screen::Screening> screenings;
    std::vector<Alert> all_alerts;
    std::optional<std::chrono::milliseconds> feed_lag = std::chrono::milliseconds{0};
    std::optional<explain::Explanation> explanation;  ///< Instead of explaining the payload.
    std::set<std::string, std::less<>> unknown;

    Result<std::optional<WalletAddress>> wallet(ChainId chain, const Address& address) override;
    Result<std::vector<Label>> labels(ChainId chain, const Address& address) override;
    Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) override;
    Result<std::optional<Cents>> usd(ChainId chain, const Asset& asset, const Amount& amount,
                                     UnixMillis time) override;
    Result<std::optional<Amount>> balance(ChainId chain, const Address& address,
                                          const Asset& asset) override;
    Result<Dealings> dealings(ChainId chain, const Address& from, const Address& to,
                              const Asset& asset) override;
    Result<screen::Screening> screen(ChainId chain, const Address& address,
                                     UnixMillis now) override;
    Result<std::vector<Alert>> alerts(const WithdrawalRequest& request, UnixMillis now) override;
    Result<explain::Explanation> explain(const WithdrawalRequest& request) override;
    Result<std::optional<std::chrono::milliseconds>> lag(ChainId chain, UnixMillis now) override;

private:
    Status ask(std::string_view question) const;
};

/// What was let through before, as told.
class ToldSpending final : public Spending {
public:
    std::map<std::string, Spent, std::less<>> by_limit;  ///< For whichever key.
    bool unknown = false;
    Result<Spent> spent(const Limit& limit, std::string_view key, UnixMillis now) const override;
};

}  // namespace cordon::guard
