// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cordon/report/json.hpp>

#include "finished_trace.hpp"
#include "saved_views.hpp"
#include "trace_world.hpp"

namespace cordon::engine {

/// Questions, the threads that answer them, and what is kept of the answers (trace_jobs.cpp).
struct TraceDesk::Impl {
    struct Asked {
        TraceJob job;
        TheftRequest request;
        std::string world;  // Digest of the ledger that it was asked of.
        std::shared_ptr<FinishedTrace> finished;
    };

    explicit Impl(TraceDeskOptions given) : options{std::move(given)} {}

    void work();
    /// REQUIRES: mutex is held.
    void end(Asked& one, Result<Theft> made);
    void go_on(const std::string& id, const trace::Progress& progress);
    /// As it is by now: who asked and who works tell of the same job, and the later word is never
    /// of an earlier state.
    void tell(const std::string& id);
    /// The last used stays; what is older than `kept` others goes. REQUIRES: mutex is held.
    void touch(const std::string& id);
    /// The ledger by the last look.
    std::shared_ptr<const TraceWorld> now() const;
    /// Room for one more. REQUIRES: mutex is held.
    void forget_old();
    /// Of the ledger as it is now, however it grows meanwhile. REQUIRES: mutex is held.
    Status put_in_queue(Asked& one, std::shared_ptr<const TraceWorld> of);
    Result<std::shared_ptr<FinishedTrace>> finished(std::string_view id,
                                                    std::chrono::milliseconds wait);
    using WriteAnswer = Status (*)(const trace::TraceResult&, const report::Sink&,
                                   const report::JsonOptions&);
    Result<std::shared_ptr<const std::string>> answer(
        std::string_view id, std::shared_ptr<const std::string> FinishedTrace::* kept,
        WriteAnswer write);

    const TraceDeskOptions options;
    std::atomic<bool> cancel{false};
    mutable std::mutex mutex;  // Of all that follows, but for the stores.
    std::mutex telling;        // Held while others are told; taken before the other.
    std::mutex refreshing;     // Held while the ledger is opened; taken before the other.
    std::condition_variable changed;
    std::shared_ptr<const TraceWorld> world;  // Shared with traces under way.
    std::map<std::string, Asked, std::less<>> asked;
    std::deque<std::string> order;  // Of asking.
    std::deque<std::string> used;   // Finished ones in memory, the last used at the end.
    std::deque<std::pair<std::string, std::shared_ptr<const TraceWorld>>> queue;
    SavedViews views{options.views};

    struct Stores {
        std::mutex mutex;
        std::vector<std::unique_ptr<records::Store>> idle;
    };
    std::shared_ptr<Stores> stores = std::make_shared<Stores>();  // Shared with those lent.
    std::vector<std::thread> threads;                             // Last: they use the rest.
};

}  // namespace cordon::engine
