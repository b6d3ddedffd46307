// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>

namespace cordon::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool within(char32_t c, char32_t first, char32_t last) noexcept { return c >= first && c <= last; }

/// Combining marks pile up over neighbouring rows when there are many.
bool combines(char32_t c) noexcept {
    return within(c, 0x300, 0x36F) || within(c, 0x483, 0x489) || within(c, 0x591, 0x5BD) ||
           within(c, 0x610, 0x61A) || within(c, 0x64B, 0x65F) || within(c, 0xE31, 0xE3A) ||
           within(c, 0xE47, 0xE4E) || within(c, 0x1AB0, 0x1AFF) || within(c, 0x1DC0, 0x1DFF) ||
           within(c, 0x20D0, 0x20FF) || within(c, 0xFE20, 0xFE2F);
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t limit) {
    std::string out;
    std::size_t characters = 0;
    std::size_t marks = 0;
    bool blank = false;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t n = utf8_length(text.substr(i));
        const std::string_view bytes = text.substr(i, n > 0 ? n : 1);
        i += bytes.size();
        const char32_t c = n > 0 ? utf8_character(bytes) : 0;
        if (n > 0 && is_blank(c)) {
            blank = !out.empty();
            continue;
        }
        const bool bad = n == 0 || deceives(c);
        marks = !bad && combines(c) ? marks + 1 : 0;
        if (marks > 2) continue;
        if (characters + (blank ? 2 : 1) > limit) return out + "…";
        if (blank) out += ' ', ++characters;
        blank = false;
        out += bad ? kReplacement : bytes;
        ++characters;
    }
    return out;
}

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (const char c : text) switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    return out;
}

std::string safe(std::string_view text, std::size_t limit) {
    return escape(clean_text(text, limit));
}

namespace {
std::string group(std::string digits) {
    const std::size_t end = std::min(digits.find('.'), digits.size());
    for (std::size_t i = end; i > 3; i -= 3) digits.insert(i - 3, ",");
    return digits;
}
}  // namespace

std::string grouped_units(const Amount& amount, unsigned decimals) {
    return group(format_units(amount, decimals));
}
std::string grouped(uint64_t number) { return group(std::to_string(number)); }

std::string usd_text(double usd) {
    if (!std::isfinite(usd) || usd < 0) return "unpriced";
    if (usd > 0 && usd < 0.01) return "<$0.01";
    return "$" + group(usd < 1000 ? format("{:.2f}", usd) : format("{:.0f}", usd));
}

std::string utc_text(std::optional<UnixMillis> time) {
    if (!time) return "time unknown";
    std::string text = format_rfc3339(*time);
    if (!text.empty() && text.back() == 'Z') text.pop_back();
    const std::size_t t = text.find('T');
    if (t != std::string::npos) text[t] = ' ';
    return text + " UTC";
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kTail = 4;
    const std::size_t head = text.starts_with("0x")                               ? 6
                             : text.starts_with("bc1") || text.starts_with("tb1") ? 8
                                                                                  : 5;
    if (text.size() <= head + kTail + 2) return std::string{text};
    return std::string{text.substr(0, head)} + "…" + std::string{text.substr(text.size() - kTail)};
}

std::string percent_text(double share) {
    const double percent = share * 100;
    if (!std::isfinite(percent)) return "?";
    if (percent <= 0) return "0 %";
    if (percent < 0.1) return "<0.1 %";
    if (percent > 99.9 && percent < 100) return ">99.9 %";
    if (percent >= 100) return format("{:.0f} %", percent);
    return format("{:.1f} %", percent);
}

}  // namespace cordon::report
