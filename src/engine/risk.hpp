// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <cordon/guard/risk.hpp>

#include "open.hpp"
#include "screener.hpp"

namespace cordon::engine {

/// Where the gate's knowledge comes from. What is not given is answered with an Error that says so:
/// what depends on it is held.
struct RiskFiles {
    std::string ledger;   ///< History, labels, assets, prices, wallets.
    SideRows rows = {};   ///< Labels, assets, prices, wallets beside it.
    std::string state;    ///< The state of a watch: its alerts.
    std::string context;  ///< docs/formats/explain-context.md, for payloads.
    std::shared_ptr<Screener> screener = nullptr;
    /// How often it is looked whether somebody has added blocks to the ledger.
    std::chrono::milliseconds look_every{1'000};
};

/// The world as ledger, records, watch and lists know it. Blocks that are added or rewound while it
/// is open are seen within look_every; wallets, side files and lists are those of open().
///
/// Thread safety: all calls, from any number of threads. Questions about wallets, alerts and
/// screening do not wait for others. The history of a wallet is read once, at the first question
/// about it, and then what is new; only those who ask about the same wallet wait for that. Records
/// are asked one after the other, payloads explained one after the other.
class LiveRisk final : public guard::RiskSource {
public:
    /// Errors of the files that are given.
    static Result<std::unique_ptr<LiveRisk>> open(RiskFiles files);
    ~LiveRisk() override;

    /// Answers about history are of what happened before this moment, feeds have no lag, and there
    /// were no alerts: for replays. REQUIRES: before any question.
    void replay_from(UnixMillis moment);
    /// Every open alert of the watch, for breakers, repeats too: a theft that goes on after a
    /// breaker was reset trips it again. None without a watch. The same object as long as nothing
    /// changes; shared with those who ask while newer ones are read.
    Result<std::shared_ptr<const std::vector<Alert>>> open_alerts();
    /// All wallets of ours, by chain and address.
    std::vector<WalletAddress> wallets() const;

    Result<std::optional<WalletAddress>> wallet(ChainId chain, const Address& address) override;
    Result<std::vector<Label>> labels(ChainId chain, const Address& address) override;
    Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) override;
    Result<std::optional<Cents>> usd(ChainId chain, const Asset& asset, const Amount& amount,
                                     UnixMillis time) override;
    Result<std::optional<Amount>> balance(ChainId chain, const Address& address,
                                          const Asset& asset) override;
    Result<guard::Dealings> dealings(ChainId chain, const Address& from, const Address& to,
                                     const Asset& asset) override;
    Result<screen::Screening> screen(ChainId chain, const Address& address,
                                     UnixMillis now) override;
    Result<std::vector<Alert>> alerts(const WithdrawalRequest& request, UnixMillis now) override;
    Result<explain::Explanation> explain(const WithdrawalRequest& request) override;
    Result<std::optional<std::chrono::milliseconds>> lag(ChainId chain, UnixMillis now) override;

private:
    struct World;
    class OpenAlerts;
    class Histories;
    explicit LiveRisk(std::unique_ptr<World> world);
    std::unique_ptr<World> world_;
};

}  // namespace cordon::engine
