// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the pictures of this room share.
namespace cordon::heists {

/// --p paper, --i ink, --m muted, --g grid, --t stolen, --s seen, --k kept; by day and by night.
inline constexpr std::string_view kSvgColours =
    ":root{--p:#fff;--i:#1a2230;--m:#5b6675;--g:#e3e7ec;--t:#c0262d;--s:#2c64b8;--k:#0b7a4b}\n"
    "@media (prefers-color-scheme:dark){:root{--p:#12161d;--i:#e8ecf2;--m:#9aa6b5;--g:#2a323d;"
    "--t:#f0676d;--s:#78a9f2;--k:#4cc38a}}\n";

/// As text or an attribute of XML.
std::string escaped(std::string_view text);
/// Text in lines of at most so many bytes, cut at blanks.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
/// "2.5 days", "90 seconds"; without its sign.
std::string span_text(int64_t seconds);

}  // namespace cordon::heists
