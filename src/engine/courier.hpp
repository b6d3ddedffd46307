// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sink.hpp"
#include "watch_metrics.hpp"

namespace cordon::engine {

/// Brings what the desk wrote down to its sinks, each alert at least once and in order per sink; to
/// files exactly once. A sink that fails is tried again, later and later; others do not wait for
/// it, and detection never does. What cannot be delivered after kTries goes to
/// STATE/dead-letter.jsonl: given up, but not lost.
///
/// A thread of its own with a connection of its own to STATE/alerts.sqlite. Guarded by mutex_.
class Courier {
public:
    /// 1 s, doubled up to 10 minutes: in all 40 minutes.
    static constexpr unsigned kTries = 12;
    using NowFn = std::function<UnixMillis()>;

    /// Files go back to where the last delivery that is known ended.
    static Result<std::unique_ptr<Courier>> start(const std::string& state_directory,
                                                  const std::vector<SinkSettings>& sinks,
                                                  NowFn now);
    ~Courier();

    /// There may be something new.
    void wake();
    /// Tries all that is due once more, then ends; what is left waits on disk. What went wrong.
    std::vector<std::string> finish();
    std::vector<SinkMetrics> metrics() const;

private:
    struct Place {
        SinkSettings settings;
        std::unique_ptr<Sink> sink;
        SinkMetrics metrics;
        std::string trouble;      ///< The last Error; empty when all went well.
        UnixMillis not_before{};  ///< It failed: everything for it waits until then.
    };
    Courier() = default;
    void run();
    Status deliver(Place& place);
    Status settle(Place& place, records::Delivery delivery, const Status& done);
    Status bury(const records::Delivery& delivery, const std::string& why);

    std::string directory_;
    NowFn now_;
    std::unique_ptr<records::AlertStore> store_;  // Of the thread alone, once it runs.
    std::vector<Place> places_;                   // Of the thread; metrics guarded by mutex_.
    std::atomic<bool> cancel_{false};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false, ending_ = false;
    std::thread thread_;
};

/// Sends one test alert to every sink, past the store. By name: nothing, or what went wrong.
std::vector<std::pair<std::string, Status>> send_test(const std::vector<SinkSettings>& sinks,
                                                      UnixMillis now);

}  // namespace cordon::engine
