// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/guard/gate/test_stage.hpp>
#include <cordon/wallet/request_json.hpp>

#include "test_server.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
namespace stage = guard::stage;

constexpr Roles kViewer = Roles{}.with(Role::kViewer);
constexpr Roles kApprover = Roles{}.with(Role::kApprover);
constexpr Roles kOperator = Roles{}.with(Role::kOperator);
constexpr Roles kAdmin = Roles{}.with(Role::kAdmin);

/// An API over a gate with a treasury and a board.
struct Guarded : stage::Stage {
    TestServer server{guard_endpoints(*gate, world)};
    std::string asker = "t" + std::to_string(kOperator.bits());

    Guarded() { world.wallets[guard::test_address(1)] = "hot"; }
    net::ServerResponse get(const std::string& target, Roles roles = kViewer) {
        return server.as_token(roles, "GET", "/api/guard/" + target);
    }
    net::ServerResponse post(const std::string& target, const std::string& body,
                             Roles roles = kOperator) {
        return server.as_token(roles, "POST", "/api/guard/" + target, body);
    }
    WithdrawalRequest request(const std::string& id, uint64_t amount) {
        return guard::test_request(id, amount, asker);
    }
    json::value ask(const std::string& id, uint64_t amount) {
        return TestServer::data(post("withdrawals", wallet::format_request(request(id, amount))));
    }
    std::string ids(const std::string& target) {
        std::string all, cursor;
        for (int pages = 0; pages < 50; ++pages) {
            const json::value data =
                TestServer::data(get(target + (cursor.empty() ? "" : "&cursor=" + cursor)));
            for (const json::value& each : data.at("items").as_array())
                all += std::string{each.at("request").at("id").as_string()} + " ";
            if (data.at("next").is_null()) return all;
            cursor = std::string{data.at("next").as_string()};
        }
        return "no end";
    }
    /// What somebody does with the text that is offered.
    net::ServerResponse sign(const guard::Person& person, const std::string& offered) {
        const json::value data = TestServer::data(get(
            offered + (offered.find('?') == std::string::npos ? "?by=" : "&by=") + person.name(),
            kApprover));
        const std::string text{data.at("text").as_string()};
        EXPECT_EQ(
            std::string{data.at("sha256").as_string()},
            to_hex(crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()})));
        return post("statements",
                    wallet::format_signed(person.sign(wallet::parse_statement(text).value())),
                    kApprover);
    }
};

TEST(GuardEndpoints, list_what_waits_what_may_leave_and_all_of_it) {
    Guarded guarded;
    EXPECT_EQ(guarded.ask("free", 50).at("verdict"), "allow");
    EXPECT_EQ(guarded.ask("held", 500).at("verdict"), "hold");
    EXPECT_EQ(guarded.ask("no", 50'000).at("verdict"), "deny");
    EXPECT_EQ(guarded.ask("later", 600).at("verdict"), "hold");
    EXPECT_EQ(guarded.ids("withdrawals?state=waiting"), "later held ");
    EXPECT_EQ(guarded.ids("withdrawals?state=allowed"), "free ");
    EXPECT_EQ(guarded.ids("withdrawals?state=all&limit=1"), "later no held free ");
    // What is closed comes from the log.
    const json::value closed = TestServer::data(guarded.get("withdrawals/no"));
    EXPECT_EQ(closed.at("request").at("amount"), "50000");
    EXPECT_EQ(closed.at("asked_by"), json::value(guarded.asker));
    guarded.open();
    EXPECT_EQ(guarded.gate->list(guard::Listed::kAll, {}, 10, stage::kNow).value().items.size(),
              4U);
}

TEST(GuardEndpoints, refuse_what_does_not_fit) {
    Guarded guarded;
    for (const std::string bad : {"{", "[]", "null", "{}", R"({"id":"x"})"})
        EXPECT_EQ(guarded.post("withdrawals", bad).status, 400U) << bad;
    for (const std::string bad : {"state=gone", "cursor=x", "cursor=-1", "limit=0"})
        EXPECT_EQ(guarded.get("withdrawals?" + bad).status, 400U) << bad;
    EXPECT_EQ(guarded.post("statements", "{}", kApprover).status, 400U);
    // What says two things says none.
    const std::string good = wallet::format_request(guarded.request("twice", 50));
    EXPECT_EQ(
        guarded.post("withdrawals", good.substr(0, good.size() - 1) + R"(,"amount":"50"})").status,
        400U);
    EXPECT_EQ(guarded.get("withdrawals/twice").status, 404U);
    EXPECT_EQ(guarded.post("statements", R"({"text":"a","text":"b"})", kApprover).status, 400U);
    EXPECT_EQ(guarded.post("policy", R"({"policy":"version: 2\nversion: 3\n"})").status, 400U);
    EXPECT_EQ(guarded.post("policy", R"({"policy":"a","policy":"b"})").status, 400U);
    EXPECT_EQ(guarded.post("breakers", R"({"breaker":"moon","why":"x"})").status, 400U);
    EXPECT_EQ(guarded.post("breakers", R"({"breaker":"global","why":"  "})").status, 400U);
    EXPECT_EQ(guarded.post("policy", R"({"policy":"version: 2\nrules: ["})").status, 400U);
    EXPECT_EQ(guarded.get("withdrawals/none").status, 404U);
    EXPECT_EQ(guarded.get("withdrawals/none/statement?by=alice", kApprover).status, 404U);
    for (const std::string bad : {"", "?by=mallory", "?by=alice&valid=1y", "?by=alice&valid=0h",
                                  "?by=alice&valid=99999d", "?by=alice&decision=maybe"}) {
        guarded.ask("held", 500);
        EXPECT_EQ(guarded.get("withdrawals/held/statement" + bad, kApprover).status, 400U) << bad;
    }
}

TEST(GuardEndpoints, let_nobody_ask_in_the_name_of_another) {
    Guarded guarded;
    WithdrawalRequest request = guarded.request("a", 50);
    for (const std::string other : {"alice", "", "t", "t8x"}) {
        request.requester = other;
        EXPECT_EQ(guarded.post("withdrawals", wallet::format_request(request)).status, 403U);
    }
    request.requester = guarded.asker + "/ann";
    EXPECT_EQ(guarded.post("withdrawals", wallet::format_request(request)).status, 200U);
    EXPECT_EQ(guarded.post("withdrawals", wallet::format_request(request), kApprover).status, 403U);
    EXPECT_EQ(guarded.post("withdrawals", wallet::format_request(request), kAdmin).status, 403U);
}

TEST(GuardEndpoints, let_a_person_refuse_what_he_may_not_approve) {
    Guarded guarded;
    guarded.ask("wd-1", 500);
    const std::string offered = "withdrawals/wd-1/statement?by=dave";  // In none of the groups.
    const auto warnings = [&](const std::string& target) {
        return TestServer::json(guarded.get(target, kApprover)).at("warnings").as_array().size();
    };
    EXPECT_EQ(warnings(offered), 1U);
    EXPECT_EQ(warnings(offered + "&decision=reject"), 0U);
    EXPECT_EQ(
        TestServer::data(guarded.sign(stage::kDave, "withdrawals/wd-1/statement?decision=reject"))
            .at("verdict"),
        "deny");
    EXPECT_EQ(warnings(offered + "&decision=reject"), 1U);
}

TEST(GuardEndpoints, carry_a_withdrawal_from_asking_to_the_bundle) {
    Guarded guarded;
    guarded.ask("wd-1", 500);
    json::value held = TestServer::data(guarded.get("withdrawals/wd-1"));
    EXPECT_TRUE(held.at("explanation").is_null());
    ASSERT_EQ(held.at("needs").as_array().size(), 1U);
    EXPECT_EQ(held.at("needs").at(0).at("members").as_array().size(), 3U);
    EXPECT_EQ(held.at("needs").at(0).at("members").at(0).at("kind"), "ed25519");
    EXPECT_EQ(guarded.get("withdrawals/wd-1/bundle", kOperator).status, 409U);

    const std::string offered = "withdrawals/wd-1/statement";
    EXPECT_EQ(guarded.get(offered + "?by=alice", kOperator).status, 403U);
    const json::value statement =
        TestServer::json(guarded.get(offered + "?by=dave&valid=30m", kApprover));
    EXPECT_EQ(statement.at("data").at("key_kind"), "ed25519");
    EXPECT_TRUE(statement.at("data").at("rp").is_null());
    EXPECT_NE(statement.at("data").at("command").as_string().find("--expires 30m"),
              json::string::npos);
    EXPECT_EQ(statement.at("warnings").as_array().size(), 1U);  // In none of the groups.

    EXPECT_EQ(TestServer::data(guarded.sign(stage::kAlice, offered)).at("verdict"), "hold");
    EXPECT_EQ(guarded.sign(stage::kAlice, offered).status, 403U);  // Twice is once.
    EXPECT_EQ(guarded.sign(stage::kDave, offered).status, 403U);
    held = TestServer::data(guarded.get("withdrawals/wd-1"));
    EXPECT_EQ(held.at("needs").at(0).at("given"), 1);
    EXPECT_EQ(held.at("needs").at(0).at("members").at(0).at("gave"), true);
    guarded.sign(stage::kBob, offered);
    guarded.server.now += std::chrono::minutes{11};  // The cool-down.
    EXPECT_EQ(guarded.ask("wd-1", 500).at("verdict"), "allow");
    const auto bundle = guarded.get("withdrawals/wd-1/bundle", kOperator);
    EXPECT_EQ(bundle.status, 200U);
    EXPECT_EQ(wallet::parse_bundle(bundle.body).value().approvals.size(), 3U);
    EXPECT_NE(TestServer::header(bundle, "Content-Disposition").find("wd-1.bundle"),
              std::string::npos);
}

TEST(GuardEndpoints, take_a_request_back_with_a_reason) {
    Guarded guarded;
    guarded.ask("wd-1", 500);
    EXPECT_EQ(guarded.post("withdrawals/wd-1/cancel", "{}").status, 400U);
    const json::value verdict =
        TestServer::data(guarded.post("withdrawals/wd-1/cancel", R"({"why":"asked twice"})"));
    EXPECT_EQ(verdict.at("verdict"), "deny");
    EXPECT_NE(verdict.at("reasons").at(0).at("text").as_string().find("asked twice"),
              json::string::npos);
    EXPECT_EQ(guarded.post("withdrawals/none/cancel", R"({"why":"x"})").status, 404U);
}

TEST(GuardEndpoints, trip_at_once_and_reset_by_statements) {
    Guarded guarded;
    const json::value tripped =
        TestServer::data(guarded.post("breakers", R"({"breaker":"global","why":"drains"})"));
    EXPECT_EQ(tripped.at("items").at(0).at("by"), json::value(guarded.asker));
    EXPECT_EQ(tripped.at("items").at(0).at("reset").at("needed"), 2);
    EXPECT_EQ(guarded.ask("free", 50).at("verdict"), "hold");
    const std::string offered = "breakers/statement?breaker=global";
    EXPECT_EQ(guarded.get("breakers/statement?breaker=asset+eth:native&by=alice", kApprover).status,
              404U);
    EXPECT_EQ(guarded.sign(stage::kAlice, offered).status, 200U);
    const json::value one = TestServer::data(guarded.get("breakers"));
    EXPECT_EQ(one.at("items").at(0).at("reset").at("agreed").at(0), "alice");
    EXPECT_EQ(guarded.sign(stage::kDave, offered).status, 200U);
    EXPECT_TRUE(TestServer::data(guarded.get("breakers")).at("items").as_array().empty());
}

TEST(GuardEndpoints, change_the_policy_by_those_of_the_present_one) {
    Guarded guarded;
    const std::string yaml = stage::policy_text_of(2);
    const auto made = guarded.post("policy", json::serialize(json::object{{"policy", yaml}}));
    EXPECT_EQ(made.status, 201U) << made.body;
    const std::string sha{TestServer::data(made).at("sha256").as_string()};
    const std::string offered = "policy/statement?sha256=" + sha;
    EXPECT_EQ(
        guarded.get("policy/statement?by=alice&sha256=" + std::string(64, '0'), kApprover).status,
        404U);
    EXPECT_EQ(guarded.sign(stage::kAlice, offered).status, 200U);
    EXPECT_EQ(guarded.sign(stage::kDave, offered).status, 200U);
    json::value policy = TestServer::data(guarded.get("policy"));
    EXPECT_EQ(policy.at("version"), 1);
    EXPECT_EQ(policy.at("proposed").at(0).at("agreement").at("given"), 2);
    guarded.server.now += std::chrono::hours{25};
    policy = TestServer::data(guarded.get("policy"));
    EXPECT_EQ(policy.at("version"), 2);
    EXPECT_TRUE(policy.at("proposed").as_array().empty());
}

TEST(GuardEndpoints, tell_what_left_without_being_asked_for) {
    Guarded guarded;
    guarded.ask("free", 50);
    guarded.server.now += std::chrono::minutes{1};
    const Transfer theft{0,       guard::test_address(1), guard::test_address(9),
                         Asset{}, Amount{uint64_t{7}},    TransferKind::kNative};
    ASSERT_TRUE(guarded.gate->on_outflow(kEthereum, Hash256{}, theft, guarded.server.now));
    const json::value data = TestServer::data(guarded.get("unaccounted"));
    EXPECT_EQ(data.at("items").at(0).at("request").at("id"), "free");
    EXPECT_EQ(data.at("outflows").at(0).at("amount"), "7");
    // News for the live stream: the verdict, and that something else has changed.
    const auto news = guarded.gate->news(0, 100).value();
    ASSERT_EQ(news.verdicts.size(), 1U);
    EXPECT_EQ(news.verdicts[0].id, "free");
    EXPECT_TRUE(news.changed);
    EXPECT_EQ(guarded.gate->news(guard::Gate::kLastEntry, 1).value().next, news.next);
    EXPECT_TRUE(guarded.gate->news(news.next, 1).value().verdicts.empty());
}

}  // namespace
}  // namespace cordon::server
