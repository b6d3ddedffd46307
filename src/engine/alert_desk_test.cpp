// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_desk.hpp"

#include <gtest/gtest.h>

#include <set>

#include "sink_config.hpp"

namespace cordon::engine {
namespace {

using records::AlertPhase;
using records::AlertStore;

Address who(uint8_t number) {
    std::array<uint8_t, 20> bytes{};
    bytes.fill(number);
    return {AddressKind::kEvm, bytes};
}

class Labels final : public detect::Knowledge {
public:
    std::vector<Label> labels(ChainId, const Address& address) const override {
        if (address != exchange) return {};
        Label label;
        label.address = address;
        label.text = "Exchange";
        label.category = Category::kExchange;
        label.confidence = 1;
        return {label};
    }
    Address exchange = who(0xEE);
};

struct Desk {
    std::unique_ptr<AlertStore> store = AlertStore::in_memory().value();
    detect::WatchConfig config;
    Labels knowledge;
    detect::World world{config, knowledge, 64};
    DeskSettings settings = {};
    AlertDesk desk{*store, world, settings};
    uint64_t events = 0;

    std::vector<records::StoredAlert> take(const std::vector<Alert>& alerts) {
        records::Cursor cursor;
        cursor.source = "stream";
        cursor.chain = kEthereum;
        cursor.events = ++events;
        return desk.take(alerts, cursor).value();
    }
};

Alert alert(uint8_t id, uint8_t subject, int64_t seconds, Severity severity = Severity::kHigh) {
    Alert out;
    out.id = static_cast<char>('a' + id) + std::string(31, '0');
    out.detector = "D01";
    out.title = "Drained";
    out.severity = severity;
    out.chain = kEthereum;
    out.time = from_unix_seconds(1'700'000'000 + seconds);
    out.subject = who(subject);
    out.txns.push_back({});
    out.txns.back().bytes.fill(id);
    return out;
}

TEST(AlertDesk, tells_each_alert_once) {
    Desk desk;
    EXPECT_EQ(desk.take({alert(1, 1, 0)}).size(), 1U);
    EXPECT_TRUE(desk.take({alert(1, 1, 0)}).empty());
}

TEST(AlertDesk, tells_again_what_grew_worse_or_was_retracted) {
    Desk desk;
    desk.take({alert(1, 1, 0)});
    EXPECT_EQ(desk.take({alert(1, 1, 0, Severity::kCritical)}).size(), 1U);
    Alert gone = alert(1, 1, 0, Severity::kCritical);
    gone.state = AlertState::kRetracted;
    EXPECT_EQ(desk.take({gone}).size(), 1U);
    EXPECT_TRUE(desk.take({gone}).empty());
    const auto incident = desk.store->incidents({}).value();
    ASSERT_EQ(incident.size(), 1U);
    EXPECT_EQ(incident.front().phase, AlertPhase::kClosed);
    EXPECT_EQ(desk.take({alert(1, 1, 0)}).size(), 1U);
}

TEST(AlertDesk, never_tells_the_retraction_of_what_nobody_knows) {
    Desk desk;
    Alert gone = alert(1, 1, 0);
    gone.state = AlertState::kRetracted;
    EXPECT_TRUE(desk.take({gone}).empty());
}

TEST(AlertDesk, counts_repeats_until_more_is_at_stake_or_an_hour_has_passed) {
    Desk desk;
    Alert first = alert(1, 1, 0);
    first.usd = 100'00;
    desk.take({first});
    Alert again = alert(2, 1, 60);
    again.usd = 150'00;
    const auto told = desk.take({again});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().repeat_of, first.id);
    EXPECT_EQ(told.front().count, 2U);
    Alert larger = alert(3, 1, 70);
    larger.usd = 200'00;
    EXPECT_TRUE(desk.take({larger}).front().repeat_of.empty());
    EXPECT_TRUE(desk.take({alert(4, 1, 4'000)}).front().repeat_of.empty());
    EXPECT_EQ(desk.store->alert(first.id).value()->count, 2U);
}

TEST(AlertDesk, joins_what_shares_an_address_and_nothing_else) {
    Desk desk;
    Alert a = alert(1, 1, 0);
    a.related = {who(7), desk.knowledge.exchange, Address{}};
    Alert b = alert(2, 2, 60);
    b.related = {desk.knowledge.exchange};
    Alert c = alert(3, 3, 120);
    c.related = {who(7), who(2)};
    const std::string first = desk.take({a}).front().incident;
    const std::string second = desk.take({b}).front().incident;
    EXPECT_NE(first, second);
    EXPECT_EQ(desk.take({c}).front().incident, first);
    EXPECT_EQ(desk.store->incident(second).value()->merged_into, first);
    EXPECT_EQ(desk.store->incident(first).value()->alerts.size(), 3U);
    Alert late = alert(4, 1, 200'000);
    EXPECT_NE(desk.take({late}).front().incident, first);
}

TEST(AlertDesk, lets_a_place_that_serves_everybody_join_nothing) {
    Desk desk;
    std::string last;
    std::set<std::string> incidents;
    for (uint8_t i = 0; i < 20; ++i) {
        Alert each = alert(i, static_cast<uint8_t>(100 + i), i);
        each.related = {who(9)};
        incidents.insert(desk.take({each}).front().incident);
    }
    EXPECT_GT(incidents.size(), 10U);
}

TEST(AlertDesk, hides_what_is_suppressed_but_never_worse) {
    Desk desk;
    records::Suppression hide;
    hide.detector = "D01";
    hide.reason = "migration";
    hide.from = from_unix_seconds(1'700'000'000);
    hide.until = hide.from + Seconds{3'600};
    ASSERT_TRUE(preview(*desk.store, hide, hide.from));
    ASSERT_TRUE(suppress(*desk.store, hide));
    EXPECT_TRUE(desk.take({alert(1, 1, 1)}).empty());
    EXPECT_EQ(desk.take({alert(2, 1, 2, Severity::kCritical)}).size(), 1U);
    EXPECT_EQ(desk.take({alert(3, 1, 3'600)}).size(), 1U);
    EXPECT_EQ(desk.store->alert(alert(1, 1, 1).id).value()->suppressed_by, hide.id);
    records::Suppression endless = hide;
    endless.until = hide.from + Seconds{365 * 86'400};
    EXPECT_EQ(preview(*desk.store, endless, hide.from).error().code, ErrorCode::kInvalidParam);
    records::Suppression all = hide;
    all.detector.clear();
    EXPECT_EQ(preview(*desk.store, all, hide.from).error().code, ErrorCode::kInvalidParam);
}

TEST(AlertDesk, closes_with_a_reason_only) {
    Desk desk;
    const std::vector<std::string> incident{desk.take({alert(1, 1, 0)}).front().incident};
    const Deed silent{"ann", "", from_unix_seconds(1'700'000'100)};
    EXPECT_EQ(act(*desk.store, AlertAct::kClose, incident, silent).error().code,
              ErrorCode::kInvalidParam);
    const Deed said{"ann", "planned", silent.when};
    EXPECT_EQ(act(*desk.store, AlertAct::kClose, incident, said).value(), 1U);
    EXPECT_EQ(desk.store->alert(alert(1, 1, 0).id).value()->history.back().why, "planned");
    // The next one opens it again, and is no repeat of what is closed.
    const auto next = desk.take({alert(2, 1, 60)});
    EXPECT_TRUE(next.front().repeat_of.empty());
    EXPECT_EQ(desk.store->incident(incident[0]).value()->phase, AlertPhase::kNew);
}

TEST(AlertDesk, does_all_that_is_asked_or_nothing) {
    Desk desk;
    const auto told = desk.take({alert(1, 1, 0), alert(2, 2, 0), alert(3, 3, 0)});
    const std::string a = told[0].alert.id;
    const std::string b = told[1].alert.id;
    const Deed deed{"ann", "on it", from_unix_seconds(1'700'000'100)};
    const auto stored = [&](const std::string& id) { return *desk.store->alert(id).value(); };

    const std::vector<std::string> one_unknown{a, b, "i-0"};
    EXPECT_EQ(act(*desk.store, AlertAct::kAcknowledge, one_unknown, deed).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(stored(a).phase, AlertPhase::kNew);
    EXPECT_EQ(stored(a).history.size(), 1U);

    // The same alert by its id, again, and by its incident.
    const std::vector<std::string> twice{a, a, told[0].incident, b};
    EXPECT_EQ(act(*desk.store, AlertAct::kAcknowledge, twice, deed).value(), 2U);
    EXPECT_EQ(stored(a).assignee, "ann");
    EXPECT_EQ(stored(a).history.size(), 2U);
    EXPECT_EQ(stored(a).history.back().what, "acknowledged");
    EXPECT_EQ(act(*desk.store, AlertAct::kAcknowledge, twice, deed).value(), 0U);

    const std::vector<std::string> only{b};
    EXPECT_EQ(act(*desk.store, AlertAct::kAssign, only, deed, "bob").value(), 1U);
    EXPECT_EQ(stored(b).assignee, "bob");
    EXPECT_EQ(stored(b).phase, AlertPhase::kAcknowledged);
    EXPECT_EQ(stored(b).history.back().what, "assigned to bob");
    EXPECT_EQ(act(*desk.store, AlertAct::kNote, only, deed).value(), 1U);
    EXPECT_EQ(stored(b).history.back().why, "on it");
    EXPECT_EQ(act(*desk.store, AlertAct::kAssign, only, deed).value(), 1U);
    EXPECT_EQ(stored(b).assignee, "");
    // What the watch does to an alert afterwards does not take it from who works on it.
    EXPECT_EQ(desk.take({alert(1, 1, 0, Severity::kCritical)}).front().assignee, "ann");
}

TEST(AlertDesk, refuses_deeds_that_nobody_could_read_later) {
    Desk desk;
    const std::vector<std::string> ids{desk.take({alert(1, 1, 0)}).front().alert.id};
    const UnixMillis when = from_unix_seconds(1'700'000'100);
    const auto code = [&](AlertAct what, const Deed& deed, std::string_view to = "") {
        const auto done = act(*desk.store, what, ids, deed, to);
        return done ? std::nullopt : std::optional{done.error().code};
    };
    EXPECT_EQ(act(*desk.store, AlertAct::kReopen, {}, {"ann", "", when}).error().code,
              ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kNote, {"ann", "", when}), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kNote, {"ann", std::string(4'001, 'x'), when}),
              ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kAssign, {"ann", "", when}, "b\nob"), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kAssign, {"ann", "", when}, "\xff"), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kClose, {"ann", "why", when}, "bob"), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(AlertAct::kReopen, {"ann", "", when}), std::nullopt);
}

Result<std::vector<SinkSettings>> sinks(std::string_view text) {
    static std::string kept;
    kept = text;
    return parse_sinks(
        memory_file("sinks.yaml", {reinterpret_cast<const uint8_t*>(kept.data()), kept.size()}),
        [](std::string_view, const std::string& place) -> Result<std::string> { return place; });
}

TEST(Sinks, reads_every_type) {
    const auto all = sinks(
        "version: 1\nsinks:\n"
        "  - {name: a, type: jsonl, path: x.jsonl}\n"
        "  - {name: b, type: webhook, url: 'https://h.example/x', secret_env: KEY, min_severity: "
        "high}\n"
        "  - {name: c, type: slack, url_file: 'https://s.example/y'}\n"
        "  - {name: d, type: telegram, chat: '-1', token_env: T}\n"
        "  - {name: e, type: syslog, address: 'udp://127.0.0.1:514', facility: 3}\n"
        "  - {name: f, type: smtp, relay: 'm.example:25', from: a@b.org, to: [c@d.org]}\n"
        "  - {name: g, type: command, argv: [/bin/true], timeout: 3}\n");
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 7U);
    EXPECT_TRUE((*all)[0].repeats);
    EXPECT_EQ((*all)[1].secret, "KEY");
    EXPECT_EQ((*all)[1].at_least, Severity::kHigh);
    EXPECT_FALSE((*all)[1].repeats);
    EXPECT_TRUE((*all)[5].start_tls);
    EXPECT_EQ((*all)[6].timeout, Seconds{3});
}

TEST(Sinks, tells_everything_that_is_wrong_with_its_line) {
    const auto bad = sinks(
        "version: 2\nsinks:\n"
        "  - {name: a, type: jsonl}\n"
        "  - {name: a, type: webhook, url: 'ftp://x', secret: text}\n"
        "  - {name: 'b c', type: smtp, relay: m, from: x, to: [], user: u, starttls: false}\n"
        "  - {type: pigeon}\n");
    ASSERT_FALSE(bad);
    for (const std::string_view part :
         {":1: field version", ":3: field path", ":4: no field \"secret\"", ":4: field url",
          ":4: a second sink", ":5: field name", ":5: field relay", ":6: field type"})
        EXPECT_NE(bad.error().message.find(part), std::string::npos) << part << "\n"
                                                                     << bad.error().message;
}

}  // namespace
}  // namespace cordon::engine
