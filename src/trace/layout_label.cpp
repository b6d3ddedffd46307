// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <cordon/base/format.hpp>

#include "layout_place.hpp"

namespace cordon::trace {
namespace {

/// Advance widths of DejaVu Sans, ' ' to '~', in 1/100 em, rounded up. It is the widest of the
/// usual screen fonts: what fits in it fits in the others.
constexpr std::array<uint8_t, 95> kAscii{
    32, 41, 46, 84, 64, 96, 78, 28, 40,  40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
    61, 79, 70, 64, 62, 74, 69, 99, 69,  62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64,
    64, 28, 28, 58, 28, 98, 64, 62, 64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84};

double character_width(std::string_view text, std::size_t at) noexcept {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c < 0x7F) return kAscii[c - 0x20] / 100.0;
    if (text.substr(at).starts_with("·")) return 0.33;
    if (text.substr(at).starts_with("×")) return 0.85;
    return c >= 0xD0 ? 1.1 : 0.85;  // Cyrillic, CJK, emoji, "…", "→"; accented Latin.
}

bool starts_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// Of text that stands behind what is `width` wide, in em.
double add_width(double width, std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (starts_character(text[i])) width += character_width(text, i);
    return width;
}

/// The longest beginning of `text` that fits with "…" behind it; empty when not even three
/// characters do.
std::string shorten(const std::string& text, double room, double font_size) {
    const double ellipsis = text_width("…", font_size);
    double width = 0;
    std::size_t characters = 0;
    std::size_t end = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!starts_character(text[i])) continue;
        width += character_width(text, i) * font_size;
        if (width + ellipsis > room) break;
        ++characters;
        end = i + 1;
        while (end < text.size() && !starts_character(text[end])) ++end;
    }
    if (characters < 3) return {};
    // "0x39cd…1" says no more than "0x39cd…": a name that was shortened before is cut at the same
    // place.
    end = std::min(end, text.find("…"));
    while (end > 0 && text[end - 1] == ' ') --end;
    return text.substr(0, end) + "…";
}

}  // namespace

double text_width(std::string_view text, double font_size) noexcept {
    return add_width(0, text) * font_size;
}

namespace flow {
namespace {

/// Money that can be asked for, and where it all began, is what a reader looks for first.
double importance(const FlowNode& node) {
    double weight = node.through();
    if (node.kind == FlowKind::kSeed) weight *= 100;
    if (node.kind == FlowKind::kService) weight *= 3;
    if (node.rest > 0.5 * node.through()) weight *= 2;
    return weight;
}

/// The most telling text that fits: all; "wallets" for "wallets, stolen" (the colour says the
/// rest); a service without its count; a shortened name; the amount alone.
std::string fit(FlowNode& node, double room, double font, const std::string& value) {
    const auto fits = [&](std::string_view name) {
        return add_width(add_width(0, name), node.amount) * font <= room;
    };
    if (fits(node.name)) return node.name + node.amount;
    const std::size_t comma =
        node.kind == FlowKind::kFold ? node.name.find(',') : std::string::npos;
    const std::string brief = node.name.substr(0, comma);
    if (comma != std::string::npos && fits(brief)) return brief + node.amount;
    if (node.kind == FlowKind::kService) {
        node.amount = " · " + value;
        if (fits(node.name)) return node.name + node.amount;
    }
    const std::string name = shorten(brief, room - text_width(node.amount, font), font);
    if (name.empty()) node.amount = value;
    return name + node.amount;
}

// Behind the node and the mark of what rests; before the next column.
constexpr double kGap = 7;
constexpr double kBeforeNext = 10;

double icon_room(const FlowNode& node, double font) {
    return node.category ? FlowNode::kIconRoom * font : 0;
}

std::string value_text(const FlowLayout& layout, const FlowNode& node) {
    return node.kind == FlowKind::kContext ? node.moved : layout.scale.text(node.through());
}

std::string amount_text(const FlowNode& node, const std::string& value) {
    const std::string count = node.count() > 1 ? format(" ×{}", node.count()) : std::string{};
    return count + " · " + value;
}

/// The labels of one column: all of one height, none touches another. Half a label is a cell, so
/// that no two begin in one, and those that could touch begin at most two cells away.
class Strips {
public:
    Strips(double height, double lowest) noexcept
        : height_{height}, tops_(cell(std::max(0.0, lowest)) + 1 + 2 * kReach, kNone) {}
    bool is_free(double top) const noexcept {
        const std::size_t at = cell(top) + kReach;
        for (std::size_t i = at - kReach; i <= at + kReach; ++i)
            if (tops_[i] >= top ? tops_[i] < top + height_ : tops_[i] + height_ > top) return false;
        return true;
    }
    /// REQUIRES: 0 <= top <= lowest, as in is_free().
    void take(double top) noexcept { tops_[cell(top) + kReach] = top; }

private:
    static constexpr std::size_t kReach = 2;
    static constexpr double kNone = -std::numeric_limits<double>::infinity();
    std::size_t cell(double top) const noexcept {
        return static_cast<std::size_t>(top / std::max(0.5, height_ / 2));
    }
    double height_;
    std::vector<double> tops_;  // By cell; kReach more at both ends.
};

/// Boxes by height on the canvas, so that those beside a label are found without looking at all.
class Shelves {
public:
    explicit Shelves(double height)
        : shelves_(static_cast<std::size_t>(std::max(0.0, height) / kShelf) + 1) {}
    void put(const Box& box, double before) {
        for (std::size_t i = shelf(box.y); i <= shelf(box.bottom()); ++i)
            shelves_[i].push_back({box, before});
    }
    /// `visit(box, before)` of all that lie between, some of them more than once.
    template <typename Visit>
    void between(double top, double bottom, Visit&& visit) const {
        for (std::size_t i = shelf(top); i <= shelf(bottom); ++i)
            for (const auto& [box, before] : shelves_[i]) visit(box, before);
    }

private:
    static constexpr double kShelf = 16;  // About a label.
    std::size_t shelf(double y) const noexcept {
        return static_cast<std::size_t>(
            std::clamp(y / kShelf, 0.0, static_cast<double>(shelves_.size() - 1)));
    }
    std::vector<std::vector<std::pair<Box, double>>> shelves_;
};

/// Lets shortened labels grow over the next columns where neither node nor label is in the way.
void lengthen(const LayoutParams& params, FlowLayout& layout, const std::vector<uint32_t>& cut) {
    constexpr double kAir = 2;      // Above and below.
    constexpr double kMarks = 4.6;  // Left of a node: what appears there, the second edge.
    if (cut.empty()) return;
    // Only where a box begins and how high it is matters, and labels that grow change neither.
    Shelves shelves{layout.height};
    for (const FlowNode& node : layout.nodes) {
        shelves.put(node.box, kBeforeNext + kMarks);
        if (!node.label.empty()) shelves.put(node.label_box, kBeforeNext);
    }
    for (const uint32_t i : cut) {
        FlowNode& node = layout.nodes[i];
        const double top = node.label_box.y - kAir, bottom = node.label_box.bottom() + kAir;
        double right = layout.width - 6;
        shelves.between(top, bottom, [&](const Box& box, double before) {
            // Its own node and label begin no further to the right.
            if (box.x <= node.label_box.x || box.y >= bottom || box.bottom() <= top) return;
            right = std::min(right, box.x - before);
        });
        const double icon = icon_room(node, params.font_size);
        const double room = right - node.label_box.x - icon;
        if (room <= node.label_box.width - icon) continue;
        const std::string value = value_text(layout, node);
        node.amount = amount_text(node, value);
        node.label = fit(node, room, params.font_size, value);
        node.label_box.width = icon + text_width(node.label, params.font_size);
    }
}

}  // namespace

std::array<double, 2> label_rooms(const LayoutParams& params, const FlowLayout& layout,
                                  const FlowNode& node, std::array<std::size_t, 2> characters) {
    const std::string amount = amount_text(node, value_text(layout, node));
    std::array<double, 2> rooms{};
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        const std::string_view all = node.name;
        if (i > 0 && all.size() <= std::min(characters[0], characters[i])) {
            rooms[i] = rooms[0];  // The whole name both times.
            continue;
        }
        std::size_t seen = 0;
        std::size_t end = 0;
        while (end < all.size() && (seen += starts_character(all[end])) <= characters[i]) ++end;
        double width = add_width(0, all.substr(0, end));
        if (end < all.size()) width = add_width(width, "…");
        rooms[i] = layout.node_width + kGap + icon_room(node, params.font_size) +
                   add_width(width, amount) * params.font_size + kBeforeNext;
    }
    return rooms;
}

void place_labels(const LayoutParams& params, FlowLayout& layout) {
    const double font = params.font_size;
    const double line = font * 1.35;
    const auto room_behind = [&](uint32_t column) {
        const double left = layout.columns[column].x + layout.node_width + kGap;
        const double right = column + 1 < layout.columns.size()
                                 ? layout.columns[column + 1].x - kBeforeNext
                                 : layout.width - 6;
        return std::pair{left, right};
    };
    for (uint32_t c = 0; c < layout.columns.size(); ++c) {
        FlowColumn& column = layout.columns[c];
        const double right = c + 1 < layout.columns.size() ? layout.columns[c + 1].x - kBeforeNext
                                                           : layout.width - 6;
        column.head_box = {column.x, 14, std::min(text_width(column.head, font), right - column.x),
                           line};
    }

    // Most find no place in a raw picture: all that the search asks of a node stands together.
    struct Wish {
        uint32_t column = 0;
        // In the middle of the node; otherwise the nearest place still beside it.
        double middle = 0, reach = 0;
    };
    std::vector<Wish> wishes(layout.nodes.size());
    std::vector<std::pair<double, uint32_t>> order(layout.nodes.size());
    for (uint32_t i = 0; i < layout.nodes.size(); ++i) {
        const FlowNode& node = layout.nodes[i];
        wishes[i] = {node.column, node.box.y + node.box.height / 2, node.box.height / 2 + 3};
        order[i] = {importance(node), i};
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<uint32_t> cut;
    const double highest = 14 + line + 6;
    const double lowest = layout.height - 4;
    std::vector<Strips> taken(layout.columns.size(), Strips{line, lowest});
    const auto place = [&](const Wish& wish) -> std::optional<double> {
        // 0, 2, -2, 4, -4, ...
        for (double off = 0; std::abs(off) <= wish.reach; off = off > 0 ? -off : 2 - off) {
            const double top = wish.middle + off - line / 2;
            if (top >= highest && top + line <= lowest && taken[wish.column].is_free(top))
                return top;
        }
        return std::nullopt;
    };
    for (const auto& [weight, i] : order) {
        const std::optional<double> top = place(wishes[i]);
        if (!top) {
            ++layout.omitted.labels;
            continue;
        }
        FlowNode& node = layout.nodes[i];
        const std::string value = value_text(layout, node);
        node.amount = amount_text(node, value);
        const std::string whole = node.name + node.amount;
        const auto [left, right] = room_behind(node.column);
        const double icon = icon_room(node, font);
        const double room = right - left - icon;
        const std::string text = fit(node, room, font, value);
        const double width = text_width(text, font);
        if (width > room) {
            ++layout.omitted.labels;
            continue;
        }
        node.label = text;
        node.label_box = {left, *top, icon + width, line};
        taken[node.column].take(*top);
        if (text != whole) cut.push_back(i);
    }
    lengthen(params, layout, cut);
}

}  // namespace flow
}  // namespace cordon::trace
