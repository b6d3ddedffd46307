// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "kinds.hpp"
#include "sqlite.hpp"

namespace cordon::records {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{10'000};

struct Kind {
    std::string_view name;
    int64_t application, newest;
};
constexpr std::array kKinds{Kind{"records", kApplicationId, kSchemaVersion},
                            Kind{"alerts", kAlertsApplicationId, kAlertsVersion},
                            Kind{"cases", kCasesApplicationId, kCasesVersion},
                            Kind{"accounts", kAccountsApplicationId, kAccountsVersion}};

Result<std::unique_ptr<Database>> open_file(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return fail(ErrorCode::kNotFound, format("{}: is not there", path));
    CORDON_TRY(auto database, Database::open(path, Database::Mode::kReadOnly, kBusyTimeout));
    // From a medium that cannot be written SQLite has no place for its shared memory.
    if (!database->query_integer("PRAGMA user_version") &&
        !std::filesystem::exists(path + "-wal", ignored)) {
        CORDON_TRY(database, Database::open(path, Database::Mode::kImmutable, kBusyTimeout));
    }
    return database;
}

/// One state of a database in a new file that only its owner can read: VACUUM INTO sees one
/// moment of it, whoever writes.
Status vacuum_into(const Database& database, const std::string& path) {
    // SQLite fills a file that is there and empty, and would make one that others can read.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(ErrorCode::kConflict, format("{}: is there already", path));
    if (fd < 0) return fail(system_error(errno, path, "make"));
    const Status done = [&]() -> Status {
        CORDON_TRY(Statement statement, database.prepare("VACUUM INTO ?1"));
        statement.bind(1, std::string_view{path});
        CORDON_TRY(statement.run());
        if (::fsync(fd) != 0) return fail(system_error(errno, path, "sync"));
        return {};
    }();
    ::close(fd);
    if (!done) ::unlink(path.c_str());
    return done;
}

}  // namespace

Result<StoreFile> store_file(const std::string& path) {
    CORDON_TRY(const auto database, open_file(path));
    CORDON_TRY(const int64_t application, database->query_integer("PRAGMA application_id"));
    CORDON_TRY(const int64_t version, database->query_integer("PRAGMA user_version"));
    CORDON_TRY(const int64_t tables, database->query_integer("SELECT count(*) FROM sqlite_schema"));
    if (application == 0 && version == 0 && tables == 0)
        return fail(ErrorCode::kNotFound, format("{}: nothing is in it yet", path));
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& each) {
        return each.application == application;
    });
    if (kind == kKinds.end())
        return fail(ErrorCode::kUnsupported,
                    format("{}: is an SQLite file of another program", path));
    if (version < 1 || version > kind->newest)
        return fail(ErrorCode::kUnsupported,
                    format("{}: {} of schema version {}, this build knows up to {}; use the Cordon "
                           "that wrote it",
                           path, kind->name, version, kind->newest));
    return StoreFile{kind->name, version, kind->newest};
}

Status copy_store_file(const std::string& from, const std::string& to) {
    CORDON_TRY(const auto database, open_file(from));
    return vacuum_into(*database, to);
}

Status verify_store_file(const std::string& path) {
    CORDON_TRY(const auto database, open_file(path));
    CORDON_TRY(const std::string pages, database->query_text("PRAGMA integrity_check(1)"));
    if (pages != "ok") return fail(ErrorCode::kCorrupt, format("{}: {}", path, pages));
    CORDON_TRY(const std::string orphan, database->query_text("PRAGMA foreign_key_check"));
    if (!orphan.empty())
        return fail(ErrorCode::kCorrupt,
                    format("{}: a row of table {} names a row that is missing", path, orphan));
    return {};
}

Status keep_copy(const Database& database, int64_t version) {
    if (version == 0) return {};
    const std::string kept = format("{}.v{}", database.path(), version);
    const std::string draft = format("{}.{}.new", kept, ::getpid());
    std::error_code error;
    std::filesystem::remove(draft, error);
    CORDON_TRY(vacuum_into(database, draft));
    Disk& disk = system_disk();
    // Another process may have brought it up to date in between, and kept its own copy.
    CORDON_TRY(const StoreFile copied, store_file(draft));
    if (copied.version != version) return disk.remove(draft);
    CORDON_TRY(disk.rename(draft, kept));
    return disk.sync_directory(std::filesystem::absolute(database.path()).parent_path().string());
}

}  // namespace cordon::records
