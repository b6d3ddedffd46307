// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "table.hpp"

namespace cordon::cli {
namespace {

// As wide as the longest word, so that what follows stands in one column.
constexpr std::size_t kSeverityWidth = 8;
constexpr std::size_t kIndent = kSeverityWidth + 2;

/// "why   TEXT", broken between words, what follows below its beginning.
std::string paragraph(std::string_view head, std::string_view text, std::size_t width) {
    constexpr std::size_t kHead = 6;
    constexpr std::size_t kNarrowest = 30;
    const std::size_t room = std::max(width, kIndent + kHead + kNarrowest) - kIndent - kHead;
    const std::string safe = printable(text);
    std::string out, line;
    std::string_view left = safe;
    const auto end_line = [&] {
        out += format("{:{}}{:{}}{}\n", "", kIndent, out.empty() ? head : "", kHead, line);
        line.clear();
    };
    while (!left.empty()) {
        const std::size_t end = std::min(left.find(' '), left.size());
        const std::string_view word = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (!line.empty() && display_width(line) + 1 + display_width(word) > room) end_line();
        if (!line.empty()) line += ' ';
        line += word;
    }
    if (!line.empty()) end_line();
    return out;
}

}  // namespace

std::string severity_text(Severity severity, bool color) {
    std::string word{to_string(severity)};
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    word.resize(kSeverityWidth, ' ');
    if (!color) return word;
    constexpr std::array<std::string_view, 5> kColors{"2", "0", "33", "1;31", "1;37;41"};
    return format("\x1b[{}m{}\x1b[0m", kColors[static_cast<std::size_t>(severity)], word);
}

std::string alert_text(const records::StoredAlert& stored, std::size_t width, bool color) {
    const Alert& alert = stored.alert;
    std::string out =
        format("{}  {}  {} {}", severity_text(alert.severity, color), format_rfc3339(alert.time),
               printable(alert.detector), printable(alert.title));
    if (alert.state != AlertState::kRaised) out += format("  ({})", to_string(alert.state));
    if (stored.count > 1) out += format("  x{}", stored.count);
    out += '\n';
    std::string who = to_string(alert.chain);
    if (!alert.subject.empty()) who += " " + chain::display_address(alert.chain, alert.subject);
    if (!stored.subject_label.empty()) who += format(" ({})", printable(stored.subject_label));
    if (alert.usd) who += "  " + format_usd(*alert.usd);
    out += paragraph("who", who, width);
    if (alert.state == AlertState::kRetracted) {
        const bool waited = alert.block_hash == Hash256{} && !alert.txns.empty();
        out += paragraph("why",
                         waited ? std::string_view{alert.reason}
                                : "the block that showed it is no longer part of the chain",
                         width);
        return out;
    }
    out += paragraph("why", alert.reason, width);
    out += paragraph("next", alert.next, width);
    if (!alert.txns.empty()) {
        std::string txns = chain::format_hash(alert.chain, alert.txns.front());
        if (alert.txns.size() > 1) txns += format(" and {} more", alert.txns.size() - 1);
        out += paragraph("txn", txns, width);
    }
    return out;
}

}  // namespace cordon::cli
