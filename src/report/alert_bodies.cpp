// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_bodies.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "json_writer.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

// Telegram takes 4,096 characters, Slack 40,000; nobody reads more than this at night.
constexpr std::size_t kLongest = 1'500;

std::string subject_text(const records::StoredAlert& stored) {
    const Alert& alert = stored.alert;
    std::string text = to_string(alert.chain);
    if (!alert.subject.empty()) text += " " + chain::display_address(alert.chain, alert.subject);
    if (!stored.subject_label.empty())
        text += format(" ({})", clean_text(stored.subject_label, 60));
    return text;
}

/// A parameter's value of structured data: RFC 5424 6.3.3.
std::string parameter(std::string_view name, std::string_view value) {
    std::string out = format(" {}=\"", name);
    for (const char c : clean_text(value)) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
    return out + '"';
}

/// A header's text: bare ASCII, or RFC 2047's encoded word for the rest.
std::string header_text(std::string_view text) {
    if (std::all_of(text.begin(), text.end(),
                    [](unsigned char c) { return c >= 0x20 && c < 0x7F; }))
        return std::string{text};
    // An encoded word has 75 characters at most; one holds 42 bytes, cut between letters.
    constexpr std::size_t kWord = 42;
    std::string out;
    while (!text.empty()) {
        std::size_t end = std::min(kWord, text.size());
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        out += format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\n ",
                      to_base64({reinterpret_cast<const uint8_t*>(text.data()), end}));
        text.remove_prefix(end);
    }
    return out;
}

/// "Fri, 21 Feb 2025 14:13:35 +0000".
std::string mail_date(UnixMillis time) {
    constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<Seconds>(time - day)};
    return format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                  kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

std::string alert_headline(const records::StoredAlert& stored) {
    const Alert& alert = stored.alert;
    std::string word{alert.state == AlertState::kRetracted ? "retracted"
                                                           : to_string(alert.severity)};
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string text = format("{}: {}", word, clean_text(alert.title, 100));
    if (alert.usd) text += ", " + format_usd(*alert.usd);
    return text + ", " + subject_text(stored);
}

std::string alert_plain(const records::StoredAlert& stored) {
    const Alert& alert = stored.alert;
    std::string text = alert_headline(stored) + "\n";
    if (alert.state == AlertState::kRetracted) {
        text += "The block that showed it is no longer part of the chain.\n";
    } else {
        if (alert.state == AlertState::kPending) text += "Not in a block yet.\n";
        text += clean_text(alert.reason, kLongest) + "\n";
        if (!alert.next.empty()) text += "Next: " + clean_text(alert.next, kLongest) + "\n";
    }
    text += format("{} {}", format_rfc3339(alert.time), clean_text(alert.detector, 60));
    if (!alert.txns.empty()) text += " txn " + chain::format_hash(alert.chain, alert.txns.front());
    if (stored.count > 1) text += format(" x{}", stored.count);
    text += format("\nalert {} incident {}\n", alert.id, stored.incident);
    return text;
}

std::string slack_body(const records::StoredAlert& stored) {
    // Slack reads &, < and > as markup: an address label could make a link of itself.
    std::string text;
    for (const char c : alert_plain(stored)) {
        if (c == '&')
            text += "&amp;";
        else if (c == '<')
            text += "&lt;";
        else if (c == '>')
            text += "&gt;";
        else
            text += c;
    }
    std::string body = "{\"text\":";
    append_json_string(body, text);
    return body + "}";
}

std::string telegram_body(const records::StoredAlert& stored, std::string_view chat) {
    std::string body = "{\"chat_id\":";
    append_json_string(body, chat);
    body += ",\"text\":";
    append_json_string(body, alert_plain(stored));
    return body + ",\"disable_web_page_preview\":true}";
}

std::string syslog_line(const records::StoredAlert& stored, unsigned facility) {
    const Alert& alert = stored.alert;
    // info, notice, warning, error, critical: RFC 5424 table 2.
    constexpr std::array<unsigned, 5> kLevels{6, 5, 4, 3, 2};
    const unsigned priority = facility * 8 + kLevels[static_cast<std::size_t>(alert.severity)];
    std::string line =
        format("<{}>1 {} - cordon - alert [alert@32473", priority, format_rfc3339(alert.time));
    line += parameter("id", alert.id) + parameter("state", to_string(alert.state)) +
            parameter("detector", alert.detector) +
            parameter("severity", to_string(alert.severity)) +
            parameter("chain", to_string(alert.chain)) + parameter("incident", stored.incident);
    if (!alert.subject.empty())
        line += parameter("subject", chain::format_address(alert.chain, alert.subject));
    if (!alert.txns.empty())
        line += parameter("txn", chain::format_hash(alert.chain, alert.txns.front()));
    // The byte order mark says that what follows is UTF-8 (RFC 5424 6.4).
    return line + "] \xEF\xBB\xBF" + alert_headline(stored) + ". " +
           clean_text(alert.reason, kLongest);
}

std::string mail_text(const records::StoredAlert& stored, const std::string& from,
                      const std::vector<std::string>& to) {
    const Alert& alert = stored.alert;
    std::string receivers;
    for (const std::string& each : to) receivers += (receivers.empty() ? "" : ", ") + each;
    return format(
        "From: {}\nTo: {}\nSubject: {}\nDate: {}\nMessage-ID: <{}.{}@cordon>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n{}",
        from, receivers, header_text("[cordon] " + alert_headline(stored)), mail_date(alert.time),
        alert.id, to_string(alert.state), alert_plain(stored));
}

}  // namespace cordon::report
