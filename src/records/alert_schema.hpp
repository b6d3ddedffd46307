// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kinds.hpp"
#include "sqlite.hpp"

/// The tables of alerts.sqlite and their versions. Private to the room.
namespace cordon::records {

/// 0: an empty file. kUnsupported: of another program, or of a newer one.
Result<int64_t> alerts_version(const Database& database);
/// Makes them, or brings those of an older version up to date; all or nothing.
Status make_alert_tables(Database& database);

}  // namespace cordon::records
