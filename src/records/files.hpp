// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

/// Whole files of this room's stores, whatever is in them: for backups and before migrations.
namespace cordon::records {

class Database;

struct StoreFile {
    std::string_view kind;  ///< "records", "alerts", "cases", "accounts".
    int64_t version = 0;    ///< Of its tables.
    int64_t newest = 0;     ///< That this build knows.
};

/// What a file is. kNotFound: there is none, or nothing is in it yet; kUnsupported: it is of
/// another program, or a newer Cordon wrote it (both versions are named).
Result<StoreFile> store_file(const std::string& path);
/// Writes one state of a file into a new one (0600), while others go on writing; on disk when this
/// returns. kConflict when `to` exists.
Status copy_store_file(const std::string& from, const std::string& to);
/// Pages, indices, and references between tables. kCorrupt.
Status verify_store_file(const std::string& path);

/// Before the tables of an older version are changed: a copy "PATH.vN" beside the file, so that the
/// older Cordon can go on from it. Private to the room. Nothing for version 0, a new file.
Status keep_copy(const Database& database, int64_t version);

}  // namespace cordon::records
