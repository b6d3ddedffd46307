// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "courier.hpp"
#include "knowledge.hpp"
#include "live_ledger.hpp"
#include "waiting_alerts.hpp"
#include "watch.hpp"
#include "watch_live.hpp"
#include "watch_source.hpp"
#include "watch_state.hpp"

namespace cordon::engine {

/// One watch, from its sources to its end; watch() is all that others see of it. Confined to one
/// thread. Lifetime: request and hooks must outlive it.
class WatchRun {
public:
    WatchRun(const WatchRequest& request, const WatchHooks& hooks)
        : request_{request}, hooks_{hooks}, pace_{request.speed} {}

    Result<WatchResult> all();

private:
    /// Lets event time pass no faster than it shall.
    class Pace {
    public:
        explicit Pace(double speed) : speed_{speed} {}
        /// Waits until it is time for an event; false when cancelled.
        bool wait(std::optional<UnixMillis> time, const std::atomic<bool>* cancel);

    private:
        double speed_;
        bool begun_ = false;
        std::chrono::steady_clock::time_point start_{};
        UnixMillis first_{};
    };

    // Its events, one by one (watch.cpp).
    Status take(std::shared_ptr<const FeedEvent> event);
    Status tell_of(const FeedEvent& event, std::vector<Alert> raised);
    Status show(const std::vector<records::StoredAlert>& told);
    void count(const FeedEvent& event);
    void place(const Block& block);
    Status look_after();
    Result<WatchResult> finish();
    bool cancelled() const { return hooks_.cancel && *hooks_.cancel; }
    void tell(const std::string& warning) {
        if (hooks_.warning) hooks_.warning(warning);
    }

    // What it is made of: sources, what is known, rules, the desk (watch_open.cpp).
    Status open();
    Status open_ledger();
    Status add_wallets();
    Result<std::shared_ptr<const detect::RuleProgram>> compile();
    Status reload_rules();
    void make_watch();
    Status open_desk();
    void begin(ChainId chain, BlockNum first);
    void ask_balances(ChainId chain, BlockNum first);

    // Where it goes on, after an end or behind a reorg (watch_resume.cpp).
    Status resume();
    Status skip();
    tl::unexpected<Error> other_stream() const;
    Status resume_live();
    Status open_live();
    Status add_unsettled();
    Status go_on();
    Status show_rest();
    Status take_live(std::shared_ptr<const FeedEvent> event);
    Status go_back(const Rewind& back);
    Status load(unsigned age);
    Status begin_anew();
    Status read_again();

    // What it leaves for its next life and for others (watch_keep.cpp).
    Status checkpoint(bool at_end);
    double now() const noexcept;
    Status note_places(bool at_end);
    Status write_metrics(bool at_end);

    // The merged stream is one source: its events are numbered through.
    static constexpr std::string_view kStream = "stream";
    static constexpr std::string_view kShown = "shown";

    const WatchRequest& request_;
    const WatchHooks& hooks_;
    Pace pace_;
    std::string name_;
    std::unique_ptr<MergedEvents> stream_;  // Files; else
    std::unique_ptr<LiveStream> live_;      // nodes.
    std::unique_ptr<LiveLedger> ledger_;    // Where their blocks are appended.
    std::set<std::string> warned_;
    Unsettled unsettled_;
    std::vector<feed::Holding> holdings_;  // What nodes said, for the checkpoint.
    std::map<ChainId, BlockNum> floor_;    // What lies below cannot be taken back by detection.
    std::unique_ptr<LedgerKnowledge> knowledge_;
    detect::WatchConfig config_;
    std::vector<detect::RuleText> rule_texts_;
    std::shared_ptr<const detect::RuleProgram> program_;  // Shared with the rule set that runs it.
    std::chrono::steady_clock::time_point rules_at_ = std::chrono::steady_clock::now();
    std::unique_ptr<detect::Watch> watch_;
    detect::RuleSet* rules_ = nullptr;             // One of the watch's detectors.
    std::unique_ptr<WatchState> state_;            // Absent: nothing is kept.
    std::unique_ptr<records::AlertStore> memory_;  // Then this.
    records::AlertStore* store_ = nullptr;
    std::optional<WaitingAlerts> waiting_;
    std::unique_ptr<AlertDesk> desk_;
    std::unique_ptr<Courier> courier_;  // Absent without sinks.
    CheckpointHead head_;
    records::Cursor cursor_{.source = std::string{kStream}, .chain = {}, .hash = {}};
    std::map<ChainId, records::Cursor> places_;
    std::chrono::steady_clock::time_point noted_at_{};
    std::optional<records::Cursor> known_;  // Alerts up to here are in the store.
    WatchProgress done_;
    uint64_t saved_blocks_ = 0, saved_events_ = 0;
    double saved_at_ = 0, cost_ = 0;
    std::chrono::steady_clock::time_point metrics_at_{};
};

}  // namespace cordon::engine
