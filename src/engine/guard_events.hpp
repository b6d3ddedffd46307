// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <cordon/chain/event_source.hpp>

namespace cordon::engine {

struct GuardEventsOptions {
    /// Waits at the end for what the gate decides next.
    bool follow = false;
    std::chrono::milliseconds poll{200};  ///< How often, when it follows.
    const std::atomic<bool>* cancel = nullptr;
};

/// guard:DIR, the withdrawals that the gate of that state let through, as its log tells up to its
/// checkpoint: one event for each request and each change of what may be done with it. One that is
/// held or denied is told as cancelled: it may not leave, and a queue is there. The time is that of
/// the verdict. A gate may write meanwhile. The log's signatures are not looked at (`cordon log
/// verify` does).
///
/// kNotFound when there is no gate; when it follows, it waits for one. kCorrupt, kMalformed,
/// kUnsupported as the gate's own reading. Confined to one thread.
std::unique_ptr<chain::EventSource> open_guard_events(const std::string& directory,
                                                      GuardEventsOptions options = {});

}  // namespace cordon::engine
