// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_store.hpp"

#include <chrono>
#include <thread>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "alert_impl.hpp"
#include "alert_rows.hpp"
#include "alert_schema.hpp"
#include "rows.hpp"
#include "wal.hpp"

namespace cordon::records {

AlertStore::AlertStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
AlertStore::~AlertStore() = default;

Result<std::unique_ptr<AlertStore>> AlertStore::open(const std::string& path,
                                                     std::chrono::milliseconds busy_timeout) {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kCreate, busy_timeout));
    CORDON_TRY(alerts_version(*impl->database));
    CORDON_TRY(use_wal(*impl->database, busy_timeout));
    CORDON_TRY(impl->database->execute(
        "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA journal_size_limit=16777216"));
    CORDON_TRY(make_alert_tables(*impl->database));
    return std::unique_ptr<AlertStore>{new AlertStore{std::move(impl)}};
}

Result<std::unique_ptr<AlertStore>> AlertStore::open_read_only(
    const std::string& path, std::chrono::milliseconds busy_timeout) {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open(path, Database::Mode::kReadOnly, busy_timeout));
    CORDON_TRY(int64_t version, alerts_version(*impl->database));
    // A watch that begins makes the file first, then its tables: whoever opens it in between waits.
    constexpr std::chrono::seconds kBeingMade{2};
    constexpr std::chrono::milliseconds kLook{10};
    for (const auto end = std::chrono::steady_clock::now() + kBeingMade;
         version == 0 && std::chrono::steady_clock::now() < end;) {
        std::this_thread::sleep_for(kLook);
        CORDON_TRY(version, alerts_version(*impl->database));
    }
    if (version == 0) return fail(ErrorCode::kNotFound, format("{}: holds no alerts yet", path));
    if (version < kAlertsVersion) CORDON_TRY(open(path, busy_timeout));  // Of an older Cordon.
    CORDON_TRY(impl->database->execute("PRAGMA query_only=ON; PRAGMA cell_size_check=ON"));
    return std::unique_ptr<AlertStore>{new AlertStore{std::move(impl)}};
}

Result<std::unique_ptr<AlertStore>> AlertStore::in_memory() {
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->database, Database::open("memory", Database::Mode::kMemory, kBusyTimeout));
    CORDON_TRY(make_alert_tables(*impl->database));
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
                  "tags, phase, count, repeat_of, subject_label, incident, suppressed_by, event, "
                  "assignee) "
                  "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,"
                  "?21,?22,?23,?24,?25,?26) ON CONFLICT (id) DO UPDATE SET state=?2, detector=?3, "
                  "severity=?4, stage=?5, confidence=?6, chain=?7, block=?8, block_hash=?9, "
                  "time=?10, subject=?11, txns=?12, related=?13, usd=?14, title=?15, reason=?16, "
                  "next=?17, tags=?18, phase=?19, count=?20, repeat_of=?21, subject_label=?22, "
                  "incident=?23, suppressed_by=?24, event=?25, assignee=?26"));
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
        "INSERT OR REPLACE INTO cursor (source, chain, block, hash, events, time) VALUES "
        "(?1,?2,?3,?4,?5,?6)",
        [&](Statement& s) {
            s.bind(1, std::string_view{cursor.source});
            s.bind(2, std::string_view{chain});
            s.bind(3, static_cast<int64_t>(cursor.block));
            s.bind(4, ByteView{cursor.hash});
            s.bind(5, static_cast<int64_t>(cursor.events));
            s.bind(6, count_of(cursor.time));
        });
}

Status AlertStore::put_mark(std::string_view name, std::string_view value) {
    if (value.empty())
        return impl_->write("DELETE FROM mark WHERE name = ?1",
                            [&](Statement& s) { s.bind(1, name); });
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
        std::string{kCursorColumns} + "WHERE source = ?1", [&](Statement& s) { s.bind(1, source); },
        cursor_row);
}

Result<std::vector<Cursor>> AlertStore::cursors() const {
    return impl_->read<Cursor>(
        std::string{kCursorColumns} + "ORDER BY source", [](Statement&) {}, cursor_row);
}

Result<std::optional<std::string>> AlertStore::mark(std::string_view name) const {
    return impl_->read_one<std::string>(
        "SELECT value FROM mark WHERE name = ?1", [&](Statement& s) { s.bind(1, name); },
        [](const Statement& row) -> Result<std::string> { return std::string{row.text(0)}; });
}

Result<std::vector<std::pair<std::string, std::string>>> AlertStore::marks(
    std::string_view prefix) const {
    using Row = std::pair<std::string, std::string>;
    return impl_->read<Row>(
        "SELECT name, value FROM mark WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
        [&](Statement& s) { s.bind(1, prefix); },
        [](const Statement& row) -> Result<Row> {
            return Row{std::string{row.text(0)}, std::string{row.text(1)}};
        });
}

}  // namespace cordon::records
