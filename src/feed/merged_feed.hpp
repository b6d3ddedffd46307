// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/chain/event_source.hpp>

#include "chain_feed.hpp"

namespace cordon::feed {

/// One of those that are merged.
struct MergedSource {
    std::string name;  ///< For messages.
    ChainId chain;     ///< What its failures are told of.
    std::unique_ptr<chain::EventSource> source;
    const ChainFeed* feed = nullptr;  ///< The source, when it follows a chain.
};

struct MergedOptions {
    /// Events that wait. Blocks of a chain with traces are tens of MiB: few of them.
    std::size_t blocks = 16;
    std::size_t others = 20'000;  ///< Pending txns, requests, prices, ...
    /// Given before everything else, each with the place of its source.
    std::vector<std::pair<std::size_t, FeedEvent>> early = {};
    std::function<UnixMillis()> clock;          ///< For what it says of itself; none: time 0.
    const std::atomic<bool>* cancel = nullptr;  ///< Ends the stream when set.
};

struct MergedMetrics {
    uint64_t given = 0;
    uint64_t waiting = 0;          ///< Now in the queue.
    uint64_t dropped_pending = 0;  ///< Pending txns that found the queue full.
    uint64_t full = 0;             ///< How often a source had to wait for room.
};

/// A chain that is followed, as it was when its last event came.
struct FollowedChain {
    ChainId chain;
    ChainFeedMetrics metrics;
};

/// Several sources as one, each read by a thread of its own, in the order in which their events
/// come. A full queue lets a source wait; nothing is lost but pending txns, which are of no use
/// late: those are counted, and told as FeedState::kDropped when there is room again. A source that
/// fails is told as FeedState::kUnavailable, and the others go on; when all have ended, read()
/// gives the first Error, or the end.
///
/// When it is cancelled or destroyed it sets `stop`, which the sources are cancelled by, and waits
/// for them. The caller's side is confined to one thread.
class MergedFeed final : public chain::EventSource {
public:
    enum class Polled : uint8_t { kEvent, kNothing, kEnd };

    /// `stop` may be null when every source ends by itself.
    MergedFeed(std::vector<MergedSource> sources, MergedOptions options,
               std::unique_ptr<std::atomic<bool>> stop = nullptr);
    ~MergedFeed() override;
    MergedFeed(const MergedFeed&) = delete;
    MergedFeed& operator=(const MergedFeed&) = delete;

    Result<bool> read(FeedEvent& event) override;
    /// As read(), but comes back without an event after `wait`.
    Result<Polled> poll(FeedEvent& event, std::chrono::milliseconds wait);

    uint64_t bytes_read() const noexcept override { return 0; }
    uint64_t bytes_total() const noexcept override { return 0; }
    std::vector<std::string> warnings() const override;
    MergedMetrics metrics() const;
    std::vector<FollowedChain> chains() const;  ///< In the order of their sources.
    /// Which source gave the last event, by its place; none: it is a word about the queue.
    std::optional<std::size_t> last_from() const noexcept { return last_from_; }

private:
    struct Shared;
    void end();
    std::unique_ptr<Shared> shared_;
    std::optional<std::size_t> last_from_;
};

}  // namespace cordon::feed
