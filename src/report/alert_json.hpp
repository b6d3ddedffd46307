// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/records/alert_store.hpp>

#include "json_writer.hpp"

namespace cordon::report {

/// `data` of an envelope of kind alert (docs/formats/alert.md). What is not known is null, so that
/// every alert has the same keys.
void write_alert(JsonWriter& json, const records::StoredAlert& stored);

/// The whole envelope as one line with its newline: what every sink sends.
std::string alert_line(const records::StoredAlert& stored);

}  // namespace cordon::report
