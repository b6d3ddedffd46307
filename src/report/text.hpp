// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/amount.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/label.hpp>

/// Text for people. Labels, symbols and file names are written by anybody, attackers included:
/// everything that is not ours goes through clean_text() and escape() before it reaches a page.
namespace cordon::report {

/// One harmless line: bytes that are no UTF-8, control characters, line breaks and the characters
/// that turn the reading direction or hide text (bidi marks and overrides, zero-width, tags, byte
/// order mark) become U+FFFD, blanks become one blank, at most two combining marks follow a letter,
/// and what is longer than `limit` characters ends in "…".
std::string clean_text(std::string_view text, std::size_t limit = 200);

/// For element content and quoted attributes of HTML and XML alike: & < > " '.
std::string escape(std::string_view text);

/// clean_text() and escape().
std::string safe(std::string_view text, std::size_t limit = 200);

/// "1,234,567.89": format_units() with thousands apart, exact.
std::string grouped_units(const Amount& amount, unsigned decimals);
std::string grouped(uint64_t number);

/// "$1,234,567"; cents below 1,000.
std::string usd_text(double usd);

/// "2024-05-31 04:26:00 UTC", "time unknown".
std::string utc_text(std::optional<UnixMillis> time);

/// "0x39cd…14dd": first and last characters, for pictures only; tables print addresses in full.
std::string shortened(std::string_view text);

/// "12.3 %"; "<0.1 %" for less than that; never "100.0 %" or "0.0 %" for something that is not.
std::string percent_text(double share);

}  // namespace cordon::report
