// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "time.hpp"

#include <charconv>
#include <optional>

#include "format.hpp"

namespace cordon {
namespace {

// Years 1970..9999: what RFC 3339 can write and a chain can carry.
constexpr int64_t kMaxUnixSeconds = 253'402'300'799;

std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool skip(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<UnixMillis> parse_calendar(std::string_view text) {
    using namespace std::chrono;
    const auto y = digits(text, 4);
    if (!y || !skip(text, "-")) return std::nullopt;
    const auto m = digits(text, 2);
    if (!m || !skip(text, "-")) return std::nullopt;
    const auto d = digits(text, 2);
    if (!d) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                              day{static_cast<unsigned>(*d)}};
    if (!date.ok()) return std::nullopt;
    UnixMillis time = sys_days{date};
    if (text.empty()) return time;

    if (!skip(text, "Tt ")) return std::nullopt;
    const auto hh = digits(text, 2);
    if (!hh || *hh > 23 || !skip(text, ":")) return std::nullopt;
    const auto mm = digits(text, 2);
    if (!mm || *mm > 59 || !skip(text, ":")) return std::nullopt;
    const auto ss = digits(text, 2);
    if (!ss || *ss > 59) return std::nullopt;
    time += hours{*hh} + minutes{*mm} + seconds{*ss};
    if (skip(text, ".")) {
        int scale = 100;
        std::size_t seen = 0;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
             text.remove_prefix(1), ++seen) {
            time += milliseconds{(text.front() - '0') * scale};
            scale /= 10;
        }
        if (seen == 0) return std::nullopt;
    }
    if (text == "Z" || text == "z") return time;
    const bool ahead = text.starts_with('+');
    if (!skip(text, "+-")) return std::nullopt;
    const auto oh = digits(text, 2);
    if (!oh || *oh > 23 || !skip(text, ":")) return std::nullopt;
    const auto om = digits(text, 2);
    if (!om || *om > 59 || !text.empty()) return std::nullopt;
    const auto offset = hours{*oh} + minutes{*om};
    return ahead ? time - offset : time + offset;
}

}  // namespace

std::string format_rfc3339(UnixMillis time) {
    using namespace std::chrono;
    const auto day_point = floor<days>(time);
    const year_month_day date{day_point};
    const hh_mm_ss clock{time - day_point};
    const auto year = static_cast<int>(date.year());
    const auto millis = static_cast<unsigned>(clock.subseconds().count());
    // By hand in the years that clocks show: it stands several times in each entry of the log.
    std::string out = "0000-00-00T00:00:00";
    const auto put = [&](std::size_t at, std::size_t width, unsigned value) {
        for (; width > 0; value /= 10) out[at + --width] = static_cast<char>('0' + value % 10);
    };
    if (year >= 0 && year <= 9999)
        put(0, 4, static_cast<unsigned>(year));
    else
        out.replace(0, 4, format("{:04}", year));
    const std::size_t rest = out.size() - 15;  // Behind the year.
    put(rest + 1, 2, static_cast<unsigned>(date.month()));
    put(rest + 4, 2, static_cast<unsigned>(date.day()));
    put(rest + 7, 2, static_cast<unsigned>(clock.hours().count()));
    put(rest + 10, 2, static_cast<unsigned>(clock.minutes().count()));
    put(rest + 13, 2, static_cast<unsigned>(clock.seconds().count()));
    if (millis != 0) {
        out += ".000";
        put(out.size() - 3, 3, millis);
    }
    out += 'Z';
    return out;
}

Result<UnixMillis> parse_time(std::string_view text) {
    int64_t unix_seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), unix_seconds);
    if (error == std::errc{} && end == text.data() + text.size() &&
        text.find('-') == std::string_view::npos) {
        if (unix_seconds <= kMaxUnixSeconds) return from_unix_seconds(unix_seconds);
    } else if (const auto time = parse_calendar(text)) {
        if (time->time_since_epoch().count() >= 0) return *time;
    }
    return fail(
        ErrorCode::kMalformed,
        format("\"{}\" is not a time: expected 2024-05-31T04:26:00Z, 2024-05-31 or unix seconds",
               text));
}

}  // namespace cordon
