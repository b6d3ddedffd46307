// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_run.hpp"

#include <algorithm>
#include <ctime>

#include <cordon/base/format.hpp>

#include "watch_metrics.hpp"

namespace cordon::engine {
namespace {

double cpu_seconds() noexcept { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

Status WatchRun::checkpoint(bool at_end) {
    if (!state_ || (known_ && done_.events < known_->events)) return {};
    constexpr double kShare = 20;
    // What lies behind the checkpoint is asked of the node again, with traces: geth has the
    // state for that of the last 128 blocks.
    constexpr uint64_t kLiveBlocks = 32;
    const uint64_t blocks =
        live_ ? std::min(request_.checkpoint_blocks, kLiveBlocks) : request_.checkpoint_blocks;
    // Of a live watch the first block, too: nothing lies before it to go back to.
    const bool is_first = live_ && saved_blocks_ == 0 && done_.blocks > 0;
    const bool due =
        (done_.blocks >= saved_blocks_ + blocks || is_first) && now() >= saved_at_ + kShare * cost_;
    if ((!due && !at_end) || done_.events == saved_events_) return {};
    const double begin = now();
    cursor_.events = done_.events;
    CORDON_TRY(desk_->take({}, cursor_));
    head_.events = done_.events;
    if (unsettled_.empty()) head_.settled = done_.events;
    head_.blocks = done_.blocks;
    head_.txns = done_.txns;
    head_.transfers = done_.transfers;
    head_.beginnings = knowledge_->beginnings();
    head_.holdings = holdings_;
    CORDON_TRY(state_->save(head_, *watch_));
    saved_blocks_ = done_.blocks;
    saved_events_ = done_.events;
    saved_at_ = now();
    cost_ = saved_at_ - begin;
    return {};
}

/// A live watch mostly waits: what its checkpoints cost is a share of time, not of work.
double WatchRun::now() const noexcept {
    if (!live_) return cpu_seconds();
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// For those who show how far it is. Rarely: nothing depends on it.
Status WatchRun::note_places(bool at_end) {
    constexpr std::chrono::seconds kEvery{2};
    const auto now = std::chrono::steady_clock::now();
    if (!state_ || places_.empty() || (!at_end && now < noted_at_ + kEvery)) return {};
    noted_at_ = now;
    return store_->change(
        [&]() -> Status {
            for (const auto& [chain, place] : places_) CORDON_TRY(store_->put_cursor(place));
            return store_->put_mark(kFeedMark, live_ ? kLiveFeed : kReplayFeed);
        },
        records::AlertStore::Durability::kProcess);
}

Status WatchRun::write_metrics(bool at_end) {
    if (request_.metrics.empty()) return {};
    constexpr std::chrono::seconds kEvery{5};  // Prometheus asks every 15 s and more.
    const auto now = std::chrono::steady_clock::now();
    if (!at_end && now < metrics_at_ + kEvery) return {};
    metrics_at_ = now;
    return save_metrics(request_.metrics,
                        metrics_text(done_, watch_->metrics(),
                                     courier_ ? courier_->metrics() : std::vector<SinkMetrics>{},
                                     live_ ? &live_->feed() : nullptr));
}

}  // namespace cordon::engine
