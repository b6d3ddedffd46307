// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "metrics.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::server {

Metrics::Metrics(const std::vector<Endpoint>& endpoints) {
    for (const Endpoint& endpoint : endpoints) rows_.emplace_back().id = endpoint.id;
}

void Metrics::count(std::size_t endpoint, unsigned status, std::chrono::nanoseconds took) noexcept {
    Row& row = rows_[endpoint];
    const auto known = std::find(kStatuses.begin(), kStatuses.end(), status);
    row.by_status[static_cast<std::size_t>(known - kStatuses.begin())].fetch_add(
        1, std::memory_order_relaxed);
    const double seconds = std::chrono::duration<double>(took).count();
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
    row.by_time[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(
        1, std::memory_order_relaxed);
    row.nanoseconds.fetch_add(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
}

std::string Metrics::text(std::string_view version, std::size_t sessions) const {
    std::string out = format(
        "# HELP cordon_build_info Which Cordon this is.\n# TYPE cordon_build_info gauge\n"
        "cordon_build_info{{version=\"{}\"}} 1\n"
        "# HELP cordon_sessions Sessions of people.\n# TYPE cordon_sessions gauge\n"
        "cordon_sessions {}\n"
        "# HELP cordon_requests_total Answers, by call and status.\n"
        "# TYPE cordon_requests_total counter\n",
        version, sessions);
    for (const Row& row : rows_)
        for (std::size_t i = 0; i < row.by_status.size(); ++i)
            if (const uint64_t count = row.by_status[i])
                out += format("cordon_requests_total{{call=\"{}\",status=\"{}\"}} {}\n", row.id,
                              i < kStatuses.size() ? std::to_string(kStatuses[i]) : "other", count);
    out +=
        "# HELP cordon_request_seconds Time from a whole request to its answer.\n"
        "# TYPE cordon_request_seconds histogram\n";
    for (const Row& row : rows_) {
        std::array<uint64_t, kBounds.size() + 1> upto{};
        uint64_t all = 0;
        for (std::size_t i = 0; i < upto.size(); ++i) upto[i] = all += row.by_time[i];
        if (all == 0) continue;
        for (std::size_t i = 0; i < upto.size(); ++i)
            out += format("cordon_request_seconds_bucket{{call=\"{}\",le=\"{}\"}} {}\n", row.id,
                          i < kBounds.size() ? format("{}", kBounds[i]) : "+Inf", upto[i]);
        out += format(
            "cordon_request_seconds_sum{{call=\"{0}\"}} {1:.6f}\n"
            "cordon_request_seconds_count{{call=\"{0}\"}} {2}\n",
            row.id, static_cast<double>(row.nanoseconds.load()) / 1e9, all);
    }
    return out;
}

}  // namespace cordon::server
