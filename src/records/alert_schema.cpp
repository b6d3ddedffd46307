// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_schema.hpp"

#include <array>

#include <cordon/base/format.hpp>

#include "files.hpp"

namespace cordon::records {
namespace {

// One step per version; a step never changes once it is released.
// Times are unix milliseconds, enumerations their numbers. `number` keeps the order of first puts.
constexpr std::array<const char*, kAlertsVersion> kSteps{
    R"sql(
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
)sql",
    // Pages of the newest, whatever they are filtered by: an index for each filter that few alerts
    // may pass, each ending in time, so that a page costs what it shows (alert_pages.cpp).
    // alert_shown, alert_plain and alert_todo: what people look at unless they ask for more.
    R"sql(
ALTER TABLE alert ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
ALTER TABLE cursor ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alert_rank ON alert (severity, phase, time);
CREATE INDEX alert_shown ON alert (severity, phase, time)
    WHERE suppressed_by = '' AND repeat_of = '';
CREATE INDEX alert_plain ON alert (time) WHERE suppressed_by = '' AND repeat_of = '';
CREATE INDEX alert_todo ON alert (time)
    WHERE phase <> 3 AND suppressed_by = '' AND repeat_of = '' AND state <> 2;
CREATE INDEX alert_open ON alert (severity)
    WHERE phase <> 3 AND suppressed_by = '' AND repeat_of = '' AND state <> 2;
CREATE INDEX alert_detector ON alert (detector, severity, phase, time);
CREATE INDEX alert_subject ON alert (subject, time);
CREATE INDEX incident_last ON incident (last, id);
)sql"};

}  // namespace

Result<int64_t> alerts_version(const Database& database) {
    CORDON_TRY(Statement header,
               database.prepare(
                   "SELECT (SELECT application_id FROM pragma_application_id), "
                   "(SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema"));
    CORDON_TRY(header.step());
    const int64_t version = header.integer(1);
    if (header.integer(0) == 0 && version == 0 && header.integer(2) == 0) return 0;
    if (header.integer(0) != kAlertsApplicationId)
        return fail(ErrorCode::kUnsupported,
                    format("{}: is an SQLite file of another program; expected alerts of Cordon, "
                           "choose another place",
                           database.path()));
    if (version < 1 || version > kAlertsVersion)
        return fail(ErrorCode::kUnsupported,
                    format("{}: has schema version {}, this build knows {}; use the Cordon that "
                           "wrote it",
                           database.path(), version, kAlertsVersion));
    return version;
}

Status make_alert_tables(Database& database) {
    CORDON_TRY(const int64_t before, alerts_version(database));
    if (before == kAlertsVersion) return {};
    CORDON_TRY(keep_copy(database, before));
    CORDON_TRY(const auto db_txn, Transaction::begin(database));
    // Again, now that nobody else can write: two processes may have started at once.
    CORDON_TRY(const int64_t version, alerts_version(database));
    for (int64_t step = version; step < kAlertsVersion; ++step)
        CORDON_TRY(database.execute(kSteps[static_cast<std::size_t>(step)]));
    CORDON_TRY(database.execute(format("PRAGMA application_id={}; PRAGMA user_version={}",
                                       kAlertsApplicationId, kAlertsVersion)
                                    .c_str()));
    return db_txn->commit();
}

}  // namespace cordon::records
