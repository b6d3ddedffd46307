// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <cordon/feed/open.hpp>
#include <cordon/records/alert_store.hpp>

#include "watch_state.hpp"

namespace cordon::engine {

/// The live sources of a watch, and where it is in them. Confined to one thread.
class LiveStream {
public:
    /// `options.seen` and `options.tails` are set by open().
    LiveStream(std::vector<std::string> sources, feed::LiveOptions options)
        : sources_{std::move(sources)}, options_{std::move(options)} {}

    /// Opens the sources behind a place; where it has seen nothing of a chain, behind what is
    /// `stored` of it, else at the tip; once more: somewhere else. kConflict: the place is of a
    /// chain that is not watched.
    Status open(const CheckpointHead& place,
                std::map<ChainId, std::vector<feed::BlockRef>> stored = {});
    /// Asks the chain's node what these held at the end of block `at`. As feed::ask_balances.
    Result<std::vector<feed::Holding>> balances(ChainId chain, BlockNum at,
                                                std::span<const feed::Holding> holdings) const;
    feed::MergedFeed& feed() noexcept { return *feed_; }
    /// Writes an event that was read last into the place.
    void note(const FeedEvent& event, CheckpointHead& place) const;

private:
    std::vector<std::string> sources_;
    feed::LiveOptions options_;
    std::unique_ptr<feed::MergedFeed> feed_;
};

/// Whether what a checkpoint has seen is part of `now`, up to a block that is kept.
bool is_before(const CheckpointHead& checkpoint, const CheckpointHead& now, const Rewind& back);

/// Alerts that people were told and detection no longer knows, since it went back to a checkpoint
/// before them. Most are found again, with equal ids; those whose block is gone must be taken back.
class Unsettled {
public:
    /// Takes alerts of blocks that stand; others need no settling.
    void add(const std::vector<records::StoredAlert>& told);
    /// What an event and its alerts settle; gives the alerts to be retracted, by id.
    std::vector<Alert> settle(const FeedEvent& event, std::span<const Alert> raised);
    bool empty() const noexcept { return alerts_.empty(); }

private:
    std::map<std::string, Alert> alerts_;
};

}  // namespace cordon::engine
