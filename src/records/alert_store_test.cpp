// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_store.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <thread>

#include "sqlite.hpp"
#include "test_store.hpp"

namespace cordon::records {
namespace {

/// The tables as version 1 made them, with an alert, an incident and a cursor in them.
constexpr const char* kVersion1 = R"sql(
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
INSERT INTO alert VALUES (7, 'a1', 1, 'D01', 4, 3, 0.5, 'eth', 10, zeroblob(32), 1700000000000,
    X'', X'', X'', 12345, 'Drained', 'why', 'what', 'tag
', 1, 2, '', '', 'i-a1', '', 3);
INSERT INTO step VALUES (5, 'a1', 1700000000000, 'watch', 'raised', '');
INSERT INTO incident VALUES ('i-a1', 'Drained', 4, 1, 1700000000000, 1700000000000, 12345, '');
INSERT INTO cursor VALUES ('stream', 'eth', 10, zeroblob(32), 3);
PRAGMA application_id=1129464897; PRAGMA user_version=1;
)sql";

std::string old_file(const TempDir& dir) {
    const std::string path = dir.file("alerts.sqlite");
    const auto database =
        Database::open(path, Database::Mode::kCreate, std::chrono::milliseconds{1'000}).value();
    EXPECT_TRUE(database->execute(kVersion1));
    return path;
}

TEST(AlertStore, brings_a_file_of_version_1_up_to_date_and_keeps_what_is_in_it) {
    const TempDir dir;
    const std::string path = old_file(dir);
    // Also who only reads: the file is brought up to date, or it is said why not.
    const auto reader = AlertStore::open_read_only(path);
    ASSERT_TRUE(good(reader));
    const auto stored = (*reader)->alert("a1").value();
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->assignee, "");
    EXPECT_EQ(stored->alert.usd, 12'345);
    EXPECT_EQ(stored->phase, AlertPhase::kAcknowledged);
    EXPECT_EQ(stored->history.size(), 1U);
    EXPECT_EQ((*reader)->page({.limit = 10}, "").value().size(), 1U);
    EXPECT_EQ((*reader)->cursors().value().front().time, UnixMillis{});

    const auto writer = AlertStore::open(path).value();
    StoredAlert changed = *stored;
    changed.assignee = "alice";
    ASSERT_TRUE(writer->change([&] { return writer->put_alert(changed); }));
    EXPECT_EQ((*reader)->alert("a1").value()->assignee, "alice");
    EXPECT_EQ((*reader)->alert("a1").value()->event, 3U);
}

TEST(AlertStore, waits_for_a_file_that_is_being_made) {
    const TempDir dir;
    const std::string path = dir.file("alerts.sqlite");
    { std::ofstream{path}; }  // As SQLite leaves it before the first db_txn.
    std::thread watch{[&] {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        EXPECT_TRUE(AlertStore::open(path));
    }};
    EXPECT_TRUE(good(AlertStore::open_read_only(path)));
    watch.join();
}

TEST(AlertStore, refuses_a_file_of_a_newer_version_and_leaves_it_alone) {
    const TempDir dir;
    const std::string path = old_file(dir);
    const auto database =
        Database::open(path, Database::Mode::kCreate, std::chrono::milliseconds{1'000}).value();
    ASSERT_TRUE(database->execute("PRAGMA user_version=99"));
    EXPECT_EQ(AlertStore::open(path).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(AlertStore::open_read_only(path).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(database->query_integer("PRAGMA user_version").value(), 99);
}

/// Alerts of all kinds, some at the same moment, not in the order of time.
std::vector<StoredAlert> many(std::size_t count) {
    std::mt19937 random{8};
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    std::vector<StoredAlert> all;
    for (std::size_t i = 0; i < count; ++i) {
        StoredAlert stored;
        Alert& alert = stored.alert;
        alert.id = "a" + std::to_string(i);
        alert.state = below(20) == 0 ? AlertState::kRetracted : AlertState::kRaised;
        alert.detector = "D0" + std::to_string(below(4));
        alert.severity = static_cast<Severity>(below(5));
        alert.chain = kEthereum;
        alert.time = from_unix_seconds(1'700'000'000 + below(200));
        if (below(10) != 0) alert.subject = evm(below(5));
        alert.related = {evm(10 + below(5))};
        alert.txns.resize(1);
        alert.txns[0].bytes.fill(static_cast<uint8_t>(below(9)));
        alert.title = below(2) ? "Hot wallet DRAINED" : "Fan-out";
        stored.phase = static_cast<AlertPhase>(below(4));
        stored.incident = "i-" + std::to_string(below(6));
        if (below(5) == 0) stored.repeat_of = "a0";
        if (below(5) == 0) stored.suppressed_by = "s-1";
        all.push_back(std::move(stored));
    }
    return all;
}

bool passes(const AlertQuery& query, const StoredAlert& stored) {
    const Alert& alert = stored.alert;
    const auto is = [](const auto& wanted, const auto& value) {
        return !wanted || *wanted == value;
    };
    std::string title = alert.title;
    std::transform(title.begin(), title.end(), title.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return is(query.phase, stored.phase) && is(query.subject, alert.subject) &&
           (!query.at_least || alert.severity >= *query.at_least) &&
           (!query.since || alert.time >= *query.since) &&
           (!query.until || alert.time < *query.until) &&
           (query.detector.empty() || query.detector == alert.detector) &&
           (query.incident.empty() || query.incident == stored.incident) &&
           !(query.open && stored.phase == AlertPhase::kClosed) &&
           (query.suppressed || stored.suppressed_by.empty()) &&
           (query.repeats || stored.repeat_of.empty()) &&
           (query.retracted || alert.state != AlertState::kRetracted) &&
           (!query.named || alert.subject == *query.named || alert.related[0] == *query.named) &&
           (query.txns.empty() || query.txns[0] == alert.txns[0]) &&
           std::all_of(query.words.begin(), query.words.end(), [&](const std::string& word) {
               return title.find(word) != std::string::npos;
           });
}

TEST(AlertStore, pages_give_all_that_passes_once_and_newest_first) {
    const auto store = AlertStore::in_memory().value();
    const std::vector<StoredAlert> all = many(700);
    ASSERT_TRUE(store->change([&]() -> Status {
        for (const StoredAlert& each : all) CORDON_TRY(store->put_alert(each));
        return {};
    }));
    std::mt19937 random{9};
    const auto maybe = [&] { return random() % 4 == 0; };
    for (int round = 0; round < 300; ++round) {
        AlertQuery query{.limit = 1 + random() % 90};
        if (maybe()) query.phase = static_cast<AlertPhase>(random() % 4);
        if (maybe()) query.at_least = static_cast<Severity>(random() % 5);
        if (maybe()) query.since = from_unix_seconds(1'700'000'050);
        if (maybe()) query.until = from_unix_seconds(1'700'000'150);
        if (maybe()) query.detector = "D01";
        if (maybe()) query.incident = "i-3";
        if (maybe()) query.subject = random() % 4 ? evm(3) : Address{};
        if (maybe()) query.named = evm(random() % 15);
        if (maybe()) query.words = {"drain", "wallet"};
        if (maybe()) query.txns = {all[random() % all.size()].alert.txns[0]};
        query.open = maybe();
        query.suppressed = maybe();
        query.repeats = maybe();
        query.retracted = maybe();
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (passes(query, all[i])) expected.push_back(i);
        std::stable_sort(expected.begin(), expected.end(), [&](std::size_t a, std::size_t b) {
            return std::pair{all[a].alert.time, a} > std::pair{all[b].alert.time, b};
        });
        std::vector<std::string> found;
        for (std::string before;;) {
            // However little it looks at a time, the pages together are the same.
            const auto page = store->find(query, before, round % 3 == 0 ? 0 : 1 + random() % 200);
            ASSERT_TRUE(good(page));
            for (const StoredAlert& each : page->alerts) found.push_back(each.alert.id);
            if (page->alerts.size() == query.limit)
                before = found.back();
            else if (!page->looked_to.empty())
                before = page->looked_to;
            else
                break;
        }
        std::vector<std::string> ids;
        for (const std::size_t each : expected) ids.push_back(all[each].alert.id);
        EXPECT_EQ(found, ids) << round;
    }
    EXPECT_EQ(store->page({}, "nobody").error().code, ErrorCode::kNotFound);
    std::array<uint64_t, 5> open{};
    for (const StoredAlert& each : all)
        if (passes({.open = true, .suppressed = false, .repeats = false, .retracted = false}, each))
            ++open[static_cast<std::size_t>(each.alert.severity)];
    EXPECT_EQ(store->open_counts().value(), open);
    uint64_t counted = 0;
    const auto rates = store->rates(from_unix_seconds(1'700'000'000)).value();
    for (const AlertRate& rate : rates)
        for (const uint64_t count : rate.count) counted += count;
    EXPECT_EQ(counted, all.size());
}

TEST(AlertStore, says_where_a_search_stopped_looking) {
    const auto store = AlertStore::in_memory().value();
    const std::vector<StoredAlert> all = many(300);
    ASSERT_TRUE(store->change([&]() -> Status {
        for (const StoredAlert& each : all) CORDON_TRY(store->put_alert(each));
        return {};
    }));
    AlertQuery query{.limit = 10};
    query.words = {"no alert has this"};
    std::size_t pages = 0;
    for (std::string before;; ++pages) {
        const auto page = store->find(query, before, 100).value();
        EXPECT_TRUE(page.alerts.empty());
        if (page.looked_to.empty()) break;
        before = page.looked_to;
    }
    EXPECT_EQ(pages, 2U);
    query.words.clear();  // No search: the indexes find them, however far down.
    query.at_least = Severity::kCritical;
    EXPECT_EQ(store->find(query, "", 1).value().looked_to, "");
}

TEST(AlertStore, takes_words_as_words_and_not_as_patterns) {
    const auto store = AlertStore::in_memory().value();
    StoredAlert stored = many(1)[0];
    stored.alert.title = "100% of 'it' _gone_";
    ASSERT_TRUE(store->change([&] { return store->put_alert(stored); }));
    const auto count = [&](std::string word) {
        return store->page({.words = {std::move(word)}}, "").value().size();
    };
    EXPECT_EQ(count("100%"), 1U);
    EXPECT_EQ(count("100% OF 'IT' _GONE_"), 1U);
    EXPECT_EQ(count("1%0"), 0U);
    EXPECT_EQ(count("_one_"), 0U);
    EXPECT_EQ(count("' OR 1=1 --"), 0U);
    EXPECT_EQ(count(std::string{"\0x", 2}), 0U);
    EXPECT_EQ(count("\xff\xfe"), 0U);
    EXPECT_EQ(count(""), 1U);
}

TEST(AlertStore, tells_what_happened_since_a_step_each_alert_once) {
    const auto store = AlertStore::in_memory().value();
    const auto all = many(3);
    const auto step = [&](std::string_view about, std::string what) {
        return store->add_step(about, {from_unix_seconds(1), "alice", std::move(what), ""});
    };
    ASSERT_TRUE(store->change([&]() -> Status {
        for (const StoredAlert& each : all) {
            CORDON_TRY(store->put_alert(each));
            CORDON_TRY(step(each.alert.id, "raised"));
        }
        CORDON_TRY(step("a0", "noted"));
        return step("s-1", "suppressed");
    }));
    const auto ids = [](const AlertNews& news) {
        std::string text;
        for (const StoredAlert& each : news.alerts) text += each.alert.id;
        return text;
    };
    auto news = store->news(0, 100).value();
    EXPECT_EQ(ids(news), "a1a2a0");
    EXPECT_EQ(news.step, store->last_step().value());
    EXPECT_TRUE(store->news(news.step, 100).value().alerts.empty());
    EXPECT_EQ(ids(store->news(0, 2).value()), "a0a1");
    // Of an incident that took in another one all alerts are news.
    ASSERT_TRUE(store->change([&]() -> Status {
        CORDON_TRY(store->move_incident(all[1].incident, "i-9"));
        return step("i-9", "took in");
    }));
    EXPECT_NE(ids(store->news(news.step, 100).value()).find("a1"), std::string::npos);
}

TEST(AlertStore, pages_of_incidents_go_on_where_they_were) {
    const auto store = AlertStore::in_memory().value();
    ASSERT_TRUE(store->change([&]() -> Status {
        for (int i = 0; i < 25; ++i)
            CORDON_TRY(store->put_incident({.id = "i-" + std::to_string(i),
                                            .title = "t",
                                            .severity = Severity::kHigh,
                                            .phase = AlertPhase::kNew,
                                            .first = from_unix_seconds(i / 3),
                                            .last = from_unix_seconds(i / 3),
                                            .usd = {}}));
        return {};
    }));
    std::vector<std::string> found;
    for (std::string before;;) {
        const auto page = store->incidents({.limit = 4}, before).value();
        for (const Incident& each : page) found.push_back(each.id);
        if (page.size() < 4) break;
        before = found.back();
    }
    EXPECT_EQ(found.size(), 25U);
    EXPECT_EQ(found.front(), "i-24");
    std::sort(found.begin(), found.end());
    EXPECT_EQ(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(store->incidents({}, "i-x").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cordon::records
