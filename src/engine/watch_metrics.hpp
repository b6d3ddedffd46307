// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "watch.hpp"

namespace cordon::feed {
class MergedFeed;
}

namespace cordon::engine {

/// What waits for each sink, and what went.
struct SinkMetrics {
    std::string name;
    uint64_t sent = 0, failed = 0, dead = 0, waiting = 0;
};

/// The state of a watch in the text format of Prometheus (docs/user/watch.md names each metric).
std::string metrics_text(const WatchProgress& done,
                         const std::vector<detect::DetectorMetrics>& detectors,
                         const std::vector<SinkMetrics>& sinks,
                         const feed::MergedFeed* live = nullptr);

/// Written aside and renamed: a reader never sees half of it.
Status save_metrics(const std::string& path, const std::string& text);

}  // namespace cordon::engine
