// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <thread>

#include <cordon/base/format.hpp>

#include "watch_run.hpp"

namespace cordon::engine {
namespace {

/// What one event raised.
class Collected final : public detect::AlertSink {
public:
    std::vector<Alert> alerts;
    void raise(const Alert& alert) override { alerts.push_back(alert); }
};

/// How often a watch to which nothing happens looks after itself.
constexpr std::chrono::seconds kIdle{1};

}  // namespace

bool WatchRun::Pace::wait(std::optional<UnixMillis> time, const std::atomic<bool>* cancel) {
    if (speed_ <= 0 || !time) return true;
    if (!begun_) {
        begun_ = true;
        start_ = std::chrono::steady_clock::now();
        first_ = *time;
    }
    const std::chrono::duration<double> due =
        std::chrono::duration<double>{*time - first_} / speed_;
    const auto until =
        start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due);
    constexpr std::chrono::milliseconds kLook{100};  // How soon a Ctrl-C is noticed.
    while (std::chrono::steady_clock::now() < until) {
        if (cancel && *cancel) return false;
        std::this_thread::sleep_until(std::min(until, std::chrono::steady_clock::now() + kLook));
    }
    return true;
}

Result<WatchResult> WatchRun::all() {
    CORDON_TRY(open());
    if (hooks_.rules) CORDON_TRY(hooks_.rules(rule_texts_));
    if (hooks_.wallets) hooks_.wallets(config_.wallets);
    CORDON_TRY(resume());
    for (;;) {
        if (cancelled()) break;
        auto event = std::make_shared<FeedEvent>();
        if (live_) {
            using Polled = feed::MergedFeed::Polled;
            CORDON_TRY(const Polled polled, live_->feed().poll(*event, kIdle));
            if (polled == Polled::kEnd) break;
            if (polled == Polled::kEvent) CORDON_TRY(take_live(std::move(event)));
            CORDON_TRY(look_after());
            continue;
        }
        CORDON_TRY(const bool more, stream_->read(*event));
        if (!more) break;
        if (!pace_.wait(time_of(*event), hooks_.cancel)) break;
        const Status taken = take(std::move(event));
        if (!taken && taken.error().code == ErrorCode::kLimit && head_.events > 0) {
            CORDON_TRY(read_again());
            continue;
        }
        CORDON_TRY(taken);
        CORDON_TRY(look_after());
    }
    return finish();
}

Status WatchRun::take(std::shared_ptr<const FeedEvent> event) {
    count(*event);
    Collected raised;
    CORDON_TRY(watch_->on(event, raised));
    if (knowledge_->error()) return fail(*knowledge_->error());
    const bool is_known = known_ && done_.events <= known_->events;
    if (is_known) {
        if (done_.events == known_->events && cursor_.hash != known_->hash) return other_stream();
    } else {
        CORDON_TRY(tell_of(*event, std::move(raised.alerts)));
    }
    return hooks_.event ? hooks_.event(*event) : Status{};
}

/// What an event raised and what it takes back, to people.
Status WatchRun::tell_of(const FeedEvent& event, std::vector<Alert> raised) {
    std::vector<Alert> gone = unsettled_.settle(event, raised);
    CORDON_TRY(const auto over, waiting_->take(event, raised));
    gone.insert(gone.end(), over.begin(), over.end());
    if (!raised.empty() || !gone.empty()) {
        raised.insert(raised.begin(), gone.begin(), gone.end());
        cursor_.events = done_.events;
        CORDON_TRY(auto told, desk_->take(raised, cursor_));
        if (courier_) courier_->wake();
        CORDON_TRY(show(told));
    }
    return waiting_->forget();
}

/// Prints, and notes that it did: a kill in between prints again, none loses.
Status WatchRun::show(const std::vector<records::StoredAlert>& told) {
    for (const records::StoredAlert& stored : told) {
        if (stored.alert.state == AlertState::kRetracted)
            ++done_.retracted;
        else
            ++done_.alerts[static_cast<std::size_t>(stored.alert.severity)];
        if (hooks_.alert) CORDON_TRY(hooks_.alert(stored));
    }
    if (!state_ || told.empty()) return {};
    return store_->change(
        [&] { return store_->put_mark(kShown, std::to_string(told.back().event)); },
        records::AlertStore::Durability::kProcess);
}

void WatchRun::count(const FeedEvent& event) {
    ++done_.events;
    const auto* seen = std::get_if<SeenBlock>(&event);
    if (!seen) return;
    const Block& block = seen->block;
    begin(block.chain, block.header.number);
    ++done_.blocks;
    done_.txns +=
        std::max(block.account_txns.size() + block.utxo_txns.size(), seen->activity.txns.size());
    done_.transfers += transfers_of(block);
    done_.chain = block.chain;
    done_.height = block.header.number;
    done_.time = block.header.time.value_or(done_.time);
    place(block);
}

void WatchRun::place(const Block& block) {
    cursor_.chain = block.chain;
    cursor_.block = block.header.number;
    cursor_.hash = block.header.hash;
    records::Cursor& place = places_[block.chain];
    cursor_.time = block.header.time.value_or(place.time);
    place = cursor_;
    place.source = format("{}{}", kChainCursor, to_string(block.chain));
    place.events = done_.events;
}

/// What is due after an event, and while none comes.
Status WatchRun::look_after() {
    done_.suppressed = desk_->suppressed();
    if (stream_) {
        done_.bytes_read = stream_->bytes_read();
        done_.bytes_total = stream_->bytes_total();
    } else {
        // A live watch has no end at which to say it.
        for (const std::string& warning : live_->feed().warnings())
            if (warned_.insert(warning).second) tell(warning);
    }
    if (hooks_.progress) hooks_.progress(done_);
    CORDON_TRY(checkpoint(false));
    CORDON_TRY(reload_rules());
    CORDON_TRY(note_places(false));
    return write_metrics(false);
}

Result<WatchResult> WatchRun::finish() {
    CORDON_TRY(checkpoint(true));
    WatchResult result;
    std::vector<std::string> undelivered;
    if (courier_) undelivered = courier_->finish();
    CORDON_TRY(note_places(true));
    CORDON_TRY(write_metrics(true));
    result.incomplete = cancelled();
    result.done = done_;
    result.detectors = watch_->metrics();
    result.rules = rules_->metrics();
    result.backtest = rules_->backtest();
    if (stream_) result.warnings = stream_->warnings();
    result.warnings.insert(result.warnings.end(), undelivered.begin(), undelivered.end());
    std::string unfed;
    for (const detect::DetectorMetrics& each : result.detectors)
        if (each.skipped > 0) unfed += (unfed.empty() ? "" : ", ") + each.id;
    if (!unfed.empty())
        result.warnings.push_back(
            format("the sources do not give all that these need (docs/detectors), so that "
                   "they saw less than all blocks: {}",
                   unfed));
    return result;
}

Result<WatchResult> watch(const WatchRequest& request, const WatchHooks& hooks) {
    return WatchRun{request, hooks}.all();
}

}  // namespace cordon::engine
