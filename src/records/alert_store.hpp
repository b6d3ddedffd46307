// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/model/alert.hpp>

/// Alerts on disk, what people did about them, what still has to be sent, and how far the watch
/// has come (SQLite, WAL, synchronous=FULL). One event's alerts, its place in the stream and its
/// deliveries are one db_txn: a watch that dies at any moment neither loses nor repeats an alert.
namespace cordon::records {

/// What people do about an alert.
enum class AlertPhase : uint8_t { kNew, kAcknowledged, kInvestigating, kClosed };
std::string_view to_string(AlertPhase phase) noexcept;
Result<AlertPhase> parse_alert_phase(std::string_view text);

/// One thing that happened to an alert or an incident.
struct AlertStep {
    UnixMillis time;
    std::string who;   ///< A user, or "watch".
    std::string what;  ///< "raised", "repeated", "retracted", "acknowledged", "closed", ...
    std::string why;   ///< Required to close and to suppress.
    friend bool operator==(const AlertStep&, const AlertStep&) = default;
};

/// An alert as it is kept.
struct StoredAlert {
    Alert alert;
    AlertPhase phase{};
    /// Times seen: repeats of one detector about one subject (xN). Of a repeat: which one it is.
    uint64_t count = 1;
    std::string repeat_of;      ///< Id of the first of them; empty: this is the first.
    std::string subject_label;  ///< Of the subject, when it was raised; empty: none.
    std::string incident;
    std::string suppressed_by;  ///< Id of a suppression; empty: none.
    std::vector<AlertStep> history;
};

/// Alerts that share funds, actors or txns.
struct Incident {
    std::string id;
    std::string title;
    Severity severity{};  ///< Of its worst alert.
    AlertPhase phase{};
    UnixMillis first, last;
    std::optional<Cents> usd;  ///< At stake, the largest of its alerts.
    std::vector<std::string> alerts;
};

/// Hides alerts that match, until it expires. Nothing is deleted: they are kept, marked.
struct Suppression {
    std::string id;
    std::string detector;            ///< Empty: any.
    std::optional<Address> subject;  ///< None: any.
    std::optional<ChainId> chain;
    std::string tag;                     ///< Empty: any.
    Severity at_most = Severity::kHigh;  ///< Worse ones are never hidden.
    std::string reason;                  ///< Not empty.
    std::string who;
    UnixMillis from, until;  ///< `until` is required.
};

/// How far a source of the watch is.
struct Cursor {
    std::string source;  ///< As the user gave it.
    ChainId chain;
    BlockNum block = 0;
    Hash256 hash;
    uint64_t events = 0;  ///< Events taken from the source so far.
};

/// Something that must reach a sink.
struct Delivery {
    uint64_t number = 0;  ///< Rising.
    std::string sink;
    std::string body;  ///< JSON envelope.
    unsigned tries = 0;
    UnixMillis next_try;
};

}  // namespace cordon::records
