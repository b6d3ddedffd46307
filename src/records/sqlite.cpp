// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <cordon/base/format.hpp>

namespace cordon::records {
namespace {

std::string os_text(int code) { return std::generic_category().message(code); }

/// The path as a file: URI, so that '?', '#' and '%' in a directory's name stay part of the name.
std::string immutable_uri(const std::string& path) {
    std::string uri = path.starts_with('/') ? "file://" : "file:";
    for (const char c : path) {
        if (c == '?' || c == '#' || c == '%')
            uri += format("%{:02X}", static_cast<unsigned>(c));
        else
            uri += c;
    }
    return uri + "?immutable=1";
}

/// The name for SQLite: a relative one could be taken for ":memory:" or a URI.
std::string plain_name(const std::string& path) {
    return path.starts_with('/') ? path : "./" + path;
}

/// What the operating system said, where it said something that we have a word for.
std::optional<Error> os_error(int code, const std::string& path) {
    switch (code) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return Error{ErrorCode::kNoSpace,
                         format("{}: no space to write ({}); nothing of this step was kept, make "
                                "room and repeat it",
                                path, os_text(code))};
        case EACCES:
        case EPERM:
        case EROFS:
            return Error{ErrorCode::kPermission,
                         format("{}: {}; expected a file and directory that this user may {}", path,
                                os_text(code), code == EROFS ? "write to" : "read and write")};
        case ENOENT:
        case ENOTDIR:
            return Error{ErrorCode::kNotFound,
                         format("{}: {}; expected an existing directory", path, os_text(code))};
        case EISDIR:
            return Error{ErrorCode::kIo,
                         format("{}: is a directory; expected a records file", path)};
        default: return std::nullopt;
    }
}

}  // namespace

// --- Statement

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Statement::bind(int index, std::string_view text) {
    // A null pointer would bind NULL: an empty view needs an address.
    const char* data = text.data() == nullptr ? "" : text.data();
    const int code =
        sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (code != SQLITE_OK) bind_result_ = code;
}

void Statement::bind(int index, ByteView blob) {
    const void* data = blob.data() == nullptr ? static_cast<const void*>("") : blob.data();
    const int code = sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC);
    if (code != SQLITE_OK) bind_result_ = code;
}

void Statement::bind(int index, int64_t value) {
    const int code = sqlite3_bind_int64(statement_.get(), index, value);
    if (code != SQLITE_OK) bind_result_ = code;
}

void Statement::bind(int index, double value) {
    const int code = sqlite3_bind_double(statement_.get(), index, value);
    if (code != SQLITE_OK) bind_result_ = code;
}

void Statement::bind_null(int index) {
    const int code = sqlite3_bind_null(statement_.get(), index);
    if (code != SQLITE_OK) bind_result_ = code;
}

Result<bool> Statement::step() {
    if (bind_result_ != SQLITE_OK) return fail(database_->error(bind_result_));
    errno = 0;
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail(database_->error(code));
}

Status Statement::run() {
    const ResetLater reset_later{*this};
    CORDON_TRY(step());
    return {};
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
    bind_result_ = SQLITE_OK;
}

std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteView Statement::blob(int column) const {
    const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

// --- Database

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode,
                                                 std::chrono::milliseconds busy_timeout) {
    // SQLite cuts a name at its first NUL and would open another file; a directory it reports
    // without its reason.
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(ErrorCode::kNotFound,
                    "records file: expected a path that is not empty and has no NUL byte");
    const bool in_memory = mode == Mode::kMemory;
    struct stat info{};
    const bool exists = !in_memory && ::stat(path.c_str(), &info) == 0;
    if (exists && !S_ISREG(info.st_mode))
        return fail(ErrorCode::kIo,
                    format("{}: is not a regular file; expected a records file", path));
    if (!exists && mode != Mode::kCreate && !in_memory) {
        if (auto error = os_error(errno, path); error && error->code == ErrorCode::kPermission)
            return fail(*std::move(error));
        return fail(ErrorCode::kNotFound, format("{}: no such records file", path));
    }

    if (!exists && !in_memory) {
        // SQLite tries again for reading after a refusal, and what it reports then is "no such
        // file".
        std::string directory = std::filesystem::path{path}.parent_path().string();
        if (directory.empty()) directory = ".";
        if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
            if (auto error = os_error(errno, directory)) return fail(*std::move(error));
    }

    std::unique_ptr<Database> database{new Database{path}};
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= mode == Mode::kCreate || in_memory ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                : SQLITE_OPEN_READONLY;
    if (mode == Mode::kImmutable) flags |= SQLITE_OPEN_URI;
    const std::string name = in_memory                  ? ":memory:"
                             : mode == Mode::kImmutable ? immutable_uri(path)
                                                        : plain_name(path);
    const int code = sqlite3_open_v2(name.c_str(), &database->handle_, flags, nullptr);
    if (code != SQLITE_OK) return fail(database->error(code));

    sqlite3_busy_timeout(database->handle_, static_cast<int>(busy_timeout.count()));
    // The file may come from anywhere: no functions hidden in its schema, no writes to its
    // internals.
    sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database->handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

bool Database::read_only() const noexcept { return sqlite3_db_readonly(handle_, "main") == 1; }

Status Database::execute(const char* sql) {
    errno = 0;
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return fail(error(code));
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
    Statement statement;
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    statement.statement_.reset(raw);
    statement.database_ = this;
    if (code != SQLITE_OK) return fail(error(code));
    return statement;
}

Result<int64_t> Database::query_integer(std::string_view sql) const {
    CORDON_TRY(Statement statement, prepare(sql));
    CORDON_TRY(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

Result<std::string> Database::query_text(std::string_view sql) const {
    CORDON_TRY(Statement statement, prepare(sql));
    CORDON_TRY(const bool row, statement.step());
    return row ? std::string{statement.text(0)} : std::string{};
}

Error Database::error(int code) const {
    // SQLite keeps the operating system's reason on some of its ways only; what the last call left
    // is the next best.
    const int left_over = errno;
    const std::string detail = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
    int os_code = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
    if (os_code == 0) os_code = left_over;
    const auto make = [&](ErrorCode ours, std::string_view advice) {
        return Error{ours, format("{}: {}; {}", path_, detail, advice)};
    };
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return make(ErrorCode::kLocked,
                        "another process is writing to it, wait for that or end it");
        case SQLITE_FULL: return *os_error(ENOSPC, path_);
        case SQLITE_PERM:
        case SQLITE_AUTH: return *os_error(EACCES, path_);
        case SQLITE_READONLY:
            return make(ErrorCode::kPermission,
                        "expected a file and directory that this user may write to");
        case SQLITE_NOTADB:
            return make(ErrorCode::kCorrupt, "expected a records file written by Cordon");
        // A missing table, a wrong type or a broken key cannot come from our own statements.
        case SQLITE_ERROR:
        case SQLITE_SCHEMA:
        case SQLITE_MISMATCH:
        case SQLITE_CONSTRAINT:
        case SQLITE_FORMAT:
        case SQLITE_CORRUPT:
            return make(ErrorCode::kCorrupt,
                        "the file is damaged, restore it or ingest its sources again");
        case SQLITE_TOOBIG: return make(ErrorCode::kLimit, "a text is longer than 1 GB");
        case SQLITE_NOMEM: return make(ErrorCode::kLimit, "not enough memory");
        case SQLITE_INTERRUPT: return make(ErrorCode::kCancelled, "stopped");
        case SQLITE_CANTOPEN:
        case SQLITE_IOERR:
            if (auto error = os_error(os_code, path_)) return *std::move(error);
            if ((code & 0xFF) == SQLITE_IOERR && code == SQLITE_IOERR_SHORT_READ)
                return make(ErrorCode::kCorrupt, "the file is cut short");
            return make(ErrorCode::kIo,
                        os_code == 0 ? "the operating system gave no reason" : os_text(os_code));
        default: return make(ErrorCode::kIo, "unexpected answer of the records file");
    }
}

// --- Transaction

Result<std::unique_ptr<Transaction>> Transaction::begin(Database& database) {
    // IMMEDIATE takes the writer's place at once: a reader that upgrades later could be refused
    // without waiting.
    CORDON_TRY(database.execute("BEGIN IMMEDIATE"));
    return std::unique_ptr<Transaction>{new Transaction{database}};
}

Transaction::~Transaction() {
    // SQLite may have rolled back on its own (disk full); then this one fails, and that is fine.
    if (open_) static_cast<void>(database_.execute("ROLLBACK"));
}

Status Transaction::commit() {
    CORDON_TRY(database_.execute("COMMIT"));
    open_ = false;
    return {};
}

}  // namespace cordon::records
