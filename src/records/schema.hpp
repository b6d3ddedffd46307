// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <cordon/base/result.hpp>

#include "kinds.hpp"
#include "sqlite.hpp"

/// The tables of a records file and their versions. Private to the room.
namespace cordon::records {

/// Creates the tables in an empty file and brings an older one up to date, in one db_txn.
/// kUnsupported for a newer file, or one of another program.
Status upgrade_schema(Database& database);

/// The version of a file that is ours, 0 when it holds nothing yet. Reads only. kUnsupported as
/// above, kCorrupt.
Result<int64_t> stored_version(const Database& database);

/// For readers: kNotFound when the file holds nothing yet, kUnsupported when it needs an upgrade
/// first.
Status check_schema(const Database& database);

}  // namespace cordon::records
