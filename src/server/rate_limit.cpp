// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace cordon::server {
namespace {

/// More callers than this within one burst's time are an attack: the rest share one bucket.
constexpr std::size_t kMostKeys = 10'000;

}  // namespace

double RateLimit::refilled(const Bucket& bucket, UnixMillis now) const noexcept {
    const std::chrono::duration<double> since = now - bucket.at;
    return std::min(burst_, bucket.left + std::max(0.0, since.count()) * rate_);
}

std::optional<std::chrono::seconds> RateLimit::take(std::string_view key, UnixMillis now) {
    const std::scoped_lock lock{mutex_};
    auto found = buckets_.find(key);
    if (found == buckets_.end() && buckets_.size() >= kMostKeys) {
        std::erase_if(buckets_, [&](const auto& it) { return refilled(it.second, now) >= burst_; });
        if (buckets_.size() >= kMostKeys) key = "";
        found = buckets_.find(key);
    }
    if (found == buckets_.end())
        found = buckets_.emplace(std::string{key}, Bucket{burst_, now}).first;
    Bucket& bucket = found->second;
    bucket.left = refilled(bucket, now);
    bucket.at = std::max(bucket.at, now);  // A clock that is set back gives nobody a new bucket.
    if (bucket.left >= 1) {
        bucket.left -= 1;
        return std::nullopt;
    }
    return std::chrono::seconds{static_cast<int64_t>(std::ceil((1 - bucket.left) / rate_))};
}

}  // namespace cordon::server
