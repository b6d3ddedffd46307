// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../gate.hpp"

#include <gtest/gtest.h>

#include <thread>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "entry.hpp"
#include "test_stage.hpp"

namespace cordon::guard {
namespace {

using namespace stage;
using namespace std::chrono_literals;

TEST(Gate, lets_through_what_a_rule_allows_and_denies_what_none_does) {
    Stage stage;
    const Verdict small = stage.check(test_request("a", 100));
    EXPECT_EQ(small.decision, Decision::kAllow);
    EXPECT_FALSE(small.reasons.empty());
    EXPECT_EQ(stage.check(test_request("b", 10'001)).decision, Decision::kDeny);
}

TEST(Gate, answers_a_request_again_as_it_did_also_after_it_was_opened_again) {
    Stage stage;
    const Verdict allowed = stage.check(test_request("a", 100));
    const Verdict denied = stage.check(test_request("b", 10'001));
    const Verdict held = stage.check(test_request("c", 500));
    for (int life = 0; life < 2; ++life) {
        const uint64_t size = stage.gate->log().size();
        EXPECT_EQ(stage.check(test_request("a", 100), kNow + 1min), allowed);
        EXPECT_EQ(stage.check(test_request("b", 10'001), kNow + 1min), denied);
        EXPECT_EQ(stage.check(test_request("c", 500), kNow + 1min), held);
        EXPECT_EQ(stage.gate->log().size(), size);
        stage.open();
    }
}

TEST(Gate, an_id_stands_for_one_request) {
    Stage stage;
    stage.check(test_request("a", 100));
    EXPECT_EQ(stage.gate->check(test_request("a", 101), kNow).error().code, ErrorCode::kConflict);
    WithdrawalRequest other = test_request("a", 100);
    other.payload = {"evm", "0x00"};
    EXPECT_EQ(stage.gate->check(other, kNow).error().code, ErrorCode::kConflict);
}

TEST(Gate, two_people_and_the_cool_down_turn_a_hold_into_allow) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000, "dave");
    const Verdict held = stage.check(request);
    EXPECT_EQ(held.decision, Decision::kHold);
    ASSERT_EQ(held.needs, (std::vector<ApprovalNeed>{{"treasury", 2, 0}}));
    const auto one = stage.approve(kAlice, request);
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_EQ(one->needs[0].given, 1U);
    stage.open();  // What was said is remembered.
    const auto two = stage.approve(kBob, request, kNow + 1min);
    ASSERT_TRUE(two) << two.error().message;
    EXPECT_EQ(two->decision, Decision::kHold);
    EXPECT_EQ(two->earliest, kNow + 11min);
    EXPECT_FALSE(stage.gate->bundle("a", kNow + 2min));
    EXPECT_EQ(stage.check(request, kNow + 10min).decision, Decision::kHold);
    const Verdict allowed = stage.check(request, kNow + 11min);
    EXPECT_EQ(allowed.decision, Decision::kAllow) << allowed.reasons[0].text;
    EXPECT_TRUE(allowed.needs.empty());
    const auto bundle = stage.gate->bundle("a", kNow + 12min);
    ASSERT_TRUE(bundle) << bundle.error().message;
    wallet::Quorum quorum;
    quorum.members = {{"alice", kAlice.key()}, {"bob", kBob.key()}, {"carol", kCarol.key()}};
    quorum.needed = 2;
    const auto& log_key = test_key().public_key();
    quorum.gate = wallet::ApproverKey{
        wallet::ApproverKey::Kind::kEd25519, "", {log_key.key.begin(), log_key.key.end()}};
    const auto agreed = wallet::check_quorum(*bundle, quorum, kNow + 13min);
    ASSERT_TRUE(agreed) << agreed.error().message;
    EXPECT_EQ(agreed->who, (std::vector<std::string>{"alice", "bob"}));
}

TEST(Gate, statements_that_do_not_count_change_nothing) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000, "alice");
    stage.check(request);
    const std::string about = wallet::withdrawal_text(request).value();
    const uint64_t size = stage.gate->log().size();
    const auto refused = [&](const wallet::SignedStatement& statement, UnixMillis at,
                             std::string_view why) {
        const auto verdict = stage.gate->approve(statement, at);
        ASSERT_FALSE(verdict) << why;
        EXPECT_EQ(verdict.error().code, ErrorCode::kPermission);
        EXPECT_NE(verdict.error().message.find(why), std::string::npos) << verdict.error().message;
    };
    using enum wallet::Subject;
    refused(stage.statement(kAlice, kWithdrawal, about, kNow), kNow, "asked for himself");
    refused(stage.statement(Person{"mallory"}, kWithdrawal, about, kNow), kNow, "knows nobody");
    refused(stage.statement(kDave, kWithdrawal, about, kNow), kNow, "none of the groups");
    wallet::SignedStatement forged = stage.statement(kBob, kWithdrawal, about, kNow);
    forged.signature = stage.statement(kCarol, kWithdrawal, about, kNow).signature;
    refused(forged, kNow, "does not count");
    refused(stage.statement(kBob, kWithdrawal, about, kNow), kNow + 61min, "expired");
    refused(stage.statement(kBob, kWithdrawal, about, kNow + 1min), kNow, "to come");
    WithdrawalRequest mutated = request;
    mutated.to = test_address(3);
    refused(stage.statement(kBob, kWithdrawal, wallet::withdrawal_text(mutated).value(), kNow),
            kNow, "to the last sign");
    wallet::Statement old;
    old.subject = kWithdrawal;
    old.by = "bob";
    old.time = kNow;
    old.expires = kNow + 1h;
    old.about = about;
    refused(kBob.sign(old), kNow, "another policy");
    EXPECT_EQ(stage.gate->log().size(), size);
    const auto once = stage.statement(kBob, kWithdrawal, about, kNow);
    ASSERT_TRUE(stage.gate->approve(once, kNow));
    refused(once, kNow, "already");
    refused(stage.statement(kBob, kWithdrawal, about, kNow + 5s), kNow + 5s, "already");
}

TEST(Gate, one_no_of_anybody_the_policy_knows_denies) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000);
    stage.check(request);
    ASSERT_TRUE(stage.approve(kAlice, request));
    const auto no = stage.approve(kDave, request, kNow, false);
    ASSERT_TRUE(no) << no.error().message;
    EXPECT_EQ(no->decision, Decision::kDeny);
    EXPECT_FALSE(stage.approve(kBob, request));
    EXPECT_EQ(stage.check(request).decision, Decision::kDeny);
    // Also when it was let through already.
    const WithdrawalRequest small = test_request("b", 50);
    EXPECT_EQ(stage.check(small).decision, Decision::kAllow);
    EXPECT_EQ(stage.approve(kAlice, small, kNow, false)->decision, Decision::kDeny);
    EXPECT_FALSE(stage.gate->bundle("b", kNow));
}

TEST(Gate, limits_count_what_was_let_through_and_windows_roll) {
    Stage stage;
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(stage.check(test_request(format("a{}", i), 1), kNow + i * 1min).decision,
                  Decision::kAllow);
    EXPECT_EQ(stage.check(test_request("eleventh", 1), kNow + 30min).decision, Decision::kDeny);
    // A withdrawal that was taken back still counts: a signature may exist.
    ASSERT_TRUE(stage.gate->cancel("a0", "queue", kNow + 31min));
    EXPECT_EQ(stage.check(test_request("again", 1), kNow + 32min).decision, Decision::kDeny);
    stage.open();
    EXPECT_EQ(stage.check(test_request("still", 1), kNow + 59min).decision, Decision::kDeny);
    EXPECT_EQ(stage.check(test_request("later", 1), kNow + 60min).decision, Decision::kAllow);
}

TEST(Gate, asking_again_for_what_waits_does_not_judge_it_again) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000);
    const Verdict held = stage.check(request);
    for (int i = 0; i < 10; ++i) stage.check(test_request(format("a{}", i), 1));
    EXPECT_EQ(stage.check(request, kNow + 1min), held);  // The limit is used up now.
    ASSERT_TRUE(stage.approve(kAlice, request, kNow + 70min));
    EXPECT_TRUE(stage.approve(kBob, request, kNow + 71min)->earliest);
    EXPECT_EQ(stage.check(request, kNow + 81min).decision, Decision::kAllow);
}

TEST(Gate, breakers_stop_everything_they_name_until_a_quorum_resets_them) {
    Stage stage;
    EXPECT_EQ(stage.check(test_request("before", 1)).decision, Decision::kAllow);
    ASSERT_TRUE(stage.gate->trip({}, "night watch", "something is wrong", kNow));
    EXPECT_EQ(stage.check(test_request("a", 1)).decision, Decision::kHold);
    EXPECT_EQ(stage.check(test_request("before", 1)).decision, Decision::kHold);
    EXPECT_FALSE(stage.gate->bundle("before", kNow));
    stage.open();
    const Breaker breaker = stage.gate->breakers().at(0);
    const std::string about = wallet::breaker_text(breaker.key.text(), breaker.since).value();
    using enum wallet::Subject;
    EXPECT_FALSE(stage.gate->approve(stage.statement(kBob, kBreaker, about, kNow), kNow));
    EXPECT_EQ(stage.gate->approve(stage.statement(kAlice, kBreaker, about, kNow), kNow)->decision,
              Decision::kHold);
    EXPECT_EQ(stage.gate->breakers().size(), 1U);
    EXPECT_EQ(stage.gate->approve(stage.statement(kDave, kBreaker, about, kNow), kNow)->decision,
              Decision::kAllow);
    EXPECT_TRUE(stage.gate->breakers().empty());
    EXPECT_EQ(stage.check(test_request("a", 1)).decision, Decision::kAllow);
    EXPECT_EQ(stage.check(test_request("before", 1)).decision, Decision::kAllow);
}

TEST(Gate, an_alert_trips_what_the_policy_says_and_its_end_resets_nothing) {
    Stage stage;
    Alert alert;
    alert.id = "f00d";
    alert.detector = "D11";
    alert.severity = Severity::kCritical;
    alert.subject = test_address(1);
    alert.reason = "a delegate call";
    stage.world.open_alerts = {alert};
    const Verdict held = stage.check(test_request("a", 1));
    EXPECT_EQ(held.decision, Decision::kHold);
    stage.world.open_alerts.clear();
    EXPECT_EQ(stage.check(test_request("b", 1)).decision, Decision::kHold);
    ASSERT_EQ(stage.gate->breakers().size(), 1U);
    EXPECT_EQ(stage.gate->breakers()[0].by, "alert f00d");
    WithdrawalRequest other = test_request("c", 1);
    other.from = test_address(9);
    EXPECT_EQ(stage.check(other).decision, Decision::kAllow);
}

Alert theft_alert(std::string id) {
    Alert alert;
    alert.id = std::move(id);
    alert.detector = "D11";
    alert.severity = Severity::kCritical;
    alert.chain = kEthereum;
    alert.subject = test_address(1);
    alert.reason = "a delegate call";
    return alert;
}

TEST(Gate, an_alert_stops_what_was_let_through_before_it_and_trips_once) {
    Stage stage;
    stage.world.wallets[test_address(1)] = "hot-1";
    EXPECT_EQ(stage.check(test_request("before", 1)).decision, Decision::kAllow);
    const std::vector<Alert> first{theft_alert("f00d")};
    ASSERT_TRUE(stage.gate->take_alerts(first, kNow));
    EXPECT_EQ(stage.check(test_request("before", 1)).decision, Decision::kHold);
    EXPECT_FALSE(stage.gate->bundle("before", kNow));

    const auto reset = [&](const Person& person, const Breaker& breaker) {
        const std::string about = wallet::breaker_text(breaker.key.text(), breaker.since).value();
        return stage.gate->approve(
            stage.statement(person, wallet::Subject::kBreaker, about, breaker.since),
            breaker.since);
    };
    const Breaker as_it_was = stage.gate->breakers().at(0);
    EXPECT_EQ(as_it_was.key.what, chain::format_address(kEthereum, test_address(1)));
    ASSERT_TRUE(reset(kAlice, as_it_was));
    // News: who agreed did not know of it.
    const std::vector<Alert> both{theft_alert("f00d"), theft_alert("f00e")};
    ASSERT_TRUE(stage.gate->take_alerts(both, kNow + 1min));
    EXPECT_FALSE(reset(kDave, as_it_was));
    stage.open();
    ASSERT_TRUE(stage.gate->take_alerts(both, kNow + 2min));
    const Breaker now = stage.gate->breakers().at(0);
    EXPECT_EQ(now.by, "alert f00e");
    EXPECT_EQ(now.since, kNow + 1min) << "an alert that is known is no news";
    ASSERT_TRUE(reset(kAlice, now));
    ASSERT_TRUE(reset(kDave, now));
    EXPECT_TRUE(stage.gate->breakers().empty());
    // Still open, but looked at: it does not trip again, also after a restart.
    stage.open();
    ASSERT_TRUE(stage.gate->take_alerts(both, kNow + 3min));
    EXPECT_TRUE(stage.gate->breakers().empty());
    const std::vector<Alert> third{theft_alert("f00f")};
    ASSERT_TRUE(stage.gate->take_alerts(third, kNow + 4min));
    EXPECT_EQ(stage.gate->breakers().size(), 1U);
}

TEST(Gate, alerts_about_others_stop_no_wallet_and_one_about_the_watch_stops_all) {
    Stage stage;
    stage.world.wallets[test_address(1)] = "hot-1";
    Alert alert = theft_alert("a");
    alert.subject = test_address(7);  // Not ours.
    ASSERT_TRUE(stage.gate->take_alerts(std::vector<Alert>{alert}, kNow));
    EXPECT_TRUE(stage.gate->breakers().empty());
    // Whoever asks to pay somebody with an alert does not stop the wallet for everybody.
    alert.subject = test_address(2);
    stage.world.open_alerts = {alert};
    EXPECT_EQ(stage.check(test_request("to it", 1)).decision, Decision::kAllow);
    EXPECT_TRUE(stage.gate->breakers().empty());
    alert.subject = {};
    ASSERT_TRUE(stage.gate->take_alerts(std::vector<Alert>{alert}, kNow));
    EXPECT_EQ(stage.gate->breakers().at(0).key, BreakerKey{});
    EXPECT_EQ(stage.gate->trip({}, "alert b", "I am an alert", kNow).error().code,
              ErrorCode::kInvalidParam);
}

TEST(Gate, a_policy_begins_with_a_quorum_of_the_old_one_and_after_its_delay) {
    Stage stage;
    const WithdrawalRequest waiting = test_request("w", 5'000);
    stage.check(waiting);
    ASSERT_TRUE(stage.approve(kAlice, waiting));
    const std::string next = policy_text_of(2, "notes: more\n");
    EXPECT_EQ(
        stage.gate->propose_policy(policy_text_of(1, "notes: x\n"), "alice", kNow).error().code,
        ErrorCode::kConflict);
    EXPECT_EQ(stage.gate->propose_policy("version: nonsense", "alice", kNow).error().code,
              ErrorCode::kMalformed);
    const auto about = stage.gate->propose_policy(next, "alice", kNow);
    ASSERT_TRUE(about) << about.error().message;
    using enum wallet::Subject;
    const auto say = [&](const Person& person, UnixMillis at) {
        return stage.gate->approve(stage.statement(person, kPolicy, *about, at), at);
    };
    EXPECT_FALSE(say(kAlice, kNow)) << "proposed it";
    EXPECT_FALSE(say(kBob, kNow)) << "not of the board";
    ASSERT_TRUE(say(kCarol, kNow));
    const auto agreed = say(kDave, kNow + 30min);
    ASSERT_TRUE(agreed) << agreed.error().message;
    EXPECT_EQ(agreed->earliest, kNow + 24h + 30min);
    stage.open(policy_text_of(1));
    EXPECT_EQ(stage.gate->policy(kNow + 24h)->version(), 1U);
    EXPECT_EQ(stage.gate->policy(kNow + 25h)->version(), 2U);
    stage.open();
    EXPECT_EQ(stage.gate->policy(kNow + 25h)->version(), 2U);
    // What was agreed to under the old one is void.
    EXPECT_EQ(stage.check(waiting, kNow + 25h).needs[0].given, 0U);
    auto old = Gate::open(stage.folder / "gate", test_key(), "", stage.world);
    EXPECT_EQ(old.error().code, ErrorCode::kLocked);
}

TEST(Gate, one_no_of_the_board_ends_a_proposal) {
    Stage stage;
    const auto about = stage.gate->propose_policy(policy_text_of(2), "bob", kNow).value();
    using enum wallet::Subject;
    EXPECT_EQ(
        stage.gate->approve(stage.statement(kCarol, kPolicy, about, kNow, false), kNow)->decision,
        Decision::kDeny);
    EXPECT_FALSE(stage.gate->approve(stage.statement(kDave, kPolicy, about, kNow), kNow));
}

TEST(Gate, holds_while_the_clock_stands_before_its_last_entry) {
    Stage stage;
    EXPECT_EQ(stage.check(test_request("a", 1), kNow + 1h).decision, Decision::kAllow);
    EXPECT_EQ(stage.check(test_request("b", 1), kNow + 1h - 1s).decision, Decision::kAllow);
    const Verdict held = stage.check(test_request("c", 1), kNow);
    EXPECT_EQ(held.decision, Decision::kHold);
    EXPECT_NE(held.reasons[0].text.find("clock"), std::string::npos);
    EXPECT_FALSE(stage.gate->bundle("a", kNow));
    EXPECT_EQ(stage.check(test_request("c", 1), kNow + 1h).decision, Decision::kAllow);
}

TEST(Gate, holds_what_the_world_does_not_tell_and_asks_again) {
    Stage stage;
    stage.world.failing = true;
    const Verdict held = stage.check(test_request("a", 50));
    EXPECT_EQ(held.decision, Decision::kHold);
    stage.world.failing = false;
    EXPECT_EQ(stage.check(test_request("a", 50)).decision, Decision::kAllow);
}

TEST(Gate, carries_payments_back_to_their_requests) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 50);
    stage.check(request);
    stage.check(test_request("held", 5'000));
    Transfer paid{
        0, request.from, request.to, request.asset, request.amount, TransferKind::kNative};
    Hash256 txn;
    txn.bytes.fill(7);
    EXPECT_EQ(stage.gate->unaccounted(kNow + 1s).size(), 1U);
    EXPECT_EQ(stage.gate->on_outflow(kEthereum, txn, paid, kNow)->id, "a");
    EXPECT_EQ(stage.gate->on_outflow(kEthereum, txn, paid, kNow)->id, "a") << "told twice";
    EXPECT_TRUE(stage.gate->unaccounted(kNow + 1s).empty());
    EXPECT_TRUE((*stage.gate->find("a"))->seen_on_chain);
    paid.index = 1;
    EXPECT_EQ(stage.gate->on_outflow(kEthereum, txn, paid, kNow)->id, "") << "paid twice";
    paid.index = 2;
    paid.amount = Amount{uint64_t{5'000}};
    const auto held = stage.gate->on_outflow(kEthereum, txn, paid, kNow);
    EXPECT_EQ(held->id, "");
    EXPECT_NE(held->text.find("not let through"), std::string::npos);
    stage.open();
    EXPECT_EQ(stage.gate->on_outflow(kEthereum, txn, paid, kNow)->id, "");
    const auto standing = stage.gate->find("a").value();
    ASSERT_TRUE(standing);
    EXPECT_EQ(standing->request, request);
    EXPECT_EQ(standing->txn, txn);
}

TEST(Gate, keeps_payloads_that_are_longer_than_an_entry) {
    Stage stage;
    WithdrawalRequest request = test_request("a", 50);
    request.payload = {"evm", std::string(200'000, 'x')};
    request.payload.data[100'000] = '\n';
    EXPECT_EQ(stage.check(request).decision, Decision::kAllow);
    stage.open();
    EXPECT_EQ(stage.gate->bundle("a", kNow)->request, request);
    // Also of one that is over.
    ASSERT_TRUE(stage.gate->cancel("a", "queue", kNow));
    EXPECT_EQ((*stage.gate->find("a"))->request, request);
    request.id = "b";
    request.amount = Amount{uint64_t{99'999}};
    EXPECT_EQ(stage.check(request).decision, Decision::kDeny);
    EXPECT_EQ((*stage.gate->find("b"))->request, request);
    request.id = "c";
    request.payload.data.assign(std::size_t{5} << 20, 'x');
    EXPECT_EQ(stage.gate->check(request, kNow).error().code, ErrorCode::kLimit);
}

TEST(Gate, an_allow_is_void_after_its_time_and_judged_again) {
    Stage stage;
    const Verdict first = stage.check(test_request("a", 50));
    ASSERT_TRUE(first.expires);
    EXPECT_FALSE(stage.gate->bundle("a", *first.expires));
    const Verdict second = stage.check(test_request("a", 50), *first.expires);
    EXPECT_EQ(second.decision, Decision::kAllow);
    EXPECT_NE(second.entry, first.entry);
    EXPECT_EQ(stage.gate->unaccounted(*first.expires + 1s).size(), 1U);
}

TEST(Gate, refuses_requests_that_nobody_could_read) {
    Stage stage;
    EXPECT_FALSE(stage.gate->check(test_request("", 1), kNow));
    EXPECT_FALSE(stage.gate->check(test_request("a\nb", 1), kNow));
    WithdrawalRequest nowhere = test_request("a", 1);
    nowhere.from = {};
    EXPECT_FALSE(stage.gate->check(nowhere, kNow));
    WithdrawalRequest cancelled = test_request("a", 1);
    cancelled.cancelled = true;
    EXPECT_FALSE(stage.gate->check(cancelled, kNow));
    EXPECT_EQ(stage.gate->cancel("never", "queue", kNow).error().code, ErrorCode::kNotFound);
}

TEST(Gate, is_not_opened_with_another_policy_or_another_key) {
    Stage stage;
    stage.gate.reset();
    EXPECT_EQ(
        Gate::open(stage.folder / "gate", test_key(), policy_text_of(9), stage.world).error().code,
        ErrorCode::kConflict);
    EXPECT_FALSE(Gate::open(stage.folder / "new", test_key(), "", stage.world));
    EXPECT_EQ(Gate::open(stage.folder / "gate",
                         tlog::SigningKey::generate("b", tlog::PublicKey::Kind::kLog).value(), "",
                         stage.world)
                  .error()
                  .code,
              ErrorCode::kConflict);
}

TEST(Gate, refuses_a_log_whose_entries_do_not_follow_from_each_other) {
    Stage stage;
    ASSERT_TRUE(stage.gate->log().append(
        R"({"v":1,"type":"reset","time":"2030-01-01T00:00:00Z","breaker":"global"})"));
    stage.gate.reset();
    const auto opened = Gate::open(stage.folder / "gate", test_key(), "", stage.world);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cordon::guard
