// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "unicode.hpp"

namespace cordon {
namespace {

bool within(char32_t c, char32_t first, char32_t last) noexcept { return c >= first && c <= last; }

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

char32_t utf8_character(std::string_view sequence) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    switch (sequence.size()) {
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
           within(c, 0x2000, 0x200A) || c == 0x1680 || c == 0x202F || c == 0x205F || c == 0x2800 ||
           c == 0x3000;
}

bool is_plain_line(std::string_view text) noexcept {
    if (!text.empty() && (text.front() == ' ' || text.back() == ' ')) return false;
    while (!text.empty()) {
        const std::size_t n = utf8_length(text);
        if (n == 0) return false;
        const char32_t c = utf8_character(text.substr(0, n));
        if (deceives(c) || (is_blank(c) && c != ' ')) return false;
        text.remove_prefix(n);
    }
    return true;
}

}  // namespace cordon
