// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "test_server.hpp"
#include "test_theft.hpp"
#include "trace_question.hpp"

namespace cordon::server {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Roles kAnalyst = Roles{}.with(Role::kAnalyst);
constexpr Roles kViewer = Roles{}.with(Role::kViewer);

class TraceEndpoints : public testing::Test {
protected:
    net::ServerResponse get(const std::string& path) {
        return server.as_token(kViewer, "GET", path);
    }
    net::ServerResponse post(const std::string& path, const std::string& body) {
        return server.as_token(kAnalyst, "POST", path, body);
    }
    /// Of the theft, finished.
    std::string traced() {
        const auto job =
            TestServer::data(post("/api/traces", R"({"seeds":")" + test_address(2) + "\"}"));
        const std::string id{job.at("id").as_string()};
        EXPECT_TRUE(theft.desk->theft(id, 20s));
        return "/api/traces/" + id;
    }
    std::string key_of(const boost::json::value& layout, unsigned address) {
        const std::string hex = test_address(address).substr(2);
        for (const auto& node : layout.at("nodes").as_array())
            if (std::string{node.at("key").as_string()}.ends_with(hex))
                return std::string{node.at("key").as_string()};
        return {};
    }

    TestTheft theft;
    TestServer server{trace_endpoints(*theft.desk)};
};

TEST_F(TraceEndpoints, say_of_a_trace_that_failed_nothing_of_the_machine) {
    std::filesystem::rename(theft.folder + "/ledger/records.sqlite", theft.folder + "/away");
    const auto asked =
        TestServer::data(post("/api/traces", R"({"seeds":")" + test_address(2) + "\"}"));
    const std::string id{asked.at("id").as_string()};
    EXPECT_FALSE(theft.desk->theft(id, 20s));
    const auto answer = get("/api/traces/" + id);
    EXPECT_EQ(TestServer::data(answer).at("state"), "failed");
    EXPECT_FALSE(TestServer::data(answer).at("error").as_string().empty());
    EXPECT_EQ(answer.body.find(theft.folder), std::string::npos) << answer.body;
    // So does what goes to the streams.
    const std::string event = boost::json::serialize(job_json(theft.desk->job(id).value()));
    EXPECT_EQ(event.find(theft.folder), std::string::npos) << event;
    EXPECT_NE(theft.desk->job(id)->error->message.find(theft.folder), std::string::npos)
        << "else this test shows nothing";
}

TEST_F(TraceEndpoints, follow_the_money_and_show_it) {
    const std::string trace = traced();
    const auto job = TestServer::data(get(trace));
    EXPECT_EQ(job.at("state"), "done");
    EXPECT_EQ(TestServer::data(get("/api/traces")).at("items").as_array().size(), 1U);
    EXPECT_EQ(TestServer::json(get(trace + "/result")).at("kind"), "trace.result");
    EXPECT_EQ(TestServer::data(get(trace + "/summary")).at("services").at(0).at("name"),
              "North Exchange");
    const auto layout = TestServer::data(get(trace + "/layout?mode=stolen&axis=hop&width=900"));
    EXPECT_FALSE(layout.at("ribbons").as_array().empty());
    for (const auto& node : layout.at("nodes").as_array())
        for (const auto& member : node.at("members").as_array()) {
            const auto& rows = layout.at("members").as_array();
            EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                                    [&](const auto& row) { return row.at("index") == member; }));
        }
    EXPECT_EQ(get(trace + "/edges.csv").status, 200U);
    EXPECT_THAT(get(trace + "/nodes.csv").body, HasSubstr("North Exchange"));
    const auto svg = get(trace + "/flow.svg?theme=dark");
    EXPECT_EQ(svg.type, "image/svg+xml");
    EXPECT_THAT(svg.body, HasSubstr("<svg"));
}

TEST_F(TraceEndpoints, set_the_five_rules_side_by_side) {
    const std::string trace = traced();
    const auto before = TestServer::data(get(trace + "/rules"));
    ASSERT_EQ(before.at("items").as_array().size(), 5U);
    for (const auto& each : before.at("items").as_array())
        EXPECT_EQ(each.at("trace").is_null(), each.at("policy") != "lifo");
    EXPECT_EQ(server.as_token(kViewer, "POST", trace + "/rules", "").status, 403U);
    const auto asked = post(trace + "/rules", "");
    ASSERT_EQ(asked.status, 202U) << asked.body;
    std::set<std::string> ids;
    const auto told = TestServer::data(asked);
    for (const auto& each : told.at("items").as_array()) {
        const std::string id{each.at("trace").at("id").as_string()};
        ids.insert(id);
        ASSERT_TRUE(theft.desk->theft(id, 20s));
        const auto summary = TestServer::data(get("/api/traces/" + id + "/summary"));
        EXPECT_EQ(summary.at("params").at("policy"), each.at("policy"));
    }
    EXPECT_EQ(ids.size(), 5U);
    // Asked again they are the same, and any of them has all five.
    EXPECT_EQ(TestServer::data(post(trace + "/rules", "")).at("items").at(0).at("trace").at("id"),
              told.at("items").at(0).at("trace").at("id"));
    const auto after = TestServer::data(get("/api/traces/" + *ids.begin() + "/rules"));
    for (const auto& each : after.at("items").as_array())
        EXPECT_EQ(each.at("trace").at("state"), "done");
    EXPECT_EQ(theft.desk->jobs().size(), 5U);
    EXPECT_EQ(get("/api/traces/0123456789abcdef/rules").status, 404U);
}

TEST_F(TraceEndpoints, tell_one_share_of_one_whole) {
    const auto data = TestServer::data(get(traced() + "/summary"));
    const double traced = data.at("traced").to_number<double>();
    double reached = 0, services = 0, can_hold = 0, labelled = 0;
    for (const auto& each : data.at("reached").as_array()) {
        reached += each.at("share").to_number<double>();
        if (each.at("stop") == "label") labelled = each.at("share").to_number<double>();
    }
    for (const auto& each : data.at("services").as_array()) {
        services += each.at("share").to_number<double>();
        if (each.at("can_hold").as_bool()) can_hold += each.at("share").to_number<double>();
        EXPECT_FALSE(each.at("key").as_string().empty());
    }
    EXPECT_NEAR(reached, 1, 1e-9);
    EXPECT_NEAR(services, labelled, 1e-9);
    EXPECT_NEAR(labelled * traced, data.at("named").to_number<double>(), traced * 1e-9);
    EXPECT_NEAR(can_hold * traced, data.at("freezable").to_number<double>(), traced * 1e-9);
}

TEST_F(TraceEndpoints, expand_shows_who_stands_around) {
    const std::string trace = traced();
    const std::string key = key_of(TestServer::data(get(trace + "/layout")), 3);
    const auto wide = TestServer::data(get(trace + "/layout?expand=in:" + key));
    std::size_t around = 0, ribbons = 0;
    for (const auto& node : wide.at("nodes").as_array()) around += node.at("kind") == "context";
    for (const auto& ribbon : wide.at("ribbons").as_array())
        ribbons += ribbon.as_object().contains("context");
    EXPECT_EQ(around, 11U);
    EXPECT_EQ(ribbons, 11U);
    EXPECT_EQ(get(trace + "/layout?expand=" + key).status, 400U);
}

TEST_F(TraceEndpoints, a_brush_shows_a_part) {
    const std::string trace = traced();
    const auto none = TestServer::data(get(trace + "/layout?since=2030-01-01T00:00:00Z"));
    EXPECT_TRUE(none.at("ribbons").as_array().empty());
    EXPECT_EQ(TestServer::data(get(trace + "/layout?asset=native")).at("ribbons"),
              TestServer::data(get(trace + "/layout?asset=eth:native")).at("ribbons"));
    EXPECT_EQ(get(trace + "/layout?asset=a%20b").status, 400U);
}

TEST_F(TraceEndpoints, give_the_way_between_two) {
    const std::string trace = traced();
    const auto way = TestServer::data(
        get(trace + "/path?from=" + test_address(2) + "&to=eth:" + test_address(4)));
    EXPECT_EQ(way.at("edges").as_array().size(), 1U);
    const auto none =
        TestServer::data(get(trace + "/path?from=" + test_address(4) + "&to=" + test_address(2)));
    EXPECT_TRUE(none.at("edges").as_array().empty());
    EXPECT_EQ(get(trace + "/path?from=" + test_address(2) + "&to=" + test_address(77)).status,
              404U);
    EXPECT_EQ(get(trace + "/path?from=x&to=y").status, 400U);
}

TEST_F(TraceEndpoints, follow_through_whom_they_are_told_to) {
    const auto through =
        post("/api/traces", R"({"seeds":")" + test_address(2) + R"(","through":["eth:)" +
                                test_address(4) +
                                R"("],"hops":5,"min_usd":0.5,"stop":["mixer","mixer"]})");
    EXPECT_EQ(through.status, 202U) << through.body;
    EXPECT_THAT(TestServer::header(through, "Location"), HasSubstr("/api/traces/"));
}

TEST_F(TraceEndpoints, refuse_what_makes_no_sense) {
    for (const char* body :
         {R"({})", R"({"seeds":7})", R"({"seeds":"x"})", R"({"seeds":""})",
          R"({"seeds":"0x0","hops":0})", R"({"seeds":"0x0","policy":"best"})",
          R"({"seeds":"0x0","min_usd":-1})", R"({"seeds":"0x0","through":["nobody"]})",
          R"({"seeds":"0x0","since":"yesterday"})", R"({"seeds":"0x0","min_amount":"-1"})",
          R"({"seeds":"0x0","stop":["church"]})", R"({"seeds":"0x0","more":1})", R"([)"}) {
        const auto response = post("/api/traces", body);
        EXPECT_GE(response.status, 400U) << body;
        EXPECT_LT(response.status, 500U) << body;
    }
    EXPECT_EQ(post("/api/traces", R"({"seeds":")" + test_address(99) + "\"}").status, 404U);
    EXPECT_EQ(get("/api/traces/0123456789abcdef/layout").status, 404U);
    EXPECT_EQ(get("/api/traces/..%2f..%2fetc/layout").status, 404U);
    const std::string trace = traced();
    for (const char* query : {"mode=best", "axis=x", "width=1", "since=soon", "expand=sideways:k"})
        EXPECT_EQ(get(trace + "/layout?" + query).status, 400U) << query;
    EXPECT_EQ(server.as_token(kViewer, "POST", "/api/traces", R"({"seeds":"x"})").status, 403U);
}

TEST_F(TraceEndpoints, keep_views) {
    const std::string view =
        R"({"v":1,"trace":"x","question":{},"mode":"raw","axis":"time","moved":[{"key":"k","y":0.1}]})";
    const auto saved = post("/api/views", view);
    ASSERT_EQ(saved.status, 201U) << saved.body;
    const std::string id{TestServer::data(saved).at("id").as_string()};
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(TestServer::data(get("/api/views/" + id)).at("mode"), "raw");
    EXPECT_THAT(get("/api/views/" + id).body, HasSubstr("\"y\":0.1}"));
    EXPECT_EQ(post("/api/views", "{}").status, 400U);
    EXPECT_EQ(get("/api/views/" + std::string(32, 'a')).status, 404U);
    EXPECT_EQ(get("/api/views/..%2fsecret").status, 404U);
}

TEST(TraceQuestion, keys_may_hold_commas) {
    EXPECT_EQ(read_keys("a,fold:1:wallets%2C stolen,100%25,%2x"),
              (std::vector<std::string>{"a", "fold:1:wallets, stolen", "100%", "%2x"}));
    EXPECT_TRUE(read_keys(",,").empty());
}

}  // namespace
}  // namespace cordon::server
