// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "svg.hpp"

#include <algorithm>
#include <cstdlib>

#include <cordon/base/format.hpp>

namespace cordon::heists {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        }
    }
    return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    while (text.size() > width) {
        std::size_t at = text.rfind(' ', width);
        if (at == std::string_view::npos || at == 0) at = width;
        lines.emplace_back(text.substr(0, at));
        text.remove_prefix(std::min(text.size(), at + 1));
    }
    lines.emplace_back(text);
    return lines;
}

std::string span_text(int64_t seconds) {
    const int64_t size = std::abs(seconds);
    if (size >= 2 * 86'400) return format("{:.1f} days", static_cast<double>(size) / 86'400);
    if (size >= 2 * 3'600) return format("{:.1f} hours", static_cast<double>(size) / 3'600);
    if (size >= 120) return format("{} minutes", size / 60);
    return format("{} seconds", size);
}

}  // namespace cordon::heists
