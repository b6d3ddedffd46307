// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <cmath>

#include <cordon/base/format.hpp>

namespace cordon::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

char32_t decode(std::string_view bytes) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    switch (bytes.size()) {
        case 1: return at(0);
        case 2: return static_cast<char32_t>((at(0) & 0x1F) << 6 | (at(1) & 0x3F));
        case 3:
            return static_cast<char32_t>((at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 |
                                         (at(2) & 0x3F));
        default:
            return static_cast<char32_t>((at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 |
                                         (at(2) & 0x3F) << 6 | (at(3) & 0x3F));
    }
}

bool within(char32_t c, char32_t first, char32_t last) noexcept { return c >= first && c <= last; }

/// Characters that make text look like other text (Unicode TR 36) or that XML 1.0 forbids.
bool deceives(char32_t c) noexcept {
    return c < 0x20 || within(c, 0x7F, 0x9F) || c == 0xAD || c == 0x61C || c == 0x34F ||
           c == 0x115F || c == 0x1160 || within(c, 0x17B4, 0x17B5) || within(c, 0x180B, 0x180F) ||
           within(c, 0x200B, 0x200F) || within(c, 0x2028, 0x202E) || within(c, 0x2060, 0x206F) ||
           c == 0x3164 || within(c, 0xFE00, 0xFE0F) || c == 0xFEFF || c == 0xFFA0 ||
           within(c, 0xFFF0, 0xFFFB) || (c & 0xFFFE) == 0xFFFE || within(c, 0xFDD0, 0xFDEF) ||
           within(c, 0x1BCA0, 0x1BCA3) || within(c, 0x1D173, 0x1D17A) ||
           within(c, 0xE000, 0xF8FF) || within(c, 0xE0000, 0x10FFFF);
}

bool is_blank(char32_t c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 ||
           within(c, 0x2000, 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Combining marks pile up over neighbouring rows when there are many.
bool combines(char32_t c) noexcept {
    return within(c, 0x300, 0x36F) || within(c, 0x483, 0x489) || within(c, 0x591, 0x5BD) ||
           within(c, 0x610, 0x61A) || within(c, 0x64B, 0x65F) || within(c, 0xE31, 0xE3A) ||
           within(c, 0xE47, 0xE4E) || within(c, 0x1AB0, 0x1AFF) || within(c, 0x1DC0, 0x1DFF) ||
           within(c, 0x20D0, 0x20FF) || within(c, 0xFE20, 0xFE2F);
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    const std::size_t n = lead < 0x80   ? 1
                          : lead < 0xC2 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF5 ? 4
                                        : 0;
    if (n == 0 || text.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    if (n == 3 && ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) >= 0xA0))) return 0;
    if (n == 4 && ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) >= 0x90))) return 0;
    return n;
}

std::string clean_text(std::string_view text, std::size_t limit) {
    std::string out;
    std::size_t characters = 0;
    std::size_t marks = 0;
    bool blank = false;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t n = utf8_length(text.substr(i));
        const std::string_view bytes = text.substr(i, n > 0 ? n : 1);
        i += bytes.size();
        const char32_t c = n > 0 ? decode(bytes) : 0;
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
