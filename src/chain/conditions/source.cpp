// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

/// A person reads the first few; a hostile file must not make a million of them.
constexpr std::size_t kMaxProblems = 200;
/// Names that differ by more are other names.
constexpr std::size_t kMaxDistance = 3;
/// Longer names are not compared: the cost is the product of the lengths.
constexpr std::size_t kMaxName = 64;

bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_inner(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Walks through a file and knows line and column.
class Walker {
public:
    Walker(std::string_view text, Mark mark) : text_{text}, mark_{mark} {
        for (uint32_t line = 1; line < mark.line && at_ < text.size(); ++line) {
            const std::size_t end = text.find('\n', at_);
            at_ = end == std::string_view::npos ? text.size() : end + 1;
        }
        for (uint32_t column = 1; column < mark.column && at_ < text.size(); ++column) {
            ++at_;
            while (at_ < text.size() && is_inner(text[at_])) ++at_;
        }
    }
    bool done() const noexcept { return at_ >= text_.size(); }
    char now() const noexcept { return text_[at_]; }
    const Mark& mark() const noexcept { return mark_; }
    void step() noexcept {
        if (text_[at_] == '\n') {
            ++mark_.line;
            mark_.column = 1;
        } else if (!is_inner(text_[at_])) {
            ++mark_.column;
        }
        ++at_;
    }

private:
    std::string_view text_;
    Mark mark_;
    std::size_t at_ = 0;
};

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t swap = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
            corner = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, swap});
        }
    }
    return row.back();
}

}  // namespace

SourcePiece locate(std::string_view file, uint32_t index, const YamlNode& node) {
    Walker walker{file,
                  {index, static_cast<uint32_t>(node.line), static_cast<uint32_t>(node.column)}};
    if (!walker.done() && (walker.now() == '|' || walker.now() == '>'))
        while (!walker.done() && walker.now() != '\n') walker.step();
    SourcePiece piece{node.text, {}};
    piece.marks.reserve(node.text.size() + 1);
    for (const char c : node.text) {
        // Folding changes blanks only, quoting adds signs: whatever else stands in the file is the
        // next character (or an escape for it).
        while (!is_space(c) && !walker.done() && walker.now() != c &&
               (is_space(walker.now()) || walker.now() == '"' || walker.now() == '\'' ||
                walker.now() == '\\'))
            walker.step();
        piece.marks.push_back(walker.mark());
        if (!is_space(c) && !walker.done()) walker.step();
    }
    piece.marks.push_back(walker.mark());
    return piece;
}

void Problems::add(const Mark& mark, Diagnostic diagnostic) {
    if (!diagnostic.warning) ++errors_;
    if (found_.size() >= kMaxProblems) return;
    diagnostic.file = mark.file < names_.size() ? names_[mark.file] : std::string{};
    diagnostic.line = mark.line;
    diagnostic.column = mark.column;
    found_.push_back({mark, std::move(diagnostic)});
}

void Problems::error(const Mark& mark, ErrorCode code, std::string message, std::string hint) {
    add(mark, {{}, 0, 0, code, std::move(message), std::move(hint), false});
}

void Problems::warn(const Mark& mark, ErrorCode code, std::string message, std::string hint) {
    add(mark, {{}, 0, 0, code, std::move(message), std::move(hint), true});
}

std::vector<Diagnostic> Problems::sorted() const {
    std::vector<Found> found = found_;
    const auto key = [](const Found& f) {
        return std::tuple{f.mark.file, f.mark.line, f.mark.column};
    };
    std::stable_sort(found.begin(), found.end(),
                     [&](const Found& a, const Found& b) { return key(a) < key(b); });
    std::vector<Diagnostic> all;
    for (Found& one : found) {
        // A macro that is wrong is wrong wherever it is used.
        const bool is_told = std::any_of(all.begin(), all.end(), [&](const Diagnostic& other) {
            return other.line == one.diagnostic.line && other.column == one.diagnostic.column &&
                   other.message == one.diagnostic.message && other.file == one.diagnostic.file;
        });
        if (!is_told) all.push_back(std::move(one.diagnostic));
    }
    return all;
}

std::string nearest(std::string_view wrong, std::span<const std::string_view> names) {
    if (wrong.size() > kMaxName) return {};
    std::size_t best = std::min(kMaxDistance, wrong.size() / 2 + 1) + 1;
    std::string_view name;
    for (const std::string_view candidate : names) {
        if (candidate.size() > kMaxName) continue;
        const std::size_t d = distance(wrong, candidate);
        if (d < best) {
            best = d;
            name = candidate;
        }
    }
    return name.empty() ? std::string{} : format("did you mean {}?", name);
}

std::string to_string(const Diagnostic& diagnostic) {
    std::string text = diagnostic.file;
    if (diagnostic.line > 0) text += format(":{}", diagnostic.line);
    if (diagnostic.line > 0 && diagnostic.column > 0) text += format(":{}", diagnostic.column);
    text += format(": {}: {}", diagnostic.warning ? "warning" : "error", diagnostic.message);
    if (!diagnostic.hint.empty()) text += format(" ({})", diagnostic.hint);
    return text + format(" [{}]", to_string(diagnostic.code));
}

}  // namespace cordon::chain
