// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "endpoint.hpp"

namespace cordon::server {

/// How often each call was made, with which status, and how long it took. Thread safety: all calls.
class Metrics {
public:
    /// Seconds, as Prometheus likes them; the target of reads is 10 ms.
    static constexpr std::array<double, 9> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.05,  0.1,    0.5,   2.5};

    explicit Metrics(const std::vector<Endpoint>& endpoints);
    void count(std::size_t endpoint, unsigned status, std::chrono::nanoseconds took) noexcept;
    /// In the text format of Prometheus 0.0.4.
    std::string text(std::string_view version, std::size_t sessions) const;

private:
    static constexpr std::array<unsigned, 16> kStatuses{200, 201, 202, 304, 400, 401, 403, 404,
                                                        409, 413, 415, 421, 422, 429, 500, 503};
    struct Row {
        std::string id;
        std::array<std::atomic<uint64_t>, kStatuses.size() + 1> by_status{};  // The last: others.
        std::array<std::atomic<uint64_t>, kBounds.size() + 1> by_time{};      // The last: longer.
        std::atomic<uint64_t> nanoseconds{0};
    };
    std::deque<Row> rows_;  // By endpoint.
};

}  // namespace cordon::server
