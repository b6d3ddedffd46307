// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/records/alert_store.hpp>

/// An alert in the forms that others read. Text of strangers (labels, names of rules) is one
/// harmless line in all of them.
namespace cordon::report {

/// A few plain lines: how bad, what, who, how much, why, what to do, where the evidence is.
std::string alert_plain(const records::StoredAlert& stored);
/// "CRITICAL: Hot wallet drained, $1,234,567, eth 0x…"
std::string alert_headline(const records::StoredAlert& stored);

/// {"text": …}: what Slack, Mattermost, Rocket.Chat and others take from a webhook.
std::string slack_body(const records::StoredAlert& stored);
/// {"chat_id": …, "text": …}: Telegram's sendMessage, as plain text.
std::string telegram_body(const records::StoredAlert& stored, std::string_view chat);
/// RFC 5424, with the ids as structured data. `facility` 0 to 23.
std::string syslog_line(const records::StoredAlert& stored, unsigned facility);
/// RFC 5322, lines ending in "\n". The message id is of the alert: relays see a repeat as one.
std::string mail_text(const records::StoredAlert& stored, const std::string& from,
                      const std::vector<std::string>& to);

}  // namespace cordon::report
