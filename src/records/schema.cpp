// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <array>

#include <cordon/base/format.hpp>

#include "files.hpp"

namespace cordon::records {
namespace {

// One step per version; a step never changes once it is released.
// An address is a BLOB: the AddressKind byte, then the payload. Chain '' means every chain.
// WITHOUT ROWID keeps all statements about one address on one page: a lookup is one descent.
constexpr std::array<const char*, kSchemaVersion> kSteps{R"sql(
CREATE TABLE label_source (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE label (
    address    BLOB NOT NULL,
    chain      TEXT NOT NULL,
    source     INTEGER NOT NULL REFERENCES label_source (id),
    text       TEXT NOT NULL,
    category   TEXT NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    PRIMARY KEY (address, chain, source, text, category)
) STRICT, WITHOUT ROWID;
CREATE TABLE asset (
    chain       TEXT NOT NULL,
    asset       TEXT NOT NULL,
    symbol      TEXT NOT NULL,
    symbol_fold TEXT NOT NULL,
    decimals    INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 77),
    status      TEXT NOT NULL,
    PRIMARY KEY (chain, asset)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_by_symbol ON asset (chain, symbol_fold);
CREATE TABLE price (
    chain       TEXT NOT NULL,
    asset       TEXT NOT NULL,
    time_millis INTEGER NOT NULL,
    usd         REAL NOT NULL CHECK (usd >= 0),
    PRIMARY KEY (chain, asset, time_millis)
) STRICT, WITHOUT ROWID;
CREATE TABLE wallet (
    chain      TEXT NOT NULL,
    address    BLOB NOT NULL,
    wallet_set TEXT NOT NULL,
    entity     TEXT NOT NULL,
    tier       TEXT NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE input (
    sha256 TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    schema TEXT NOT NULL,
    bytes  INTEGER NOT NULL,
    rows   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql",
                                                         // Labels of published lists. List 0: no
                                                         // list, the statements of labels: files.
                                                         R"sql(
CREATE TABLE label_list (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    schema TEXT NOT NULL,
    as_of  INTEGER,
    sha256 TEXT NOT NULL
) STRICT;
INSERT INTO label_list (id, name, schema, sha256) VALUES (0, '', 'labels', '');
CREATE TABLE label_new (
    address    BLOB NOT NULL,
    chain      TEXT NOT NULL,
    list       INTEGER NOT NULL REFERENCES label_list (id),
    source     INTEGER NOT NULL REFERENCES label_source (id),
    text       TEXT NOT NULL,
    category   TEXT NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    entity     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    as_of      INTEGER,
    PRIMARY KEY (address, chain, list, source, text, category)
) STRICT, WITHOUT ROWID;
INSERT INTO label_new
    SELECT address, chain, 0, source, text, category, confidence, '', '', NULL FROM label;
DROP TABLE label;
ALTER TABLE label_new RENAME TO label;
)sql",
                                                         // Empty text and blobs: not said.
                                                         R"sql(
CREATE TABLE fact (
    chain     TEXT NOT NULL,
    txn       BLOB NOT NULL,
    place     INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    key       TEXT NOT NULL,
    contract  BLOB NOT NULL,
    sender    BLOB NOT NULL,
    receiver  BLOB NOT NULL,
    asset     TEXT NOT NULL,
    amount    TEXT NOT NULL,
    fee       TEXT NOT NULL,
    far_chain TEXT NOT NULL,
    far_asset TEXT NOT NULL,
    PRIMARY KEY (chain, txn, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_key ON fact (kind, key);
)sql"};

}  // namespace

Result<int64_t> stored_version(const Database& database) {
    // One statement sees one moment: another process may be creating the tables just now.
    CORDON_TRY(Statement header,
               database.prepare(
                   "SELECT (SELECT application_id FROM pragma_application_id), "
                   "(SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema"));
    CORDON_TRY(header.step());
    const int64_t application = header.integer(0);
    const int64_t version = header.integer(1);
    const int64_t tables = header.integer(2);
    if (application == 0 && version == 0 && tables == 0) return 0;
    if (application != kApplicationId)
        return fail(ErrorCode::kUnsupported,
                    format("{}: is an SQLite file of another program (application id {}); expected "
                           "a records file of "
                           "Cordon, choose another place",
                           database.path(), application));
    if (version > kSchemaVersion)
        return fail(ErrorCode::kUnsupported, format("{}: has schema version {}, this build knows "
                                                    "up to {}; use the newer Cordon that wrote it",
                                                    database.path(), version, kSchemaVersion));
    if (version < 1)
        return fail(ErrorCode::kCorrupt,
                    format("{}: has schema version {}, expected 1 to {}; restore the file",
                           database.path(), version, kSchemaVersion));
    return version;
}

Status upgrade_schema(Database& database) {
    CORDON_TRY(int64_t version, stored_version(database));
    if (version == kSchemaVersion) return {};
    CORDON_TRY(keep_copy(database, version));
    CORDON_TRY(const auto db_txn, Transaction::begin(database));
    // Again, now that nobody else can write: two processes may have started at once.
    CORDON_TRY(version, stored_version(database));
    for (; version < kSchemaVersion; ++version)
        CORDON_TRY(database.execute(kSteps[static_cast<std::size_t>(version)]));
    CORDON_TRY(database.execute(
        format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kSchemaVersion)
            .c_str()));
    return db_txn->commit();
}

Status check_schema(const Database& database) {
    CORDON_TRY(const int64_t version, stored_version(database));
    if (version == 0)
        return fail(ErrorCode::kNotFound,
                    format("{}: holds no records yet; ingest something first", database.path()));
    if (version < kSchemaVersion)
        return fail(ErrorCode::kUnsupported, format("{}: has schema version {}, this build needs "
                                                    "{}; open it once for writing (cordon ingest)",
                                                    database.path(), version, kSchemaVersion));
    return {};
}

}  // namespace cordon::records
