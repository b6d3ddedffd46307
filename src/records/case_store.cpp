// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_store.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <cordon/base/format.hpp>

#include "files.hpp"
#include "kinds.hpp"
#include "rows.hpp"
#include "sqlite.hpp"
#include "wal.hpp"

namespace cordon::records {
namespace {

/// People wait for an answer; whoever writes holds the file for milliseconds.
constexpr std::chrono::milliseconds kBusyTimeout{10'000};

constexpr std::array<std::string_view, 3> kStates{"open", "sealed", "closed"};
constexpr std::array<std::string_view, 7> kKinds{"alert",   "incident", "trace", "view",
                                                 "address", "txn",      "note"};

// Times are unix milliseconds, enumerations their numbers. An item that was taken out keeps its
// row; a step keeps what stood there before.
constexpr std::array<const char*, kCasesVersion> kSchema{
    R"sql(
CREATE TABLE case_file (
    id      TEXT NOT NULL PRIMARY KEY,
    title   TEXT NOT NULL,
    summary TEXT NOT NULL,
    state   INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    made    INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    archive TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX case_changed ON case_file (changed);
CREATE TABLE item (
    case_id TEXT NOT NULL REFERENCES case_file (id),
    number  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    ref     TEXT NOT NULL,
    note    TEXT NOT NULL,
    put_by  TEXT NOT NULL,
    time    INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    PRIMARY KEY (case_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_ref ON item (kind, ref);
CREATE TABLE step (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL REFERENCES case_file (id),
    time    INTEGER NOT NULL,
    done_by TEXT NOT NULL,
    what    TEXT NOT NULL,
    was     TEXT NOT NULL
) STRICT;
CREATE INDEX step_case ON step (case_id);
)sql",
    // Version 2: who writes the letters, and which ones (their keys, a line each).
    R"sql(
ALTER TABLE case_file ADD COLUMN organisation TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN name         TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN role         TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN email        TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN phone        TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN reference    TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN answer_to    TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN hold_until   TEXT NOT NULL DEFAULT '';
ALTER TABLE case_file ADD COLUMN letters_for  TEXT NOT NULL DEFAULT '';
)sql"};

constexpr std::string_view kColumns =
    "SELECT id, title, summary, state, made_by, made, changed, archive, organisation, name, role, "
    "email, phone, reference, answer_to, hold_until, letters_for FROM case_file ";

/// Where each of a sender's texts stands, in the order of the columns.
constexpr std::array kSenderParts{&CaseSender::organisation, &CaseSender::name,
                                  &CaseSender::role,         &CaseSender::email,
                                  &CaseSender::phone,        &CaseSender::reference,
                                  &CaseSender::answer_to,    &CaseSender::hold_until};

std::string joined(const std::vector<std::string>& keys) {
    std::string text;
    for (const std::string& key : keys) text += (text.empty() ? "" : "\n") + key;
    return text;
}

/// One line for the history: what stood there before.
std::string told(const CaseSender& sender) {
    std::string text;
    for (const auto part : kSenderParts)
        if (!(sender.*part).empty()) text += (text.empty() ? "" : "; ") + sender.*part;
    return text;
}

int64_t count_of(UnixMillis time) { return time.time_since_epoch().count(); }
UnixMillis millis(int64_t value) { return UnixMillis{std::chrono::milliseconds{value}}; }

/// A number of an enumeration as it is stored.
template <typename Enum>
Result<Enum> decode_enum(int64_t value, std::size_t count, std::string_view what) {
    if (value < 0 || value >= static_cast<int64_t>(count))
        return fail(ErrorCode::kCorrupt, format("{} {}: expected 0 to {}", what, value, count - 1));
    return static_cast<Enum>(value);
}

Result<Case> case_row(const Statement& row) {
    Case value;
    value.id = row.text(0);
    value.title = row.text(1);
    value.summary = row.text(2);
    CORDON_TRY(value.state,
               decode_enum<CaseState>(row.integer(3), kStates.size(), "state of a case"));
    value.by = row.text(4);
    value.made = millis(row.integer(5));
    value.changed = millis(row.integer(6));
    value.archive = row.text(7);
    int column = 8;
    for (const auto part : kSenderParts) value.sender.*part = row.text(column++);
    value.letters_for = split_lines(row.text(column));
    return value;
}

Result<CaseItem> item_row(const Statement& row) {
    CaseItem item;
    item.number = static_cast<uint64_t>(row.integer(0));
    CORDON_TRY(item.kind,
               decode_enum<CaseItem::Kind>(row.integer(1), kKinds.size(), "kind of an item"));
    item.ref = row.text(2);
    item.note = row.text(3);
    item.by = row.text(4);
    item.time = millis(row.integer(5));
    return item;
}

Result<int64_t> stored_version(const Database& database) {
    CORDON_TRY(Statement header,
               database.prepare(
                   "SELECT (SELECT application_id FROM pragma_application_id), "
                   "(SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema"));
    CORDON_TRY(header.step());
    if (header.integer(0) == 0 && header.integer(1) == 0 && header.integer(2) == 0) return 0;
    if (header.integer(0) != kCasesApplicationId)
        return fail(ErrorCode::kUnsupported,
                    format("{}: is an SQLite file of another program; expected cases of Cordon, "
                           "choose another place",
                           database.path()));
    const int64_t version = header.integer(1);
    if (version < 1 || version > kCasesVersion)
        return fail(ErrorCode::kUnsupported,
                    format("{}: has schema version {}, this build knows up to {}; use the Cordon "
                           "that wrote it",
                           database.path(), version, kCasesVersion));
    return version;
}

Status make_tables(Database& database) {
    CORDON_TRY(const int64_t before, stored_version(database));
    if (before == kCasesVersion) return {};
    CORDON_TRY(keep_copy(database, before));
    CORDON_TRY(const auto db_txn, Transaction::begin(database));
    // Again, now that nobody else can write: two processes may have started at once.
    CORDON_TRY(const int64_t version, stored_version(database));
    for (int64_t step = version; step < kCasesVersion; ++step)
        CORDON_TRY(database.execute(kSchema[static_cast<std::size_t>(step)]));
    CORDON_TRY(database.execute(format("PRAGMA application_id={}; PRAGMA user_version={}",
                                       kCasesApplicationId, kCasesVersion)
                                    .c_str()));
    return db_txn->commit();
}

/// One value of one column for each parameter of a statement.
void bind_all(Statement&, int) {}
template <typename First, typename... Rest>
void bind_all(Statement& statement, int at, const First& first, const Rest&... rest) {
    statement.bind(at, first);
    bind_all(statement, at + 1, rest...);
}

}  // namespace

std::string_view to_string(CaseState state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

std::optional<CaseState> parse_case_state(std::string_view text) noexcept {
    const auto at = std::find(kStates.begin(), kStates.end(), text);
    return at == kStates.end() ? std::nullopt
                               : std::optional{static_cast<CaseState>(at - kStates.begin())};
}

std::string_view to_string(CaseItem::Kind kind) noexcept {
    return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<CaseItem::Kind> parse_case_item_kind(std::string_view text) noexcept {
    const auto at = std::find(kKinds.begin(), kKinds.end(), text);
    return at == kKinds.end() ? std::nullopt
                              : std::optional{static_cast<CaseItem::Kind>(at - kKinds.begin())};
}

struct CaseStore::Impl {
    std::unique_ptr<Database> database;
    // Prepared once each, by their text.
    mutable std::map<std::string, Statement, std::less<>> statements;

    Result<Statement*> of(std::string_view sql) const {
        auto found = statements.find(sql);
        if (found == statements.end()) {
            CORDON_TRY(Statement statement, database->prepare(sql));
            found = statements.emplace(std::string{sql}, std::move(statement)).first;
        }
        return &found->second;
    }
    template <typename... Values>
    Status write(std::string_view sql, const Values&... values) {
        CORDON_TRY(Statement * statement, of(sql));
        bind_all(*statement, 1, values...);
        return statement->run();
    }
    template <typename Row, typename Decode, typename... Values>
    Result<std::vector<Row>> read(std::string_view sql, Decode decode,
                                  const Values&... values) const {
        CORDON_TRY(Statement * statement, of(sql));
        const ResetLater reset_later{*statement};
        bind_all(*statement, 1, values...);
        std::vector<Row> rows;
        for (;;) {
            CORDON_TRY(const bool more, statement->step());
            if (!more) return rows;
            Result<Row> row = decode(*statement);
            if (!row) return fail(row.error().in(database->path()));
            rows.push_back(*std::move(row));
        }
    }
    Result<std::optional<Case>> find(std::string_view id) const {
        CORDON_TRY(auto rows, read<Case>(std::string{kColumns} + "WHERE id = ?1", case_row, id));
        return rows.empty() ? std::nullopt : std::optional{std::move(rows.front())};
    }
    Status step(std::string_view id, UnixMillis time, std::string_view by, std::string_view what,
                std::string_view was) {
        return write("INSERT INTO step (case_id, time, done_by, what, was) VALUES (?1,?2,?3,?4,?5)",
                     id, count_of(time), by, what, was);
    }
    Status touch(std::string_view id, UnixMillis time) {
        return write("UPDATE case_file SET changed = max(changed, ?2) WHERE id = ?1", id,
                     count_of(time));
    }
    /// The case, which must take items.
    Status expect_open(std::string_view id) const {
        CORDON_TRY(const auto found, find(id));
        if (!found) return fail(ErrorCode::kNotFound, format("case {}: there is none", id));
        if (!found->archive.empty() || found->state == CaseState::kSealed)
            return fail(ErrorCode::kConflict,
                        format("case {}: it is sealed; what is in it stays as it is", id));
        return {};
    }
};

CaseStore::CaseStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
CaseStore::~CaseStore() = default;

Result<std::unique_ptr<CaseStore>> CaseStore::open(const std::string& path) {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kCreate, kBusyTimeout));
    CORDON_TRY(stored_version(*impl->database));
    CORDON_TRY(use_wal(*impl->database, kBusyTimeout));
    CORDON_TRY(impl->database->execute(
        "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216"));
    CORDON_TRY(make_tables(*impl->database));
    return std::unique_ptr<CaseStore>{new CaseStore{std::move(impl)}};
}

Status CaseStore::put(const Case& value, std::string_view by) {
    CORDON_TRY(const auto db_txn, Transaction::begin(*impl_->database));
    CORDON_TRY(const auto old, impl_->find(value.id));
    const std::string letters = joined(value.letters_for);
    CORDON_TRY(impl_->write(
        "INSERT INTO case_file (id, title, summary, state, made_by, made, changed, archive, "
        "organisation, name, role, email, phone, reference, answer_to, hold_until, letters_for) "
        "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17) ON CONFLICT (id) DO "
        "UPDATE SET title=?2, summary=?3, state=?4, changed=max(changed, ?7), archive=?8, "
        "organisation=?9, name=?10, role=?11, email=?12, phone=?13, reference=?14, answer_to=?15, "
        "hold_until=?16, letters_for=?17",
        std::string_view{value.id}, std::string_view{value.title}, std::string_view{value.summary},
        static_cast<int64_t>(value.state), std::string_view{value.by}, count_of(value.made),
        count_of(value.changed), std::string_view{value.archive},
        std::string_view{value.sender.organisation}, std::string_view{value.sender.name},
        std::string_view{value.sender.role}, std::string_view{value.sender.email},
        std::string_view{value.sender.phone}, std::string_view{value.sender.reference},
        std::string_view{value.sender.answer_to}, std::string_view{value.sender.hold_until},
        std::string_view{letters}));
    const auto step = [&](std::string_view what, std::string_view was) {
        return impl_->step(value.id, value.changed, by, what, was);
    };
    if (!old) {
        CORDON_TRY(step("made", ""));
    } else {
        if (old->title != value.title) CORDON_TRY(step("title", old->title));
        if (old->summary != value.summary) CORDON_TRY(step("summary", old->summary));
        if (old->sender != value.sender) CORDON_TRY(step("sender", told(old->sender)));
        if (old->letters_for != value.letters_for)
            CORDON_TRY(step("letters", joined(old->letters_for)));
        if (old->state != value.state)
            CORDON_TRY(step(to_string(value.state), to_string(old->state)));
    }
    return db_txn->commit();
}

Result<uint64_t> CaseStore::add(std::string_view id, const CaseItem& item) {
    CORDON_TRY(const auto db_txn, Transaction::begin(*impl_->database));
    CORDON_TRY(impl_->expect_open(id));
    const auto number_row = [](const Statement& row) -> Result<int64_t> { return row.integer(0); };
    CORDON_TRY(const auto next,
               impl_->read<int64_t>("SELECT coalesce(max(number), 0) + 1 FROM item WHERE case_id = "
                                    "?1",
                                    number_row, id));
    const int64_t number = next.front();
    CORDON_TRY(impl_->write(
        "INSERT INTO item (case_id, number, kind, ref, note, put_by, time, removed) VALUES "
        "(?1,?2,?3,?4,?5,?6,?7,0)",
        id, number, static_cast<int64_t>(item.kind), std::string_view{item.ref},
        std::string_view{item.note}, std::string_view{item.by}, count_of(item.time)));
    CORDON_TRY(impl_->step(id, item.time, item.by, format("added {}", number), ""));
    CORDON_TRY(impl_->touch(id, item.time));
    CORDON_TRY(db_txn->commit());
    return static_cast<uint64_t>(number);
}

Status CaseStore::remove(std::string_view id, uint64_t number, std::string_view by,
                         UnixMillis time) {
    CORDON_TRY(const auto db_txn, Transaction::begin(*impl_->database));
    CORDON_TRY(impl_->expect_open(id));
    const auto at = static_cast<int64_t>(number);
    CORDON_TRY(const auto items,
               impl_->read<CaseItem>("SELECT number, kind, ref, note, put_by, time FROM item WHERE "
                                     "case_id = ?1 AND number = ?2 AND removed = 0",
                                     item_row, id, at));
    if (items.empty())
        return fail(ErrorCode::kNotFound, format("case {}: it has no item {}", id, number));
    CORDON_TRY(
        impl_->write("UPDATE item SET removed = 1 WHERE case_id = ?1 AND number = ?2", id, at));
    const CaseItem& item = items.front();
    CORDON_TRY(impl_->step(id, time, by, format("removed {}", number),
                           format("{} {}{}{}", to_string(item.kind), item.ref,
                                  item.note.empty() ? "" : ": ", item.note)));
    CORDON_TRY(impl_->touch(id, time));
    return db_txn->commit();
}

Result<std::optional<Case>> CaseStore::get(std::string_view id) const {
    CORDON_TRY(auto found, impl_->find(id));
    if (!found) return std::nullopt;
    CORDON_TRY(found->items,
               impl_->read<CaseItem>("SELECT number, kind, ref, note, put_by, time FROM item WHERE "
                                     "case_id = ?1 AND removed = 0 ORDER BY number",
                                     item_row, id));
    return found;
}

Result<std::vector<Case>> CaseStore::list(std::optional<CaseState> state) const {
    constexpr std::string_view kOrder = "ORDER BY changed DESC, id";
    if (!state) return impl_->read<Case>(format("{}{}", kColumns, kOrder), case_row);
    return impl_->read<Case>(format("{}WHERE state = ?1 {}", kColumns, kOrder), case_row,
                             static_cast<int64_t>(*state));
}

Result<std::vector<CaseStep>> CaseStore::history(std::string_view id) const {
    return impl_->read<CaseStep>(
        "SELECT time, done_by, what, was FROM step WHERE case_id = ?1 ORDER BY number",
        [](const Statement& row) -> Result<CaseStep> {
            return CaseStep{millis(row.integer(0)), std::string{row.text(1)},
                            std::string{row.text(2)}, std::string{row.text(3)}};
        },
        id);
}

Result<uint64_t> CaseStore::mentions(CaseItem::Kind kind, std::string_view ref) const {
    CORDON_TRY(const auto count,
               impl_->read<int64_t>(
                   "SELECT count(DISTINCT case_id) FROM item WHERE kind = ?1 AND ref = ?2 AND "
                   "removed = 0",
                   [](const Statement& row) -> Result<int64_t> { return row.integer(0); },
                   static_cast<int64_t>(kind), ref));
    return static_cast<uint64_t>(count.front());
}

}  // namespace cordon::records
