// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "alert_store.hpp"
#include "sqlite.hpp"

/// Between alerts and columns. Private to the room. decode refuses what we never wrote (kCorrupt).
namespace cordon::records {

inline int64_t count_of(UnixMillis time) { return time.time_since_epoch().count(); }
inline UnixMillis millis(int64_t value) { return UnixMillis{std::chrono::milliseconds{value}}; }

inline constexpr std::string_view kAlertColumns =
    "SELECT id, state, detector, severity, stage, confidence, chain, block, block_hash, time, "
    "subject, txns, related, usd, title, reason, next, tags, phase, count, repeat_of, "
    "subject_label, incident, suppressed_by, event, assignee FROM alert ";
inline constexpr std::string_view kIncidentColumns =
    "SELECT id, title, severity, phase, first, last, usd, merged_into FROM incident ";
inline constexpr std::string_view kCursorColumns =
    "SELECT source, chain, block, hash, events, time FROM cursor ";
inline constexpr std::string_view kSuppressionColumns =
    "SELECT id, detector, subject, chain, tag, at_most, reason, who, start, until FROM "
    "suppression ";

/// Tags as they are stored: a line each.
std::string join_lines(const std::vector<std::string>& lines);

/// Binds everything, in the order of kAlertColumns, and runs.
Status write_alert(Statement& statement, const StoredAlert& stored);
Result<StoredAlert> alert_row(const Statement& row);
Result<Incident> incident_row(const Statement& row);
Result<Cursor> cursor_row(const Statement& row);
Result<Suppression> suppression_row(const Statement& row);

}  // namespace cordon::records
