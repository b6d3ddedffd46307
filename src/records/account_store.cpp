// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_store.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "files.hpp"
#include "kinds.hpp"
#include "rows.hpp"
#include "wal.hpp"

namespace cordon::records {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{10'000};

// Times are unix milliseconds; of passwords and tokens there are digests only.
constexpr const char* kTables = R"sql(
CREATE TABLE account (
    name     TEXT NOT NULL PRIMARY KEY,
    password TEXT NOT NULL,
    roles    INTEGER NOT NULL,
    made     INTEGER NOT NULL,
    disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
    name    TEXT NOT NULL PRIMARY KEY,
    digest  BLOB NOT NULL UNIQUE,
    roles   INTEGER NOT NULL,
    made    INTEGER NOT NULL,
    expires INTEGER
) STRICT, WITHOUT ROWID;
)sql";
// Since version 2.
constexpr const char* kDeedTable = R"sql(
CREATE TABLE deed (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time   INTEGER NOT NULL,
    who    TEXT NOT NULL,
    what   TEXT NOT NULL,
    target TEXT NOT NULL
) STRICT;
)sql";

int64_t count_of(UnixMillis time) { return time.time_since_epoch().count(); }
UnixMillis millis(int64_t value) { return UnixMillis{std::chrono::milliseconds{value}}; }

/// Made as 0600 before SQLite opens it (its -wal and -shm get the rights of the file); one that
/// others may read has been read perhaps: refused, as keys are (read_private_file).
Status make_private(const std::string& path) {
    // One that is there is not opened: closing it again would drop the locks that SQLite has on it
    // in this process (POSIX), and the next process to leave would take the journal away.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) return fail(system_error(errno, path, "open"));
    if (fd >= 0) ::close(fd);
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0) return {};
    return fail(ErrorCode::kPermission,
                format("{}: others may read or write the accounts: chmod 600 it, and give new "
                       "passwords and tokens",
                       path));
}

Result<int64_t> stored_version(const Database& database) {
    CORDON_TRY(Statement header,
               database.prepare(
                   "SELECT (SELECT application_id FROM pragma_application_id), "
                   "(SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema"));
    CORDON_TRY(header.step());
    if (header.integer(0) == 0 && header.integer(1) == 0 && header.integer(2) == 0) return 0;
    if (header.integer(0) != kAccountsApplicationId || header.integer(1) < 1 ||
        header.integer(1) > kAccountsVersion)
        return fail(
            ErrorCode::kUnsupported,
            format("{}: expected accounts of schema version 1 to {}, not {}; use the Cordon "
                   "that wrote it, or another place",
                   database.path(), kAccountsVersion, header.integer(1)));
    return header.integer(1);
}

Status make_tables(Database& database) {
    CORDON_TRY(const auto db_txn, Transaction::begin(database));
    // Again, now that nobody else can write: two processes may have started at once.
    CORDON_TRY(const int64_t version, stored_version(database));
    if (version == kAccountsVersion) return {};
    if (version == 0) CORDON_TRY(database.execute(kTables));
    CORDON_TRY(database.execute(kDeedTable));
    CORDON_TRY(database.execute(format("PRAGMA application_id={}; PRAGMA user_version={}",
                                       kAccountsApplicationId, kAccountsVersion)
                                    .c_str()));
    return db_txn->commit();
}

Result<uint8_t> decode_roles(int64_t value) {
    if (value < 0 || value > 255) return fail(ErrorCode::kCorrupt, "roles are out of range");
    return static_cast<uint8_t>(value);
}

Result<Account> account_row(const Statement& row) {
    CORDON_TRY(const uint8_t roles, decode_roles(row.integer(2)));
    return Account{.name = std::string{row.text(0)},
                   .password = std::string{row.text(1)},
                   .roles = roles,
                   .made = millis(row.integer(3)),
                   .disabled = row.integer(4) != 0};
}

Result<AccessToken> token_row(const Statement& row) {
    CORDON_TRY(const Hash256 digest, decode_hash(row.blob(1)));
    CORDON_TRY(const uint8_t roles, decode_roles(row.integer(2)));
    AccessToken token{.name = std::string{row.text(0)},
                      .digest = digest,
                      .roles = roles,
                      .made = millis(row.integer(3)),
                      .expires = {}};
    if (!row.is_null(4)) token.expires = millis(row.integer(4));
    return token;
}

template <typename Row>
Result<std::vector<Row>> rows_of(const Database& database, std::string_view sql,
                                 std::string_view name, Result<Row> (*decode)(const Statement&)) {
    CORDON_TRY(Statement statement, database.prepare(sql));
    if (!name.empty()) statement.bind(1, name);
    std::vector<Row> rows;
    for (;;) {
        CORDON_TRY(const bool more, statement.step());
        if (!more) return rows;
        Result<Row> row = decode(statement);
        if (!row) return fail(row.error().in(database.path()));
        rows.push_back(*std::move(row));
    }
}

Status check_name(std::string_view name) {
    return name.empty() ? fail(ErrorCode::kInvalidParam, "a name is required") : Status{};
}

}  // namespace

struct AccountStore::Impl {
    std::unique_ptr<Database> database;
};

AccountStore::AccountStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AccountStore::~AccountStore() = default;

Result<std::unique_ptr<AccountStore>> AccountStore::open(const std::string& path) {
    CORDON_TRY(make_private(path));
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kCreate, kBusyTimeout));
    CORDON_TRY(const int64_t version, stored_version(*impl->database));
    CORDON_TRY(use_wal(*impl->database, kBusyTimeout));
    CORDON_TRY(impl->database->execute("PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON"));
    if (version < kAccountsVersion) CORDON_TRY(keep_copy(*impl->database, version));
    CORDON_TRY(make_tables(*impl->database));
    return std::unique_ptr<AccountStore>{new AccountStore{std::move(impl)}};
}

Status AccountStore::put(const Account& account) {
    CORDON_TRY(check_name(account.name));
    CORDON_TRY(Statement s, impl_->database->prepare(
                                "INSERT OR REPLACE INTO account (name, password, roles, made, "
                                "disabled) VALUES (?1,?2,?3,?4,?5)"));
    s.bind(1, std::string_view{account.name});
    s.bind(2, std::string_view{account.password});
    s.bind(3, static_cast<int64_t>(account.roles));
    s.bind(4, count_of(account.made));
    s.bind(5, static_cast<int64_t>(account.disabled));
    return s.run();
}

Status AccountStore::put(const AccessToken& token) {
    CORDON_TRY(check_name(token.name));
    CORDON_TRY(Statement s, impl_->database->prepare(
                                "INSERT OR REPLACE INTO token (name, digest, roles, made, expires) "
                                "VALUES (?1,?2,?3,?4,?5)"));
    s.bind(1, std::string_view{token.name});
    s.bind(2, ByteView{token.digest});
    s.bind(3, static_cast<int64_t>(token.roles));
    s.bind(4, count_of(token.made));
    if (token.expires)
        s.bind(5, count_of(*token.expires));
    else
        s.bind_null(5);
    return s.run();
}

Status AccountStore::remove_token(std::string_view name) {
    CORDON_TRY(Statement s,
               impl_->database->prepare("DELETE FROM token WHERE name = ?1 RETURNING name"));
    s.bind(1, name);
    CORDON_TRY(const bool was_there, s.step());
    if (!was_there) return fail(ErrorCode::kNotFound, "there is no token of this name");
    CORDON_TRY(s.step());  // To its end: then it is committed.
    return {};
}

Status AccountStore::change(const AccountDeed& deed, const std::function<Status()>& work) {
    CORDON_TRY(const auto db_txn, Transaction::begin(*impl_->database));
    CORDON_TRY(work());
    CORDON_TRY(Statement s, impl_->database->prepare(
                                "INSERT INTO deed (time, who, what, target) VALUES (?1,?2,?3,?4)"));
    s.bind(1, count_of(deed.time));
    s.bind(2, std::string_view{deed.who});
    s.bind(3, std::string_view{deed.what});
    s.bind(4, std::string_view{deed.target});
    CORDON_TRY(s.run());
    return db_txn->commit();
}

Result<std::vector<AccountDeed>> AccountStore::deeds() const {
    return rows_of<AccountDeed>(*impl_->database,
                                "SELECT number, time, who, what, target FROM deed ORDER BY number",
                                {}, [](const Statement& row) -> Result<AccountDeed> {
                                    return AccountDeed{.number = row.integer(0),
                                                       .time = millis(row.integer(1)),
                                                       .who = std::string{row.text(2)},
                                                       .what = std::string{row.text(3)},
                                                       .target = std::string{row.text(4)}};
                                });
}

Status AccountStore::end_deed(int64_t number) {
    CORDON_TRY(Statement s, impl_->database->prepare("DELETE FROM deed WHERE number = ?1"));
    s.bind(1, number);
    return s.run();
}

Result<std::optional<Account>> AccountStore::account(std::string_view name) const {
    CORDON_TRY(check_name(name));
    CORDON_TRY(auto rows, rows_of<Account>(*impl_->database,
                                           "SELECT name, password, roles, made, disabled FROM "
                                           "account WHERE name = ?1",
                                           name, account_row));
    return rows.empty() ? std::nullopt : std::optional<Account>{std::move(rows.front())};
}

Result<std::vector<Account>> AccountStore::accounts() const {
    return rows_of<Account>(
        *impl_->database, "SELECT name, password, roles, made, disabled FROM account ORDER BY name",
        {}, account_row);
}

Result<std::vector<AccessToken>> AccountStore::tokens() const {
    return rows_of<AccessToken>(
        *impl_->database, "SELECT name, digest, roles, made, expires FROM token ORDER BY name", {},
        token_row);
}

Result<int64_t> AccountStore::version() const {
    return impl_->database->query_integer("PRAGMA data_version");
}

}  // namespace cordon::records
