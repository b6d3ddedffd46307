// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_store.hpp"

#include <map>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "alert_rows.hpp"
#include "rows.hpp"
#include "wal.hpp"

namespace cordon::records {
namespace {

/// Marks the file as ours: "CRDA". Another one than that of records.sqlite, so that neither is
/// taken for the other.
constexpr int64_t kAlertsApplicationId = 0x43524441;
constexpr int64_t kAlertsVersion = 1;

// Times are unix milliseconds, enumerations their numbers. `number` keeps the order of first puts.
constexpr const char* kTables = R"sql(
CREATE TABLE alert (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    state         INTEGER NOT NULL,
    detector      TEXT NOT NULL,
    severity      INTEGER NOT NULL,
    stage         INTEGER NOT NULL,
    confidence    REAL NOT NULL,
    chain         TEXT NOT NULL,
    block         INTEGER NOT NULL,
    block_hash    BLOB NOT NULL,
    time          INTEGER NOT NULL,
    subject       BLOB NOT NULL,
    txns          BLOB NOT NULL,
    related       BLOB NOT NULL,
    usd           INTEGER,
    title         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    next          TEXT NOT NULL,
    tags          TEXT NOT NULL,
    phase         INTEGER NOT NULL,
    count         INTEGER NOT NULL,
    repeat_of     TEXT NOT NULL,
    subject_label TEXT NOT NULL,
    incident      TEXT NOT NULL,
    suppressed_by TEXT NOT NULL,
    event         INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_like ON alert (detector, chain, subject, time);
CREATE INDEX alert_incident ON alert (incident);
CREATE INDEX alert_time ON alert (time);
CREATE INDEX alert_event ON alert (event);
CREATE TABLE step (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    about  TEXT NOT NULL,
    time   INTEGER NOT NULL,
    who    TEXT NOT NULL,
    what   TEXT NOT NULL,
    why    TEXT NOT NULL
) STRICT;
CREATE INDEX step_about ON step (about);
CREATE TABLE incident (
    id          TEXT NOT NULL PRIMARY KEY,
    title       TEXT NOT NULL,
    severity    INTEGER NOT NULL,
    phase       INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    last        INTEGER NOT NULL,
    usd         INTEGER,
    merged_into TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_key (
    key       BLOB NOT NULL PRIMARY KEY,
    incident  TEXT NOT NULL,
    last      INTEGER NOT NULL,
    subject   BLOB NOT NULL,
    strangers INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_incident ON incident_key (incident);
CREATE INDEX key_last ON incident_key (last);
CREATE TABLE suppression (
    id       TEXT NOT NULL PRIMARY KEY,
    detector TEXT NOT NULL,
    subject  BLOB,
    chain    TEXT,
    tag      TEXT NOT NULL,
    at_most  INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    who      TEXT NOT NULL,
    start    INTEGER NOT NULL,
    until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE delivery (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    sink     TEXT NOT NULL,
    alert    TEXT NOT NULL,
    key      TEXT NOT NULL,
    body     TEXT NOT NULL,
    tries    INTEGER NOT NULL,
    next_try INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_sink ON delivery (sink, number);
CREATE TABLE cursor (
    source TEXT NOT NULL PRIMARY KEY,
    chain  TEXT NOT NULL,
    block  INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    events INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

int64_t count_of(UnixMillis time) { return time.time_since_epoch().count(); }
UnixMillis millis(int64_t value) { return UnixMillis{std::chrono::milliseconds{value}}; }

Result<int64_t> stored_version(const Database& database) {
    CORDON_TRY(Statement header,
               database.prepare(
                   "SELECT (SELECT application_id FROM pragma_application_id), "
                   "(SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema"));
    CORDON_TRY(header.step());
    if (header.integer(0) == 0 && header.integer(1) == 0 && header.integer(2) == 0) return 0;
    if (header.integer(0) != kAlertsApplicationId)
        return fail(ErrorCode::kUnsupported,
                    format("{}: is an SQLite file of another program; expected alerts of Cordon, "
                           "choose another place",
                           database.path()));
    if (header.integer(1) != kAlertsVersion)
        return fail(ErrorCode::kUnsupported,
                    format("{}: has schema version {}, this build knows {}; use the Cordon that "
                           "wrote it",
                           database.path(), header.integer(1), kAlertsVersion));
    return kAlertsVersion;
}

Status make_tables(Database& database) {
    CORDON_TRY(const auto db_txn, Transaction::begin(database));
    // Again, now that nobody else can write: two processes may have started at once.
    CORDON_TRY(const int64_t version, stored_version(database));
    if (version == kAlertsVersion) return {};
    CORDON_TRY(database.execute(kTables));
    CORDON_TRY(database.execute(format("PRAGMA application_id={}; PRAGMA user_version={}",
                                       kAlertsApplicationId, kAlertsVersion)
                                    .c_str()));
    return db_txn->commit();
}

}  // namespace

struct AlertStore::Impl {
    std::unique_ptr<Database> database;
    // Prepared once each, by their text.
    mutable std::map<std::string, Statement, std::less<>> statements;
    bool changing = false;

    Result<Statement*> of(std::string_view sql) const {
        auto found = statements.find(sql);
        if (found == statements.end()) {
            CORDON_TRY(Statement statement, database->prepare(sql));
            found = statements.emplace(std::string{sql}, std::move(statement)).first;
        }
        return &found->second;
    }
    /// A statement that gives no rows; `bind` gives it its values, which must live until it ran.
    template <typename Bind>
    Status write(std::string_view sql, Bind bind) {
        CORDON_CHECK(changing && "alerts are changed inside change() only");
        CORDON_TRY(Statement * statement, of(sql));
        bind(*statement);
        return statement->run();
    }
    /// All rows of a question.
    template <typename Row, typename Bind, typename Decode>
    Result<std::vector<Row>> read(std::string_view sql, Bind bind, Decode decode) const {
        CORDON_TRY(Statement * statement, of(sql));
        const ResetLater reset_later{*statement};
        bind(*statement);
        std::vector<Row> rows;
        for (;;) {
            CORDON_TRY(const bool more, statement->step());
            if (!more) return rows;
            Result<Row> row = decode(*statement);
            if (!row) return fail(row.error().in(database->path()));
            rows.push_back(*std::move(row));
        }
    }
    template <typename Row, typename Bind, typename Decode>
    Result<std::optional<Row>> read_one(std::string_view sql, Bind bind, Decode decode) const {
        CORDON_TRY(auto rows, read<Row>(sql, bind, decode));
        return rows.empty() ? std::nullopt : std::optional<Row>{std::move(rows.front())};
    }
    Result<std::vector<AlertStep>> history(std::string_view about) const {
        return read<AlertStep>(
            "SELECT time, who, what, why FROM step WHERE about = ?1 ORDER BY number",
            [&](Statement& s) { s.bind(1, about); },
            [](const Statement& row) -> Result<AlertStep> {
                return AlertStep{millis(row.integer(0)), std::string{row.text(1)},
                                 std::string{row.text(2)}, std::string{row.text(3)}};
            });
    }
};

AlertStore::AlertStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AlertStore::~AlertStore() = default;

Result<std::unique_ptr<AlertStore>> AlertStore::open(const std::string& path,
                                                     std::chrono::milliseconds busy_timeout) {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kCreate, busy_timeout));
    CORDON_TRY(stored_version(*impl->database));
    CORDON_TRY(use_wal(*impl->database, busy_timeout));
    CORDON_TRY(impl->database->execute(
        "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216"));
    CORDON_TRY(make_tables(*impl->database));
    return std::unique_ptr<AlertStore>{new AlertStore{std::move(impl)}};
}

Result<std::unique_ptr<AlertStore>> AlertStore::open_read_only(
    const std::string& path, std::chrono::milliseconds busy_timeout) {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kReadOnly, busy_timeout));
    CORDON_TRY(const int64_t version, stored_version(*impl->database));
    if (version == 0) return fail(ErrorCode::kNotFound, format("{}: holds no alerts yet", path));
    CORDON_TRY(impl->database->execute("PRAGMA query_only=ON; PRAGMA cell_size_check=ON"));
    return std::unique_ptr<AlertStore>{new AlertStore{std::move(impl)}};
}

Result<std::unique_ptr<AlertStore>> AlertStore::in_memory() {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open("memory", Database::Mode::kMemory, kBusyTimeout));
    CORDON_TRY(make_tables(*impl->database));
    return std::unique_ptr<AlertStore>{new AlertStore{std::move(impl)}};
}

Status AlertStore::change(const std::function<Status()>& work, Durability durability) {
    CORDON_CHECK(!impl_->changing);
    if (durability == Durability::kProcess)
        CORDON_TRY(impl_->database->execute("PRAGMA synchronous=NORMAL"));
    const auto run = [&]() -> Status {
        CORDON_TRY(const auto db_txn, Transaction::begin(*impl_->database));
        CORDON_TRY(work());
        return db_txn->commit();
    };
    impl_->changing = true;
    Status done = run();
    impl_->changing = false;
    if (durability == Durability::kProcess)
        CORDON_TRY(impl_->database->execute("PRAGMA synchronous=FULL"));
    return done;
}

// --- Writing

Status AlertStore::put_alert(const StoredAlert& stored) {
    CORDON_CHECK(impl_->changing);
    CORDON_TRY(
        Statement * statement,
        impl_->of("INSERT INTO alert (id, state, detector, severity, stage, confidence, chain, "
                  "block, block_hash, time, subject, txns, related, usd, title, reason, next, "
                  "tags, phase, count, repeat_of, subject_label, incident, suppressed_by, event) "
                  "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,"
                  "?21,?22,?23,?24,?25) ON CONFLICT (id) DO UPDATE SET state=?2, detector=?3, "
                  "severity=?4, stage=?5, confidence=?6, chain=?7, block=?8, block_hash=?9, "
                  "time=?10, subject=?11, txns=?12, related=?13, usd=?14, title=?15, reason=?16, "
                  "next=?17, tags=?18, phase=?19, count=?20, repeat_of=?21, subject_label=?22, "
                  "incident=?23, suppressed_by=?24, event=?25"));
    return write_alert(*statement, stored);
}

Status AlertStore::add_step(std::string_view id, const AlertStep& step) {
    return impl_->write("INSERT INTO step (about, time, who, what, why) VALUES (?1,?2,?3,?4,?5)",
                        [&](Statement& s) {
                            s.bind(1, id);
                            s.bind(2, count_of(step.time));
                            s.bind(3, std::string_view{step.who});
                            s.bind(4, std::string_view{step.what});
                            s.bind(5, std::string_view{step.why});
                        });
}

Status AlertStore::put_incident(const Incident& incident) {
    return impl_->write(
        "INSERT OR REPLACE INTO incident (id, title, severity, phase, first, last, usd, "
        "merged_into) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
        [&](Statement& s) {
            s.bind(1, std::string_view{incident.id});
            s.bind(2, std::string_view{incident.title});
            s.bind(3, static_cast<int64_t>(incident.severity));
            s.bind(4, static_cast<int64_t>(incident.phase));
            s.bind(5, count_of(incident.first));
            s.bind(6, count_of(incident.last));
            if (incident.usd)
                s.bind(7, *incident.usd);
            else
                s.bind_null(7);
            s.bind(8, std::string_view{incident.merged_into});
        });
}

Status AlertStore::move_incident(std::string_view from, std::string_view into) {
    for (const std::string_view sql : {"UPDATE alert SET incident = ?2 WHERE incident = ?1",
                                       "UPDATE incident_key SET incident = ?2 WHERE incident = ?1"})
        CORDON_TRY(impl_->write(sql, [&](Statement& s) {
            s.bind(1, from);
            s.bind(2, into);
        }));
    return {};
}

Status AlertStore::put_key(const IncidentKey& key) {
    const AddressBlob subject{key.subject};
    return impl_->write(
        "INSERT OR REPLACE INTO incident_key (key, incident, last, subject, strangers) VALUES "
        "(?1,?2,?3,?4,?5)",
        [&](Statement& s) {
            s.bind(1, ByteView{key.key});
            s.bind(2, std::string_view{key.incident});
            s.bind(3, count_of(key.last));
            s.bind(4, key.subject.empty() ? ByteView{} : subject.view());
            s.bind(5, static_cast<int64_t>(key.strangers));
        });
}

Status AlertStore::forget_keys(UnixMillis before) {
    return impl_->write("DELETE FROM incident_key WHERE last < ?1",
                        [&](Statement& s) { s.bind(1, count_of(before)); });
}

Status AlertStore::put_suppression(const Suppression& suppression) {
    const AddressBlob subject{suppression.subject.value_or(Address{})};
    const std::string chain = suppression.chain ? to_string(*suppression.chain) : "";
    return impl_->write(
        "INSERT OR REPLACE INTO suppression (id, detector, subject, chain, tag, at_most, reason, "
        "who, start, until) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
        [&](Statement& s) {
            s.bind(1, std::string_view{suppression.id});
            s.bind(2, std::string_view{suppression.detector});
            if (suppression.subject)
                s.bind(3, suppression.subject->empty() ? ByteView{} : subject.view());
            else
                s.bind_null(3);
            if (suppression.chain)
                s.bind(4, std::string_view{chain});
            else
                s.bind_null(4);
            s.bind(5, std::string_view{suppression.tag});
            s.bind(6, static_cast<int64_t>(suppression.at_most));
            s.bind(7, std::string_view{suppression.reason});
            s.bind(8, std::string_view{suppression.who});
            s.bind(9, count_of(suppression.from));
            s.bind(10, count_of(suppression.until));
        });
}

Status AlertStore::add_delivery(const Delivery& delivery) {
    return impl_->write(
        "INSERT INTO delivery (sink, alert, key, body, tries, next_try) VALUES (?1,?2,?3,?4,?5,?6)",
        [&](Statement& s) {
            s.bind(1, std::string_view{delivery.sink});
            s.bind(2, std::string_view{delivery.alert});
            s.bind(3, std::string_view{delivery.key});
            s.bind(4, std::string_view{delivery.body});
            s.bind(5, static_cast<int64_t>(delivery.tries));
            s.bind(6, count_of(delivery.next_try));
        });
}

Status AlertStore::put_delivery(const Delivery& delivery) {
    return impl_->write("UPDATE delivery SET tries = ?2, next_try = ?3 WHERE number = ?1",
                        [&](Statement& s) {
                            s.bind(1, static_cast<int64_t>(delivery.number));
                            s.bind(2, static_cast<int64_t>(delivery.tries));
                            s.bind(3, count_of(delivery.next_try));
                        });
}

Status AlertStore::end_delivery(uint64_t number) {
    return impl_->write("DELETE FROM delivery WHERE number = ?1",
                        [&](Statement& s) { s.bind(1, static_cast<int64_t>(number)); });
}

Status AlertStore::put_cursor(const Cursor& cursor) {
    const std::string chain = to_string(cursor.chain);
    return impl_->write(
        "INSERT OR REPLACE INTO cursor (source, chain, block, hash, events) VALUES "
        "(?1,?2,?3,?4,?5)",
        [&](Statement& s) {
            s.bind(1, std::string_view{cursor.source});
            s.bind(2, std::string_view{chain});
            s.bind(3, static_cast<int64_t>(cursor.block));
            s.bind(4, ByteView{cursor.hash});
            s.bind(5, static_cast<int64_t>(cursor.events));
        });
}

Status AlertStore::put_mark(std::string_view name, std::string_view value) {
    return impl_->write("INSERT OR REPLACE INTO mark (name, value) VALUES (?1,?2)",
                        [&](Statement& s) {
                            s.bind(1, name);
                            s.bind(2, value);
                        });
}

// --- Reading

Result<std::optional<StoredAlert>> AlertStore::alert(std::string_view id) const {
    CORDON_TRY(auto found, impl_->read_one<StoredAlert>(
                               std::string{kAlertColumns} + "WHERE id = ?1",
                               [&](Statement& s) { s.bind(1, id); }, alert_row));
    if (found) {
        CORDON_TRY(found->history, impl_->history(id));
    }
    return found;
}

Result<std::vector<StoredAlert>> AlertStore::alerts(const AlertQuery& query) const {
    // Every filter is there, and an unset one lets all through: one statement for all questions.
    const std::string sql =
        std::string{kAlertColumns} +
        "WHERE (?1 IS NULL OR phase = ?1) AND (?2 IS NULL OR severity >= ?2) "
        "AND (?3 IS NULL OR time >= ?3) AND (?4 IS NULL OR time < ?4) "
        "AND (?5 = '' OR detector = ?5) AND (?6 = '' OR incident = ?6) "
        "AND (?7 OR suppressed_by = '') AND (?8 OR repeat_of = '') AND (?9 OR state <> 2) "
        "AND (NOT ?10 OR phase <> 3) ORDER BY number DESC LIMIT ?11";
    const auto optional = [](Statement& s, int index, std::optional<int64_t> value) {
        value ? s.bind(index, *value) : s.bind_null(index);
    };
    const auto number = [](auto value) {
        return value ? std::optional{static_cast<int64_t>(*value)} : std::nullopt;
    };
    const auto time = [](const std::optional<UnixMillis>& value) {
        return value ? std::optional{count_of(*value)} : std::nullopt;
    };
    CORDON_TRY(auto found, impl_->read<StoredAlert>(
                               sql,
                               [&](Statement& s) {
                                   optional(s, 1, number(query.phase));
                                   optional(s, 2, number(query.at_least));
                                   optional(s, 3, time(query.since));
                                   optional(s, 4, time(query.until));
                                   s.bind(5, std::string_view{query.detector});
                                   s.bind(6, std::string_view{query.incident});
                                   s.bind(7, int64_t{query.suppressed});
                                   s.bind(8, int64_t{query.repeats});
                                   s.bind(9, int64_t{query.retracted});
                                   s.bind(10, int64_t{query.open});
                                   s.bind(11, query.limit == 0 ? int64_t{-1}
                                                               : static_cast<int64_t>(query.limit));
                               },
                               alert_row));
    return std::vector<StoredAlert>{std::make_move_iterator(found.rbegin()),
                                    std::make_move_iterator(found.rend())};
}

Result<std::optional<StoredAlert>> AlertStore::last_like(const Alert& alert,
                                                         UnixMillis since) const {
    const std::string chain = to_string(alert.chain);
    const std::string tags = join_lines(alert.tags);
    const AddressBlob blob{alert.subject};
    return impl_->read_one<StoredAlert>(
        std::string{kAlertColumns} +
            "WHERE detector = ?1 AND chain = ?2 AND subject = ?3 AND time >= ?4 AND tags = ?5 "
            "AND repeat_of = '' AND state <> 2 AND phase <> 3 ORDER BY number DESC LIMIT 1",
        [&](Statement& s) {
            s.bind(1, std::string_view{alert.detector});
            s.bind(2, std::string_view{chain});
            s.bind(3, alert.subject.empty() ? ByteView{} : blob.view());
            s.bind(4, count_of(since));
            s.bind(5, std::string_view{tags});
        },
        alert_row);
}

Result<int64_t> AlertStore::version() const {
    CORDON_TRY(const auto version,
               impl_->read_one<int64_t>(
                   "PRAGMA data_version", [](Statement&) {},
                   [](const Statement& row) -> Result<int64_t> { return row.integer(0); }));
    return version.value_or(0);
}

Result<std::vector<StoredAlert>> AlertStore::since_event(uint64_t event) const {
    return impl_->read<StoredAlert>(
        std::string{kAlertColumns} + "WHERE event > ?1 ORDER BY event, number",
        [&](Statement& s) { s.bind(1, static_cast<int64_t>(event)); }, alert_row);
}

Result<std::optional<Incident>> AlertStore::incident(std::string_view id) const {
    CORDON_TRY(auto found, impl_->read_one<Incident>(
                               std::string{kIncidentColumns} + "WHERE id = ?1",
                               [&](Statement& s) { s.bind(1, id); }, incident_row));
    if (!found) return found;
    CORDON_TRY(found->alerts, impl_->read<std::string>(
                                  "SELECT id FROM alert WHERE incident = ?1 ORDER BY number",
                                  [&](Statement& s) { s.bind(1, id); },
                                  [](const Statement& row) -> Result<std::string> {
                                      return std::string{row.text(0)};
                                  }));
    CORDON_TRY(found->history, impl_->history(id));
    return found;
}

Result<std::vector<Incident>> AlertStore::incidents(const AlertQuery& query) const {
    return impl_->read<Incident>(
        std::string{kIncidentColumns} +
            "WHERE merged_into = '' AND (?1 IS NULL OR phase = ?1) "
            "AND (?2 IS NULL OR severity >= ?2) AND (NOT ?3 OR phase <> 3) "
            "ORDER BY last DESC, id LIMIT ?4",
        [&](Statement& s) {
            query.phase ? s.bind(1, static_cast<int64_t>(*query.phase)) : s.bind_null(1);
            query.at_least ? s.bind(2, static_cast<int64_t>(*query.at_least)) : s.bind_null(2);
            s.bind(3, int64_t{query.open});
            s.bind(4, query.limit == 0 ? int64_t{-1} : static_cast<int64_t>(query.limit));
        },
        incident_row);
}

Result<std::optional<IncidentKey>> AlertStore::key(ByteView key) const {
    return impl_->read_one<IncidentKey>(
        "SELECT key, incident, last, subject, strangers FROM incident_key WHERE key = ?1",
        [&](Statement& s) { s.bind(1, key); },
        [](const Statement& row) -> Result<IncidentKey> {
            IncidentKey found;
            const ByteView bytes = row.blob(0);
            found.key.assign(bytes.begin(), bytes.end());
            found.incident = row.text(1);
            found.last = millis(row.integer(2));
            if (!row.blob(3).empty()) {
                CORDON_TRY(found.subject, decode_address(row.blob(3)));
            }
            found.strangers = static_cast<uint64_t>(row.integer(4));
            return found;
        });
}

Result<std::vector<Suppression>> AlertStore::suppressions() const {
    return impl_->read<Suppression>(
        std::string{kSuppressionColumns} + "ORDER BY id", [](Statement&) {}, suppression_row);
}

Result<std::vector<Delivery>> AlertStore::due(std::string_view sink, UnixMillis now,
                                              uint64_t limit) const {
    return impl_->read<Delivery>(
        "SELECT number, sink, alert, key, body, tries, next_try FROM delivery WHERE sink = ?1 AND "
        "next_try <= ?2 ORDER BY number LIMIT ?3",
        [&](Statement& s) {
            s.bind(1, sink);
            s.bind(2, count_of(now));
            s.bind(3, static_cast<int64_t>(limit));
        },
        [](const Statement& row) -> Result<Delivery> {
            return Delivery{.number = static_cast<uint64_t>(row.integer(0)),
                            .sink = std::string{row.text(1)},
                            .alert = std::string{row.text(2)},
                            .key = std::string{row.text(3)},
                            .body = std::string{row.text(4)},
                            .tries = static_cast<unsigned>(row.integer(5)),
                            .next_try = millis(row.integer(6))};
        });
}

Result<uint64_t> AlertStore::waiting(std::string_view sink) const {
    CORDON_TRY(const auto count, impl_->read_one<uint64_t>(
                                     "SELECT count(*) FROM delivery WHERE sink = ?1",
                                     [&](Statement& s) { s.bind(1, sink); },
                                     [](const Statement& row) -> Result<uint64_t> {
                                         return static_cast<uint64_t>(row.integer(0));
                                     }));
    return count.value_or(0);
}

Result<std::optional<Cursor>> AlertStore::cursor(std::string_view source) const {
    return impl_->read_one<Cursor>(
        "SELECT source, chain, block, hash, events FROM cursor WHERE source = ?1",
        [&](Statement& s) { s.bind(1, source); },
        [](const Statement& row) -> Result<Cursor> {
            Cursor found;
            found.source = row.text(0);
            CORDON_TRY(found.chain, decode_chain(row.text(1)));
            found.block = static_cast<BlockNum>(row.integer(2));
            CORDON_TRY(found.hash, decode_hash(row.blob(3)));
            found.events = static_cast<uint64_t>(row.integer(4));
            return found;
        });
}

Result<std::optional<std::string>> AlertStore::mark(std::string_view name) const {
    return impl_->read_one<std::string>(
        "SELECT value FROM mark WHERE name = ?1", [&](Statement& s) { s.bind(1, name); },
        [](const Statement& row) -> Result<std::string> { return std::string{row.text(0)}; });
}

}  // namespace cordon::records
