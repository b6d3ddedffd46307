// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cordon::cli {

/// A table for a terminal: columns as wide as they must be, the flexible one cut with "…" to fit
/// the width.
class Table {
public:
    enum class Align { kLeft, kRight };
    struct Column {
        std::string_view head;
        Align align = Align::kLeft;
        bool flexible = false;   ///< Gives up width first.
        bool keep_head = false;  ///< Cut at its end: a name. Otherwise in the middle: an address.
    };

    explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}
    /// REQUIRES: as many cells as columns.
    void add(std::vector<std::string> cells);
    /// Lines ending in newline; nothing when there are no rows.
    std::string render(std::size_t width) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// COLUMNS where it is set, else the columns of the terminal behind standard output; 100 when it is
/// none.
std::size_t terminal_width() noexcept;

/// Characters that a UTF-8 text takes on screen (one each; control characters none).
std::size_t display_width(std::string_view text) noexcept;

/// Text of strangers made safe for a terminal: control characters and direction overrides become
/// "·".
std::string printable(std::string_view text);

/// The text, or its head and "…" when it is wider than `width`.
std::string cut(std::string_view text, std::size_t width);

/// The text, or its head and tail around "…" when it is wider than `width`.
std::string shorten(std::string_view text, std::size_t width);

/// "4,502.9": groups of three before the point.
std::string group_digits(std::string_view number);

}  // namespace cordon::cli
