// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explain_table.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/explain/hash_form.hpp>

#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using explain::Effect;
using explain::Explanation;
using explain::Finding;
using explain::Verdict;

/// A person reads a page; machines get all of it.
constexpr std::size_t kMostEffects = 12;
constexpr std::size_t kNarrow = 40, kWide = 110;

class Page {
public:
    Page(std::size_t width, bool color)
        : width_{std::clamp(width, kNarrow, kWide)}, color_{color} {}

    void bar(Verdict verdict) {
        static constexpr std::string_view kWords[] = {
            "OK     Understood to the last byte; nothing that was judged speaks against it.",
            "WARN   Ask somebody who knows, over a second channel, before you sign.",
            "BLOCK  Do not sign."};
        static constexpr std::string_view kColors[] = {"\x1b[1;30;42m", "\x1b[1;30;43m",
                                                       "\x1b[1;97;41m"};
        const auto at = static_cast<std::size_t>(verdict);
        const std::string line = " " + std::string{kWords[at]};
        const std::size_t pad = width_ > line.size() ? width_ - line.size() : 0;
        out_ += color_ ? format("{}{}{}\x1b[0m\n", kColors[at], line, std::string(pad, ' '))
                       : format("{}\n", kWords[at]);
    }
    void gap() { out_ += '\n'; }
    void head(std::string_view text) {
        out_ += color_ ? format("\n\x1b[1m{}\x1b[0m\n", text) : format("\n{}\n", text);
    }
    /// `mark` in front, the text beside it, wrapped; words that are longer than a line are whole.
    void item(std::string_view mark, std::size_t indent, std::string_view text,
              std::string_view style = {}) {
        const std::string safe = printable(text);
        std::string line =
            color_ && !style.empty() ? format("{}{}\x1b[0m", style, mark) : std::string{mark};
        line += std::string(indent > display_width(mark) ? indent - display_width(mark) : 1, ' ');
        std::size_t column = indent;
        bool fresh = true;
        for (std::size_t at = 0; at <= safe.size();) {
            const std::size_t end = std::min(safe.find(' ', at), safe.size());
            const std::string_view word{safe.data() + at, end - at};
            const std::size_t size = display_width(word);
            if (!fresh && column + 1 + size > width_) {
                out_ += line + '\n';
                line = std::string(indent, ' ');
                column = indent;
                fresh = true;
            }
            if (!fresh) {
                line += ' ';
                ++column;
            }
            line += word;
            column += size;
            fresh = false;
            at = end + 1;
        }
        out_ += line + '\n';
    }
    std::string take() { return std::move(out_); }

private:
    std::size_t width_;
    bool color_;
    std::string out_;
};

std::string_view style_of(Verdict verdict) {
    return verdict == Verdict::kBlock  ? "\x1b[1;31m"
           : verdict == Verdict::kWarn ? "\x1b[1;33m"
                                       : "\x1b[32m";
}

std::string placed(const std::string& where, const std::string& text) {
    return where.empty() ? text : format("{}: {}", where, text);
}

/// The hash in words for a telephone; nothing for what is no hash of an even number of bytes.
std::optional<std::string> words_of(const explain::NamedHash& hash) {
    const auto bytes = explain::hash_bytes(hash.value);
    const auto words =
        bytes ? explain::word_form(*bytes) : Result<std::string>{fail(bytes.error())};
    return words ? std::optional{*words} : std::nullopt;
}

void add_findings(Page& page, const Explanation& explanation) {
    for (const bool judged : {true, false}) {
        bool any = false;
        for (const Finding& each : explanation.findings) {
            if (each.judged != judged) continue;
            if (!std::exchange(any, true)) page.head(judged ? "WHY" : "NOT JUDGED");
            // "ok" beside a reason would read as praise.
            const std::string_view mark = !judged ? "-"
                                          : each.severity == Verdict::kOk
                                              ? "note"
                                              : to_string(each.severity);
            page.item(format("  {:<5} {:<4}", mark, each.rule), 13, placed(each.where, each.text),
                      judged ? style_of(each.severity) : std::string_view{});
        }
    }
}

}  // namespace

std::string explain_text(const Explanation& explanation, std::size_t width, bool color) {
    Page page{width, color};
    page.bar(explanation.verdict);
    page.gap();
    page.item("", 2, explanation.summary);
    page.gap();
    page.item("  At worst:", 12, explanation.worst_case);
    if (explanation.effects.size() > 1) {
        page.head("EFFECTS");
        const std::size_t shown = std::min(explanation.effects.size(), kMostEffects);
        for (std::size_t i = 0; i < shown; ++i) {
            const Effect& each = explanation.effects[i];
            page.item(format("  {}", to_string(each.kind)), 18, placed(each.where, each.text));
        }
        if (shown < explanation.effects.size())
            page.item("", 18,
                      format("… and {} more: --format json shows all",
                             format_count(explanation.effects.size() - shown)));
    }
    add_findings(page, explanation);
    if (!explanation.hashes.empty()) {
        page.head("COMPARE, digit by digit, with what the device shows");
        std::size_t indent = 0;
        for (const auto& each : explanation.hashes) indent = std::max(indent, each.name.size());
        for (const auto& each : explanation.hashes) {
            page.item(format("  {}", each.name), indent + 4, each.value);
            if (const auto bytes = explain::hash_bytes(each.value)) {
                std::string groups = explain::grouped_form(*bytes);
                std::replace(groups.begin(), groups.end(), '\n', ' ');
                page.item("    see", indent + 4, groups, "\x1b[2m");
            }
            if (const auto words = words_of(each))
                page.item("    say", indent + 4, *words, "\x1b[2m");
        }
    }
    if (!explanation.screens.empty()) {
        page.head("AS THE MAKERS OF THE CONTRACT PUT IT (ERC-7730): words only, no judgement");
        std::size_t indent = 0;
        for (const auto& each : explanation.screens)
            indent = std::max(indent, display_width(each.label));
        for (const auto& each : explanation.screens)
            page.item(format("  {}", each.label), std::min<std::size_t>(indent + 4, 30),
                      placed(each.where, each.value));
    }
    if (!explanation.details.empty()) {
        page.head("SIGNED FIELDS");
        std::size_t indent = 0;
        for (const auto& each : explanation.details) indent = std::max(indent, each.name.size());
        for (const auto& each : explanation.details)
            page.item(format("  {}", each.name), std::min<std::size_t>(indent + 4, 30), each.value);
    }
    return page.take();
}

}  // namespace cordon::cli
