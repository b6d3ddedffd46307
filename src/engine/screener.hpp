// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <cordon/ledger/ledger.hpp>
#include <cordon/screen/exposure.hpp>

#include "screening.hpp"

namespace cordon::engine {

struct ScreenerOptions {
    std::string ledger;  ///< Empty: lists alone, no exposure.
    screen::Settings settings = {};
    /// Exposures kept, by address and height. One takes some kilobytes.
    std::size_t cache = 10'000;
    const std::atomic<bool>* cancel = nullptr;
};

/// Screens addresses against lists in memory and, through a cache, the money behind them.
///
/// Thread safety: all calls, from any number of threads. Matches are answered from an immutable
/// snapshot in a few microseconds; exposure that is not cached is one bounded trace, and such
/// traces run one after the other.
class Screener {
public:
    /// kNotFound without such a ledger; a ledger without records has no labels.
    static Result<std::unique_ptr<Screener>> open(ScreenerOptions options,
                                                  std::shared_ptr<const screen::Lists> lists);
    ~Screener();

    Result<screen::Screening> screen(ChainId chain, const Address& address, UnixMillis now);
    /// New lists, or a ledger that has grown (nullptr: as it was). What is in flight ends with the
    /// old ones.
    void swap(std::shared_ptr<const screen::Lists> lists,
              std::shared_ptr<const ledger::Reader> ledger = nullptr);
    std::shared_ptr<const screen::Lists> lists() const;
    std::shared_ptr<const ledger::Reader> ledger() const;

private:
    struct World;
    explicit Screener(ScreenerOptions options) : options_{std::move(options)} {}
    Result<screen::Exposures> exposures(const World& world, ChainId chain, const Address& address);

    const ScreenerOptions options_;
    mutable std::mutex mutex_;            // Of world_ and cache_.
    std::shared_ptr<const World> world_;  // Shared with calls in flight.
    std::map<std::pair<ChainId, Address>, screen::Exposures> cache_;  // Of world_.
    std::mutex trace_;  // One trace at a time: memory stays bounded.
};

}  // namespace cordon::engine
