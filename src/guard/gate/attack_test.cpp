// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What an attacker would try at the gate; docs/security/attacks.md has the rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "test_stage.hpp"

namespace cordon::guard {
namespace {

using namespace stage;
using namespace std::chrono_literals;
using enum wallet::Subject;

std::string about(const WithdrawalRequest& request) {
    return wallet::withdrawal_text(request).value();
}
std::string reset_text(const Stage& stage) {
    const Breaker breaker = stage.gate->breakers().at(0);
    return wallet::breaker_text(breaker.key.text(), breaker.since).value();
}
Alert alert_about(const Address& subject, std::string id = "f00d") {
    Alert alert;
    alert.id = std::move(id);
    alert.detector = "D11";
    alert.severity = Severity::kCritical;
    alert.subject = subject;
    alert.reason = "a delegate call";
    return alert;
}
wallet::ApproverKey gate_key() {
    const auto& key = test_key().public_key().key;
    return {wallet::ApproverKey::Kind::kEd25519, "", {key.begin(), key.end()}};
}
/// What an offline signer asks for: two of three, and the gate.
wallet::Quorum quorum() {
    return {{{"alice", kAlice.key()}, {"bob", kBob.key()}, {"carol", kCarol.key()}}, 2, gate_key()};
}
wallet::SignedStatement by_the_gate(wallet::Statement statement) {
    wallet::SignedStatement out;
    out.text = statement.text();
    const auto signature =
        test_key().sign({reinterpret_cast<const uint8_t*>(out.text.data()), out.text.size()});
    out.signature.assign(signature.begin(), signature.end());
    return out;
}

/// Every way in which a request can be another one.
std::vector<std::function<void(WithdrawalRequest&)>> changes() {
    return {[](auto& r) { r.chain = ChainId{ChainFamily::kEvm, 56}; },
            [](auto& r) { r.asset = Asset::contract(test_address(9)); },
            [](auto& r) { r.from = test_address(9); },
            [](auto& r) { r.to = test_address(9); },
            [](auto& r) { r.amount = Amount{uint64_t{5'001}}; },
            [](auto& r) { r.requester = "alice"; },
            [](auto& r) { r.requester.clear(); },
            [](auto& r) { r.time += Seconds{1}; },
            [](auto& r) { r.payload.type = "safe"; },
            [](auto& r) { r.payload.data.back() ^= 1; },
            [](auto& r) { r.payload.data += ' '; },
            [](auto& r) { r.payload = {}; }};
}

TEST(GateAttack, a_request_changed_in_any_field_after_approval_has_none) {
    Stage stage;
    WithdrawalRequest request = test_request("a", 5'000);
    request.payload = {"evm", "0x02aa"};
    stage.check(request);
    ASSERT_TRUE(stage.approve(kAlice, request));
    ASSERT_TRUE(stage.approve(kBob, request));
    const auto later = kNow + 11min;
    ASSERT_EQ(stage.check(request, later).decision, Decision::kAllow);
    const wallet::Bundle bundle = stage.gate->bundle("a", later).value();
    ASSERT_TRUE(wallet::check_quorum(bundle, quorum(), later));
    for (const auto& change : changes()) {
        WithdrawalRequest changed = request;
        change(changed);
        SCOPED_TRACE(about(changed));
        // Under its id, under another one, and in what was handed out already.
        EXPECT_EQ(stage.gate->check(changed, later).error().code, ErrorCode::kConflict);
        wallet::Bundle swapped = bundle;
        swapped.request = changed;
        EXPECT_EQ(wallet::check_quorum(swapped, quorum(), later).error().code,
                  ErrorCode::kPermission);
        changed.id += format("{}", stage.gate->log().size());
        const Verdict fresh = stage.check(changed, later);
        EXPECT_NE(fresh.decision, Decision::kAllow);
        for (const ApprovalNeed& need : fresh.needs) EXPECT_EQ(need.given, 0U);
    }
    wallet::Bundle renamed = bundle;
    renamed.request.id = "b";
    EXPECT_FALSE(wallet::check_quorum(renamed, quorum(), later));
}

TEST(GateAttack, statements_mean_the_same_in_any_order_and_only_for_their_request) {
    for (const bool turned : {false, true}) {
        Stage stage;
        const WithdrawalRequest request = test_request("a", 5'000);
        const WithdrawalRequest twin = test_request("b", 5'000);
        stage.check(request);
        stage.check(twin);
        auto first = stage.statement(kAlice, kWithdrawal, about(request), kNow);
        auto second = stage.statement(kBob, kWithdrawal, about(request), kNow);
        if (turned) std::swap(first, second);
        ASSERT_TRUE(stage.gate->approve(first, kNow));
        ASSERT_TRUE(stage.gate->approve(second, kNow));
        EXPECT_FALSE(stage.gate->approve(first, kNow)) << "replayed";
        EXPECT_EQ(stage.check(request, kNow + 10min).decision, Decision::kAllow);
        EXPECT_EQ(stage.check(twin, kNow + 10min).needs.at(0).given, 0U);
    }
}

TEST(GateAttack, what_was_taken_back_is_never_handed_out) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 50);
    ASSERT_EQ(stage.check(request).decision, Decision::kAllow);
    ASSERT_TRUE(stage.gate->bundle("a", kNow));
    ASSERT_TRUE(stage.gate->cancel("a", "queue", kNow));
    for (int life = 0; life < 2; ++life) {
        EXPECT_EQ(stage.gate->bundle("a", kNow).error().code, ErrorCode::kPermission);
        EXPECT_EQ(stage.check(request).decision, Decision::kDeny);
        EXPECT_FALSE(stage.approve(kAlice, request));
        EXPECT_EQ(stage.check(request, kNow + 48h).decision, Decision::kDeny);
        EXPECT_EQ(stage.check(request).decision, Decision::kDeny);
        stage.open();
    }
}

TEST(GateAttack, a_clock_set_forward_makes_bundles_that_no_signer_takes) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000);
    stage.check(request);
    ASSERT_TRUE(stage.approve(kAlice, request));
    ASSERT_TRUE(stage.approve(kBob, request));
    ASSERT_EQ(stage.check(request).decision, Decision::kHold) << "cool-down";
    const auto ahead = kNow + 30min;
    ASSERT_EQ(stage.check(request, ahead).decision, Decision::kAllow);
    const wallet::Bundle bundle = stage.gate->bundle("a", ahead).value();
    const auto now = wallet::check_quorum(bundle, quorum(), kNow + 1min);
    ASSERT_FALSE(now);
    EXPECT_NE(now.error().message.find("later than now"), std::string::npos);
    // And the gate holds until the right time has caught up.
    EXPECT_EQ(stage.check(test_request("b", 1), kNow + 1min).decision, Decision::kHold);
    EXPECT_FALSE(stage.gate->bundle("a", kNow + 1min));
}

TEST(GateAttack, an_old_agreement_resets_no_breaker_that_was_tripped_again) {
    Stage stage;
    ASSERT_TRUE(stage.gate->trip({}, "night watch", "first", kNow));
    const auto alice = stage.statement(kAlice, kBreaker, reset_text(stage), kNow);
    const auto dave = stage.statement(kDave, kBreaker, reset_text(stage), kNow);
    ASSERT_TRUE(stage.gate->approve(alice, kNow + 1s));
    ASSERT_TRUE(stage.gate->approve(dave, kNow + 1s));
    ASSERT_TRUE(stage.gate->breakers().empty());
    ASSERT_TRUE(stage.gate->trip({}, "night watch", "second", kNow + 2s));
    EXPECT_FALSE(stage.gate->approve(alice, kNow + 3s));
    EXPECT_FALSE(stage.gate->approve(dave, kNow + 3s));
    EXPECT_EQ(stage.gate->breakers().size(), 1U);
}

TEST(GateAttack, one_person_stops_a_reset_that_is_under_way) {
    for (const bool by_statement : {false, true}) {
        std::string policy = policy_text_of(1);
        policy.replace(policy.find("delay: 0s"), 9, "delay: 1h");
        Stage stage{policy};
        ASSERT_TRUE(stage.gate->trip({}, "night watch", "a drain", kNow));
        const std::string text = reset_text(stage);
        const auto alice = stage.statement(kAlice, kBreaker, text, kNow);
        const auto dave = stage.statement(kDave, kBreaker, text, kNow);
        ASSERT_TRUE(stage.gate->approve(alice, kNow));
        ASSERT_EQ(stage.gate->approve(dave, kNow)->earliest, kNow + 1h);
        if (by_statement) {
            const auto no = stage.statement(kCarol, kBreaker, text, kNow + 1min, false);
            EXPECT_EQ(stage.gate->approve(no, kNow + 1min)->decision, Decision::kDeny);
        } else {
            ASSERT_TRUE(stage.gate->trip({}, "day watch", "it goes on", kNow));
        }
        EXPECT_FALSE(stage.gate->approve(alice, kNow + 2min)) << "over the time before";
        stage.open();
        EXPECT_EQ(stage.gate->breakers().size(), 1U);
        EXPECT_EQ(stage.check(test_request("a", 1), kNow + 2h).decision, Decision::kHold);
        EXPECT_EQ(stage.gate->breakers().size(), 1U);
    }
}

TEST(GateAttack, a_wallet_that_is_stopped_is_not_refilled) {
    Stage stage;
    const BreakerKey hot{BreakerKey::Kind::kWallet, kEthereum,
                         "0x0211111111111111111111111111111111111111"};
    ASSERT_TRUE(stage.gate->trip(hot, "night watch", "its key is stolen", kNow));
    const WithdrawalRequest refill = test_request("refill", 50);
    EXPECT_EQ(stage.check(refill).decision, Decision::kHold);
    WithdrawalRequest other = test_request("other", 50);
    other.to = test_address(3);
    EXPECT_EQ(stage.check(other).decision, Decision::kAllow);
}

TEST(GateAttack, an_alert_after_the_verdict_stops_what_is_not_handed_out_yet) {
    Stage stage;
    ASSERT_EQ(stage.check(test_request("a", 50)).decision, Decision::kAllow);
    stage.world.blind = true;
    EXPECT_FALSE(stage.gate->bundle("a", kNow)) << "nobody knows";
    stage.world.blind = false;
    stage.world.open_alerts = {alert_about(test_address(1))};
    EXPECT_EQ(stage.gate->bundle("a", kNow).error().code, ErrorCode::kPermission);
    EXPECT_EQ(stage.gate->breakers().size(), 1U);
    EXPECT_EQ(stage.check(test_request("a", 50)).decision, Decision::kHold);
}

TEST(GateAttack, a_flood_of_alerts_hides_none) {
    for (const bool floods_alike : {false, true}) {
        Stage stage;
        for (int i = 0; i < 2'000; ++i) {
            Alert alert = alert_about(test_address(1), format("alert-{}", i));
            if (!floods_alike && i != 1'000) alert.severity = Severity::kLow;
            stage.world.open_alerts.push_back(std::move(alert));
        }
        EXPECT_EQ(stage.check(test_request("a", 1)).decision, Decision::kHold);
        ASSERT_EQ(stage.gate->breakers().size(), 1U);
        EXPECT_TRUE(floods_alike || stage.gate->breakers()[0].by == "alert alert-1000");
    }
}

TEST(GateAttack, who_blinds_the_watch_lets_nothing_through) {
    Stage stage;
    stage.world.blind = true;
    const Verdict held = stage.check(test_request("a", 1));
    EXPECT_EQ(held.decision, Decision::kHold);
    EXPECT_TRUE(held.needs.empty());
    stage.world.blind = false;
    EXPECT_EQ(stage.check(test_request("a", 1)).decision, Decision::kAllow);
}

TEST(GateAttack, stale_lists_and_lagging_feeds_hold) {
    std::string policy = policy_text_of(1);
    policy.replace(policy.find("screening: off, feed: off"), 25, "screening: 4d, feed: 2h");
    Stage stage{policy};
    int n = 0;
    const auto decision = [&] { return stage.check(test_request(format("r{}", ++n), 1)).decision; };
    EXPECT_EQ(decision(), Decision::kAllow);
    for (const auto age : {97h, -49h}) {  // Too old; so new that it would never be old.
        stage.world.list_of = kNow - age;
        EXPECT_EQ(decision(), Decision::kHold);
    }
    stage.world.list_of = kNow - 95h;
    EXPECT_EQ(decision(), Decision::kAllow);
    stage.world.behind = 2h + 1s;
    EXPECT_EQ(decision(), Decision::kHold);
    stage.world.behind.reset();  // Nobody follows the chain.
    EXPECT_EQ(decision(), Decision::kHold);
    stage.world.behind = 0s;
    EXPECT_EQ(decision(), Decision::kAllow);
}

TEST(GateAttack, a_weaker_policy_never_begins_without_its_quorum) {
    Stage stage;
    const std::string text =
        stage.gate->propose_policy(policy_text_of(2, "notes: weak\n"), "bob", kNow).value();
    ASSERT_TRUE(stage.gate->approve(stage.statement(kAlice, kPolicy, text, kNow), kNow));
    EXPECT_FALSE(stage.gate->approve(stage.statement(kAlice, kPolicy, text, kNow), kNow));
    EXPECT_FALSE(stage.gate->approve(stage.statement(kBob, kPolicy, text, kNow), kNow));
    // Neither time nor opening it again makes up for people.
    EXPECT_EQ(stage.gate->policy(kNow + 10'000h)->version(), 1U);
    stage.open();
    EXPECT_EQ(stage.gate->policy(kNow + 10'000h)->version(), 1U);
    // A second proposal has no part in what the first was given, nor has an older version.
    const std::string other = stage.gate->propose_policy(policy_text_of(3), "bob", kNow).value();
    EXPECT_EQ(
        stage.gate->approve(stage.statement(kDave, kPolicy, other, kNow), kNow)->needs.at(0).given,
        1U);
    EXPECT_EQ(stage.gate->propose_policy(policy_text_of(1), "bob", kNow).error().code,
              ErrorCode::kConflict);
}

TEST(GateAttack, a_proposal_that_was_agreed_to_under_the_old_policy_ends_with_it) {
    Stage stage;
    const std::string second = stage.gate->propose_policy(policy_text_of(2), "bob", kNow).value();
    const std::string third =
        stage.gate->propose_policy(policy_text_of(3, "notes: weak\n"), "bob", kNow).value();
    const auto dave = stage.statement(kDave, kPolicy, third, kNow);
    for (const std::string& text : {second, third})
        ASSERT_TRUE(stage.gate->approve(stage.statement(kCarol, kPolicy, text, kNow), kNow));
    ASSERT_TRUE(stage.gate->approve(stage.statement(kDave, kPolicy, second, kNow), kNow));
    ASSERT_TRUE(stage.gate->approve(dave, kNow + 30min));
    EXPECT_EQ(stage.gate->policy(kNow + 24h)->version(), 2U);
    EXPECT_EQ(stage.gate->policy(kNow + 48h)->version(), 2U);
    EXPECT_FALSE(stage.gate->approve(dave, kNow + 48h));
}

TEST(GateAttack, the_key_of_the_gate_is_nobodys) {
    // In no policy, by which a gate that is taken over would be a person.
    std::string policy = policy_text_of(1);
    policy.replace(policy.find("people:\n"), 8,
                   format("people:\n  eve: \"{}\"\n", gate_key().text()));
    const TestFolder folder;
    TestWorld world;
    const auto opened =
        Gate::open(folder / "gate", test_key(), policy, world, {.disk = &fast_disk()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
    Stage stage;
    policy.replace(0, 10, "version: 2");
    EXPECT_EQ(stage.gate->propose_policy(policy, "bob", kNow).error().code, ErrorCode::kConflict);
    // Nor does it sign by the name of somebody, or by its own as a person.
    const WithdrawalRequest request = test_request("a", 5'000);
    stage.check(request);
    wallet::Statement statement;
    statement.policy = stage.gate->policy(kNow)->digest();
    statement.time = kNow;
    statement.expires = kNow + 1h;
    statement.about = about(request);
    for (const char* name : {"alice", "gate"}) {
        statement.by = name;
        EXPECT_EQ(stage.gate->approve(by_the_gate(statement), kNow).error().code,
                  ErrorCode::kPermission);
    }
    // A server that answers for the signer has one voice there, which is no person's.
    wallet::Bundle bundle{request, statement.policy, {}};
    for (const char* name : {"gate", "alice", "bob"}) {
        statement.by = name;
        bundle.approvals.push_back(by_the_gate(statement));
    }
    const auto agreed = wallet::check_quorum(bundle, quorum(), kNow);
    ASSERT_FALSE(agreed);
    EXPECT_NE(agreed.error().message.find("0 of 2"), std::string::npos) << agreed.error().message;
}

TEST(GateAttack, one_stolen_key_stops_and_lets_nothing_through) {
    Stage stage;
    const WithdrawalRequest request = test_request("a", 5'000);
    stage.check(request);
    ASSERT_TRUE(stage.gate->trip({}, "night watch", "the key is stolen", kNow));
    const std::string policy =
        stage.gate->propose_policy(policy_text_of(2), "somebody", kNow).value();
    const std::string reset = reset_text(stage);
    for (int i = 0; i < 20; ++i) {  // As often as the thief likes, and as anybody else.
        const auto at = kNow + i * 1min;
        for (const auto& [subject, text] :
             {std::pair{kWithdrawal, about(request)}, {kPolicy, policy}, {kBreaker, reset}}) {
            static_cast<void>(stage.gate->approve(stage.statement(kAlice, subject, text, at), at));
            wallet::SignedStatement other = stage.statement(kCarol, subject, text, at);
            other.signature = stage.statement(kAlice, subject, text, at).signature;
            EXPECT_FALSE(stage.gate->approve(other, at));
        }
    }
    EXPECT_EQ(stage.gate->policy(kNow + 1'000h)->version(), 1U);
    EXPECT_EQ(stage.gate->breakers().size(), 1U);
    EXPECT_FALSE(stage.gate->bundle("a", kNow + 1h));
    EXPECT_EQ(stage.check(request, kNow + 1h).decision, Decision::kHold);
}

TEST(GateAttack, a_log_that_was_edited_does_not_open) {
    Stage stage;
    constexpr int kMany = 4'200;  // Enough that the first are sealed into tiles.
    for (int i = 0; i < kMany; ++i) stage.check(test_request(format("r{}", i), 1));
    ASSERT_TRUE(stage.gate->log().publish());
    stage.gate.reset();
    // A letter that all entries still follow from, in a file that the log alone does not compare
    // with the tree.
    std::string path;
    for (const auto& each :
         std::filesystem::recursive_directory_iterator{stage.folder / "gate/log"})
        if (each.is_regular_file() && each.path().string().ends_with("entries/000"))
            path = each.path().string();
    std::stringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    std::string bytes = text.str();
    const std::size_t at = bytes.find(R"("requester":"queue")");
    ASSERT_NE(at, std::string::npos);
    bytes[at + 13] = 'Q';
    std::ofstream{path, std::ios::binary} << bytes;
    const auto opened =
        Gate::open(stage.folder / "gate", test_key(), "", stage.world, {.disk = &fast_disk()});
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt) << opened.error().message;
}

}  // namespace
}  // namespace cordon::guard
