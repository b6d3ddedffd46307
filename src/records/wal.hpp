// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sqlite.hpp"

namespace cordon::records {

/// Turns on write-ahead logging. SQLite answers "busy" at once, without waiting, when another
/// process does the same to a new file: so we wait here. Private to the room.
Status use_wal(Database& database, std::chrono::milliseconds busy_timeout);

}  // namespace cordon::records
