// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <cordon/detect/watch.hpp>
#include <cordon/records/alert_store.hpp>

#include "alert_desk.hpp"
#include "rule_files.hpp"
#include "sink_config.hpp"

namespace cordon::engine {

struct WatchRequest {
    std::vector<std::string> sources;
    std::string ledger = {};  ///< Directory; empty: none.
    /// Blocks of live sources go into the ledger, too (LiveLedger), which is made when missing.
    bool append = false;
    std::string config = {};  ///< File of what is ours; empty: wallets: files and ledger alone.
    std::vector<std::string> rules = {};  ///< Files and directories, beside the shipped ones.
    std::string state = {};               ///< Directory; empty: nothing is kept.
    std::string metrics = {};             ///< File for Prometheus; empty: none.
    std::optional<ChainId> chain = {};    ///< For sources that do not say it themselves.
    double speed = 0;                     ///< Event seconds in a second; 0: as fast as it goes.
    bool cost = false;                    ///< Measure CPU time per detector.
    /// Blocks between checkpoints, at least: one also waits until twenty times the processor time
    /// has passed that the last one took, so that they cost 5 %.
    uint64_t checkpoint_blocks = 256;
    detect::WatchOptions options = {};
    DeskSettings desk = {};  ///< Its sinks are made of `sinks`.
    /// Where alerts go besides the hook. They need a state: what is not delivered must survive.
    std::vector<SinkSettings> sinks = {};
    std::function<UnixMillis()> now = {};  ///< The machine's clock, for sinks alone.
};

struct WatchProgress {
    uint64_t bytes_read = 0, bytes_total = 0;  ///< 0 of 0: nobody knows (live).
    uint64_t events = 0, blocks = 0, txns = 0, transfers = 0;
    ChainId chain;  ///< Of the last block, with its height and time.
    BlockNum height = 0;
    UnixMillis time{};
    std::array<uint64_t, 5> alerts{};  ///< Told, by severity; repeats too.
    uint64_t retracted = 0, suppressed = 0;
};

/// Where a watch goes on that was ended or killed.
struct WatchResumed {
    uint64_t events = 0;          ///< Taken before the checkpoint, read over now.
    uint64_t alerts_through = 0;  ///< Up to this event alerts are known.
};

struct WatchHooks {
    /// Every alert that is new or has changed, in order. An Error ends the watch.
    std::function<Status(const records::StoredAlert&)> alert;
    std::function<void(const WatchProgress&)> progress;
    std::function<void(const WatchResumed&)> resumed;
    /// What is ours, by the configuration, the sources and the ledger: once, before any event.
    std::function<void(const std::vector<WalletAddress>&)> wallets;
    /// Every event that detection has taken, in order; those behind a checkpoint come again. An
    /// Error ends the watch.
    std::function<Status(const FeedEvent&)> event;
    /// The rule files that run, at the beginning and whenever others took their place.
    std::function<Status(const std::vector<detect::RuleText>&)> rules;
    std::function<void(const std::string&)> warning;  ///< Told at once, not at the end.
    const std::atomic<bool>* cancel = nullptr;
};

struct WatchResult {
    WatchProgress done;
    std::vector<detect::DetectorMetrics> detectors;
    std::vector<detect::RuleMetrics> rules;
    std::vector<detect::BacktestRow> backtest;  ///< Of the rules, in the same order.
    std::vector<std::string> warnings;
    bool incomplete = false;  ///< Cancelled.
};

/// Street 1 after the ledger: sources -> events -> detectors -> desk -> people. Deterministic: the
/// same sources, configuration and ledger give the same alerts in the same order.
///
/// With a state it goes on where it was, after an end or a kill -9 at any moment: no alert is lost
/// and none is told twice (standard output alone may get the last one again).
Result<WatchResult> watch(const WatchRequest& request, const WatchHooks& hooks);

}  // namespace cordon::engine
