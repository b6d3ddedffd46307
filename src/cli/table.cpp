// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cordon/base/check.hpp>

namespace cordon::cli {
namespace {

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Byte offset of the n-th character.
std::size_t offset_of(std::string_view text, std::size_t n) noexcept {
    std::size_t at = 0;
    while (at < text.size() && n > 0) {
        ++at;
        while (at < text.size() && is_continuation(text[at])) ++at;
        --n;
    }
    return at;
}

std::string pad(const std::string& text, std::size_t width, Table::Align align) {
    const std::size_t used = display_width(text);
    const std::string blanks(width > used ? width - used : 0, ' ');
    return align == Table::Align::kRight ? blanks + text : text + blanks;
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return !is_continuation(c) && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
    }));
}

std::string printable(std::string_view text) {
    std::string out;
    std::size_t whole = 0;  // Where the UTF-8 character that is being copied ends.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // U+202A..202E and U+2066..2069 (E2 80 AA..AE, E2 81 A6..A9) reorder what follows;
        // U+0080..009F are controls.
        const auto next = [&](std::size_t n) {
            return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0U;
        };
        const bool reorders =
            c == 0xE2 && ((next(1) == 0x80 && next(2) >= 0xAA && next(2) <= 0xAE) ||
                          (next(1) == 0x81 && next(2) >= 0xA6 && next(2) <= 0xA9));
        const bool c1 = c == 0xC2 && next(1) >= 0x80 && next(1) <= 0x9F;
        if (i >= whole && c >= 0x80) {
            // A byte that is part of no character may be a control of an 8-bit terminal (9B is
            // CSI).
            const std::size_t size = c >= 0xF0 && c < 0xF5 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
            bool is_character = size != 0 && c < 0xF5;
            for (std::size_t n = 1; n < size; ++n) is_character &= (next(n) & 0xC0) == 0x80;
            if (!is_character) {
                out += "·";
                continue;
            }
            whole = i + size;
        }
        if (c < 0x20 || c == 0x7F || reorders || c1) {
            out += "·";
            i += reorders ? 2U : c1 ? 1U : 0U;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string cut(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string{text};
    return std::string{text.substr(0, offset_of(text, width - std::min<std::size_t>(width, 1)))} +
           (width == 0 ? "" : "…");
}

std::string shorten(std::string_view text, std::size_t width) {
    const std::size_t length = display_width(text);
    if (length <= width) return std::string{text};
    if (width < 3) return std::string{text.substr(0, offset_of(text, width))};
    const std::size_t head = (width - 1 + 1) / 2;
    const std::size_t tail = width - 1 - head;
    return std::string{text.substr(0, offset_of(text, head))} + "…" +
           std::string{text.substr(offset_of(text, length - tail))};
}

std::string group_digits(std::string_view number) {
    const std::size_t point = std::min(number.find('.'), number.size());
    std::string out;
    for (std::size_t i = 0; i < point; ++i) {
        if (i != 0 && (point - i) % 3 == 0) out += ',';
        out += number[i];
    }
    return out + std::string{number.substr(point)};
}

std::size_t terminal_width() noexcept {
    if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
        const long given = std::strtol(columns, nullptr, 10);
        if (given >= 40 && given <= 1000) return static_cast<std::size_t>(given);
    }
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
    return 100;
}

void Table::add(std::vector<std::string> cells) {
    CORDON_CHECK(cells.size() == columns_.size());
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t width) const {
    if (rows_.empty()) return {};
    constexpr std::size_t kGap = 2;
    constexpr std::size_t kNarrowest = 9;
    std::vector<std::size_t> widths;
    std::size_t total = 0;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        std::size_t widest = columns_[c].head.size();
        for (const auto& row : rows_) widest = std::max(widest, display_width(row[c]));
        widths.push_back(widest);
        total += widest + (c == 0 ? 0 : kGap);
    }
    // The widest flexible column gives way first: an address says as much with its middle left out,
    // a name does not.
    while (total > width) {
        std::optional<std::size_t> widest;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            const bool has_room = widths[c] > std::max(columns_[c].head.size(), kNarrowest);
            if (columns_[c].flexible && has_room && (!widest || widths[c] > widths[*widest]))
                widest = c;
        }
        if (!widest) break;
        --widths[*widest];
        --total;
    }

    const auto line = [&](const auto& cell_at) {
        std::string out;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            if (c != 0) out += std::string(kGap, ' ');
            out += pad(
                columns_[c].keep_head ? cut(cell_at(c), widths[c]) : shorten(cell_at(c), widths[c]),
                widths[c], columns_[c].align);
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out + '\n';
    };
    std::string out = line([&](std::size_t c) { return std::string{columns_[c].head}; });
    for (const auto& row : rows_) out += line([&](std::size_t c) { return row[c]; });
    return out;
}

}  // namespace cordon::cli
