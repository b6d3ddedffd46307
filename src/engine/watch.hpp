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

namespace cordon::engine {

struct WatchRequest {
    std::vector<std::string> sources;
    std::string ledger;            ///< Directory; empty: none.
    std::optional<ChainId> chain;  ///< For sources that do not say it themselves.
    double speed = 0;              ///< Event seconds in a second; 0: as fast as it goes.
    bool cost = false;             ///< Measure CPU time per detector.
};

struct WatchProgress {
    uint64_t bytes_read = 0, bytes_total = 0;  ///< 0 of 0: nobody knows (live).
    uint64_t events = 0, blocks = 0, txns = 0, transfers = 0;
    ChainId chain;  ///< Of the last block, with its height and time.
    BlockNum height = 0;
    UnixMillis time{};
    std::array<uint64_t, 5> alerts{};  ///< By severity.
};

struct WatchHooks {
    /// Every alert, in order. An Error ends the watch.
    std::function<Status(const records::StoredAlert&)> alert;
    std::function<void(const WatchProgress&)> progress;
    const std::atomic<bool>* cancel = nullptr;
};

struct WatchResult {
    WatchProgress done;
    uint64_t retracted = 0;
    std::vector<detect::DetectorMetrics> detectors;
    std::vector<std::string> warnings;
    bool incomplete = false;  ///< Cancelled.
};

/// Street 1 after the ledger: sources -> events -> detectors -> alerts. Deterministic: the same
/// sources, configuration and ledger give the same alerts in the same order.
Result<WatchResult> watch(const WatchRequest& request, const WatchHooks& hooks);

}  // namespace cordon::engine
