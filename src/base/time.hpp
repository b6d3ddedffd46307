// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "result.hpp"

namespace cordon {

using Seconds = std::chrono::seconds;
/// A moment of event time (block time), never of the wall clock.
using UnixMillis = std::chrono::sys_time<std::chrono::milliseconds>;

/// From the unix seconds that chains carry.
constexpr UnixMillis from_unix_seconds(int64_t seconds) noexcept {
    return UnixMillis{Seconds{seconds}};
}
constexpr int64_t to_unix_seconds(UnixMillis time) noexcept {
    return std::chrono::floor<Seconds>(time.time_since_epoch()).count();
}

/// RFC 3339 in UTC: "2024-05-31T04:26:00Z"; milliseconds only when they are not zero.
std::string format_rfc3339(UnixMillis time);

/// RFC 3339 with Z or an offset, a bare UTC date, or whole unix seconds. kMalformed otherwise.
Result<UnixMillis> parse_time(std::string_view text);

}  // namespace cordon
