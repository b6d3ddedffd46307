// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merged_feed.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <cordon/base/format.hpp>

namespace cordon::feed {

struct MergedFeed::Shared {
    MergedOptions options;
    std::unique_ptr<std::atomic<bool>> stop_sources;  // Outlives them.
    std::vector<MergedSource> sources;  // Each touched by its own thread only, once they run.

    mutable std::mutex mutex;  // Guards what follows.
    std::condition_variable came, room;
    struct Waiting {
        FeedEvent event;
        std::optional<std::size_t> from;
    };
    std::deque<Waiting> queue;
    std::size_t blocks = 0;  // In the queue.
    std::size_t running = 0;
    bool stop = false;
    std::optional<Error> failed;  // The first.
    std::vector<std::vector<std::string>> warnings;
    MergedMetrics metrics;
    std::vector<ChainFeedMetrics> followed;  // By source; of those that follow a chain.

    std::vector<std::thread> threads;

    static bool is_block(const FeedEvent& event) {
        return std::holds_alternative<SeenBlock>(event);
    }
    bool has_room(bool block) const {
        return block ? blocks < options.blocks : queue.size() - blocks < options.others;
    }
    void push(FeedEvent event, std::optional<std::size_t> from) {
        if (is_block(event)) ++blocks;
        queue.push_back({std::move(event), from});
        came.notify_one();
    }
    UnixMillis now() const { return options.clock ? options.clock() : UnixMillis{}; }
    /// Waits for room; false when all is to end.
    bool push_waiting(std::unique_lock<std::mutex>& lock, FeedEvent event,
                      std::optional<std::size_t> from = {}) {
        const bool block = is_block(event);
        if (!has_room(block)) ++metrics.full;
        room.wait(lock, [&] { return stop || has_room(block); });
        if (stop) return false;
        push(std::move(event), from);
        return true;
    }

    void work(std::size_t place) {
        MergedSource& self = sources[place];
        uint64_t dropped = 0;
        for (;;) {
            FeedEvent event;
            const auto more = self.source->read(event);
            auto warned = self.source->warnings();
            std::unique_lock lock{mutex};
            warnings[place] = std::move(warned);
            if (self.feed) followed[place] = self.feed->metrics();
            if (stop) break;
            if (!more) {
                if (!failed) failed = more.error().in(self.name);
                (void)push_waiting(lock,
                                   FeedStatus{self.chain, FeedState::kUnavailable, 0, now(),
                                              format("{} has ended: {}. Nothing more is seen of it",
                                                     self.name, more.error().message)});
            }
            if (!more || !*more) break;
            if (std::holds_alternative<PendingTxn>(event) && !has_room(false)) {
                ++dropped;
                ++metrics.dropped_pending;
                continue;
            }
            if (dropped > 0) {
                const FeedStatus status{
                    self.chain, FeedState::kDropped, 0, now(),
                    format("{} pending txns of {} were not taken: they came faster than they "
                           "could be looked at",
                           dropped, self.name)};
                dropped = 0;
                if (!push_waiting(lock, status)) break;
            }
            if (!push_waiting(lock, std::move(event), place)) break;
        }
        const std::scoped_lock lock{mutex};
        --running;
        came.notify_one();
    }
};

MergedFeed::MergedFeed(std::vector<MergedSource> sources, MergedOptions options,
                       std::unique_ptr<std::atomic<bool>> stop)
    : shared_{std::make_unique<Shared>()} {
    shared_->options = std::move(options);
    shared_->stop_sources = std::move(stop);
    shared_->sources = std::move(sources);
    shared_->running = shared_->sources.size();
    shared_->warnings.resize(shared_->sources.size());
    shared_->followed.resize(shared_->sources.size());
    for (auto& [from, event] : std::exchange(shared_->options.early, {}))
        shared_->push(std::move(event), from);
    for (std::size_t i = 0; i < shared_->sources.size(); ++i)
        shared_->threads.emplace_back([shared = shared_.get(), i] { shared->work(i); });
}

void MergedFeed::end() {
    {
        const std::scoped_lock lock{shared_->mutex};
        shared_->stop = true;
    }
    if (shared_->stop_sources) shared_->stop_sources->store(true);
    shared_->room.notify_all();
}

MergedFeed::~MergedFeed() {
    end();
    for (std::thread& thread : shared_->threads) thread.join();
}

Result<bool> MergedFeed::read(FeedEvent& event) {
    for (;;) {
        CORDON_TRY(const Polled polled, poll(event, std::chrono::hours{1}));
        if (polled != Polled::kNothing) return polled == Polled::kEvent;
    }
}

Result<MergedFeed::Polled> MergedFeed::poll(FeedEvent& event, std::chrono::milliseconds wait) {
    // How soon a cancel is noticed.
    constexpr std::chrono::milliseconds kSlice{50};
    const std::atomic<bool>* cancel = shared_->options.cancel;
    std::unique_lock lock{shared_->mutex};
    for (auto left = wait;; left -= kSlice) {
        if (cancel && cancel->load(std::memory_order_relaxed)) {
            lock.unlock();
            end();
            return Polled::kEnd;
        }
        const auto ready = [&] { return !shared_->queue.empty() || shared_->running == 0; };
        if (shared_->came.wait_for(lock, std::min(left, kSlice), ready) || left <= kSlice) break;
    }
    if (shared_->queue.empty()) {
        if (shared_->running > 0) return Polled::kNothing;
        if (shared_->failed) return fail(*shared_->failed);
        return Polled::kEnd;
    }
    event = std::move(shared_->queue.front().event);
    last_from_ = shared_->queue.front().from;
    shared_->queue.pop_front();
    if (Shared::is_block(event)) --shared_->blocks;
    ++shared_->metrics.given;
    shared_->room.notify_all();
    return Polled::kEvent;
}

std::vector<std::string> MergedFeed::warnings() const {
    const std::scoped_lock lock{shared_->mutex};
    std::vector<std::string> all;
    for (const auto& each : shared_->warnings) all.insert(all.end(), each.begin(), each.end());
    return all;
}

MergedMetrics MergedFeed::metrics() const {
    const std::scoped_lock lock{shared_->mutex};
    MergedMetrics metrics = shared_->metrics;
    metrics.waiting = shared_->queue.size();
    return metrics;
}

std::vector<FollowedChain> MergedFeed::chains() const {
    const std::scoped_lock lock{shared_->mutex};
    std::vector<FollowedChain> all;
    for (std::size_t i = 0; i < shared_->sources.size(); ++i)
        if (shared_->sources[i].feed)
            all.push_back({shared_->sources[i].chain, shared_->followed[i]});
    return all;
}

}  // namespace cordon::feed
