// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/time.hpp>

namespace cordon::server {

/// Token buckets, one a key: `burst` at once, then `rate` a second. Thread safety: all calls.
/// Memory: bounded, whatever keys come.
class RateLimit {
public:
    RateLimit(double rate, double burst) noexcept : rate_{rate}, burst_{burst} {}

    /// Nothing: go on. Else how long until the next one may be had.
    std::optional<std::chrono::seconds> take(std::string_view key, UnixMillis now);

private:
    struct Bucket {
        double left;
        UnixMillis at;
    };
    double refilled(const Bucket& bucket, UnixMillis now) const noexcept;

    const double rate_, burst_;
    std::mutex mutex_;
    std::map<std::string, Bucket, std::less<>> buckets_;  // Guarded by mutex_.
};

}  // namespace cordon::server
