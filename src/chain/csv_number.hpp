// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <cordon/base/format.hpp>
#include <cordon/base/result.hpp>

namespace cordon::chain {

/// The last second of the year 9999, where RFC 3339 ends.
inline constexpr uint64_t kMaxUnixSeconds = 253402300799;

/// Decimal digits only, without sign, blank or leading zero. kMalformed, or kOverflow above `max`.
inline Result<uint64_t> parse_whole(std::string_view text, uint64_t max) {
    uint64_t value = 0;
    // Nearly every number: too few digits to overflow, so that it is compared once.
    if (!text.empty() && text.size() <= 19 && (text.front() != '0' || text.size() == 1)) {
        std::size_t i = 0;
        for (; i < text.size(); ++i) {
            const auto digit = static_cast<unsigned char>(text[i] - '0');
            if (digit > 9) break;
            value = value * 10 + digit;
        }
        if (i == text.size() && value <= max) return value;
        value = 0;
    }
    const bool shape = !text.empty() && !(text.size() > 1 && text.front() == '0');
    for (std::size_t i = 0; shape && i < text.size(); ++i) {
        const auto digit = static_cast<unsigned>(text[i] - '0');
        if (digit > 9) break;
        if (value > (max - digit) / 10 || digit > max)
            return fail(ErrorCode::kOverflow,
                        format("{} is more than {}", text.substr(0, 40), max));
        value = value * 10 + digit;
        if (i + 1 == text.size()) return value;
    }
    return fail(ErrorCode::kMalformed,
                format("expected a whole number in digits without leading zeros, found \"{}\"",
                       text.substr(0, 40)));
}

}  // namespace cordon::chain
