// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/records/alert_store.hpp>

namespace cordon::cli {

/// An alert for a person who was just woken: how bad, when, what, who, how much, why, what to do.
/// In full only what is needed to act; all ids are in machine output.
std::string alert_text(const records::StoredAlert& stored, std::size_t width, bool color);

/// "CRITICAL", coloured by how bad it is.
std::string severity_text(Severity severity, bool color);

}  // namespace cordon::cli
