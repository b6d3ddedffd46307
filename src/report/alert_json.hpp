// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <cordon/records/alert_store.hpp>

#include "json_writer.hpp"

namespace cordon::report {

/// `data` of an envelope of kind alert (docs/formats/alert.md). What is not known is null, so that
/// every alert has the same keys.
void write_alert(JsonWriter& json, const records::StoredAlert& stored);

/// The whole envelope as one line with its newline: what every sink sends.
std::string alert_line(const records::StoredAlert& stored);

/// `data` alone, with "history" (time, who, what, why): what the console gets.
std::string alert_data(const records::StoredAlert& stored);
std::string incident_data(const records::Incident& incident);

/// The same of kind incident: id, title, severity, phase, first, last, usd, alerts.
std::string incident_line(const records::Incident& incident);

/// One document of all of them, kind alerts.result: `data.alerts`, `data.incidents`.
std::string alerts_document(std::span<const records::StoredAlert> alerts);
std::string incidents_document(std::span<const records::Incident> incidents);

/// A line of the dead-letter file: kind alert.dead, with the sink, why, how often it was tried, and
/// the alert where it is known.
std::string dead_letter(std::string_view sink, std::string_view why, unsigned tries,
                        const std::optional<records::StoredAlert>& stored);

}  // namespace cordon::report
