// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/guard/gate.hpp>

#include "alert_book.hpp"

/// What happens, for whoever listens: looked for four times a second, told in batches
/// (docs/formats/api.md, "Live events").
namespace cordon::engine {

struct LiveEvent {
    std::string topic;  ///< "alert", "verdict", ...
    std::string data;   ///< One JSON value without line ends.
};
/// What happened since the last call; nothing at the first. Bounded: what is more comes with the
/// next call, which is soon where `more` says so.
struct LiveNews {
    std::vector<LiveEvent> events;
    bool more = false;
};
/// Asked again and again, from one thread.
using LiveSource = std::function<Result<LiveNews>(UnixMillis now)>;

/// "alert": those that are new or changed, 200 an event at most; what a suppression hides is left
/// out. "reset" where it cannot keep up. `book` must outlive it; so with the others.
LiveSource alert_news(AlertBook& book);
/// "feed": how far the watch is, when that has changed (once a second at most), and every 20 s.
LiveSource feed_news(AlertBook& book);
/// "verdict"; and "guard" with an empty object when a breaker, a policy or what has left changed.
LiveSource verdict_news(guard::Gate& gate);

/// A thread that asks sources and publishes what they say.
class LivePump {
public:
    using Publish = std::function<void(std::string_view topic, std::string_view data)>;
    /// Why a source fails, told once until it works again. It is asked again.
    using Trouble = std::function<void(const Error& error)>;
    LivePump(std::vector<LiveSource> sources, Publish publish, Trouble trouble);
    ~LivePump();

    /// Begins; `clock` is of the machine. From here on all functions are called from the thread.
    void start(std::function<UnixMillis()> clock);
    void stop();
    /// Asks each source once. True: there is more already. REQUIRES: no thread.
    bool tick(UnixMillis now);

    /// What happens within this time comes together.
    static constexpr std::chrono::milliseconds kEvery{250};

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
