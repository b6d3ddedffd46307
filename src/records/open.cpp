// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <thread>

#include <cordon/base/format.hpp>

#include "schema.hpp"
#include "sqlite_store.hpp"
#include "wal.hpp"

namespace cordon::records {
namespace {

bool exists(const std::string& path) noexcept {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0;
}

}  // namespace

Status use_wal(Database& database, std::chrono::milliseconds busy_timeout) {
    constexpr std::chrono::milliseconds kPause{10};
    for (std::chrono::milliseconds waited{0};; waited += kPause) {
        const Result<std::string> mode = database.query_text("PRAGMA journal_mode=WAL");
        if (mode && *mode == "wal") return {};
        if (mode)
            return fail(ErrorCode::kUnsupported,
                        format("{}: the file system allows only journal mode \"{}\"; expected one "
                               "with shared memory, "
                               "put the ledger on a local disk",
                               database.path(), *mode));
        if (mode.error().code != ErrorCode::kLocked || waited >= busy_timeout)
            return fail(mode.error());
        std::this_thread::sleep_for(kPause);
    }
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, const Options& options) {
    CORDON_TRY(auto database, Database::open(path, Database::Mode::kCreate, options.busy_timeout));
    if (database->read_only())
        return fail(ErrorCode::kPermission,
                    format("{}: expected a file that this user may write to", path));
    // Judged before the first write: a file of somebody else stays as it is.
    CORDON_TRY(stored_version(*database));
    CORDON_TRY(use_wal(*database, options.busy_timeout));
    // 32 MB of pages hold the upper levels of a label table of some 10 M rows.
    CORDON_TRY(database->execute(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32768; "
        "PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216"));
    CORDON_TRY(upgrade_schema(*database));
    return SqliteStore::make(std::move(database));
}

Result<std::unique_ptr<Store>> Store::open_read_only(const std::string& path,
                                                     const Options& options) {
    CORDON_TRY(auto database,
               Database::open(path, Database::Mode::kReadOnly, options.busy_timeout));
    if (!stored_version(*database) && !exists(path + "-wal")) {
        // Where the directory cannot be written, SQLite has no place for its shared memory. Nothing
        // waits in a log and nobody writes: the file may be read as it is, e.g. from an evidence
        // medium.
        CORDON_TRY(database,
                   Database::open(path, Database::Mode::kImmutable, options.busy_timeout));
    }
    CORDON_TRY(check_schema(*database));
    CORDON_TRY(database->execute("PRAGMA query_only=ON; PRAGMA cell_size_check=ON"));
    return SqliteStore::make(std::move(database));
}

}  // namespace cordon::records
