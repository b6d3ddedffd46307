// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/engine/alert_book.hpp>

#include "test_server.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
using records::AlertStore;

constexpr Roles kViewer = Roles{}.with(Role::kViewer);
constexpr Roles kAnalyst = Roles{}.with(Role::kAnalyst);
const UnixMillis kStart = from_unix_seconds(1'700'000'000);

/// An API over the alerts of a watch, which somebody else writes.
struct Watched {
    std::string folder = (std::filesystem::temp_directory_path() / "watched-XXXXXX").string();
    std::unique_ptr<AlertStore> watch;
    std::unique_ptr<engine::AlertBook> book;
    std::unique_ptr<TestServer> server;

    explicit Watched(int alerts = 3) {
        if (!mkdtemp(folder.data())) std::abort();
        watch = AlertStore::open(engine::alerts_path(folder)).value();
        for (int i = 0; i < alerts; ++i) raise(i);
        book = engine::AlertBook::open(folder).value();
        server = std::make_unique<TestServer>(watch_endpoints(*book));
    }
    ~Watched() {
        server.reset();
        book.reset();
        watch.reset();
        std::filesystem::remove_all(folder);
    }
    void raise(int i) {
        records::StoredAlert stored;
        Alert& alert = stored.alert;
        alert.id = "a" + std::to_string(i);
        alert.state = AlertState::kRaised;
        alert.detector = i % 2 ? "D01" : "D02";
        alert.title = "Drained \xff";  // What a chain says may be no UTF-8.
        alert.severity = static_cast<Severity>(i % 5);
        alert.chain = kEthereum;
        alert.time = kStart + std::chrono::seconds{i};
        std::array<uint8_t, 20> bytes{};
        bytes.fill(static_cast<uint8_t>(1 + i % 3));
        alert.subject = Address{AddressKind::kEvm, bytes};
        stored.incident = "i-" + alert.id;
        ASSERT_TRUE(watch->change([&]() -> Status {
            CORDON_TRY(watch->put_alert(stored));
            CORDON_TRY(watch->put_incident({.id = stored.incident,
                                            .title = alert.title,
                                            .severity = alert.severity,
                                            .phase = records::AlertPhase::kNew,
                                            .first = alert.time,
                                            .last = alert.time,
                                            .usd = {}}));
            return watch->add_step(alert.id, {alert.time, "watch", "raised", ""});
        }));
    }
    net::ServerResponse get(const std::string& target) {
        return server->as_token(kViewer, "GET", target);
    }
    net::ServerResponse post(const std::string& target, const std::string& body) {
        return server->as_token(kAnalyst, "POST", target, body);
    }
    /// Ids of a whole list, page by page.
    std::string ids(const std::string& target) {
        std::string all, cursor;
        for (int pages = 0; pages < 50; ++pages) {
            const json::value data =
                TestServer::data(get(target + (cursor.empty() ? "" : "&cursor=" + cursor)));
            for (const json::value& each : data.at("items").as_array())
                all += std::string{each.at("id").as_string()} + " ";
            if (data.at("next").is_null()) return all;
            cursor = std::string{data.at("next").as_string()};
        }
        return "no end";
    }
};

TEST(WatchEndpoints, show_at_once_what_anybody_wrote) {
    Watched watched{2};
    EXPECT_EQ(watched.ids("/api/alerts?limit=5"), "a1 a0 ");
    EXPECT_EQ(watched.ids("/api/alerts?limit=5"), "a1 a0 ");
    watched.raise(2);  // By another process, as far as the server can tell.
    EXPECT_EQ(watched.ids("/api/alerts?limit=5"), "a2 a1 a0 ");
    EXPECT_EQ(watched.ids("/api/incidents?limit=5"), "i-a2 i-a1 i-a0 ");
    const auto phase = [&] {
        return std::string{TestServer::data(watched.get("/api/alerts/a2")).at("phase").as_string()};
    };
    EXPECT_EQ(phase(), "new");
    ASSERT_EQ(
        watched.post("/api/alerts/actions", R"({"ids":["a2"],"action":"acknowledge"})").status,
        200U);
    EXPECT_EQ(phase(), "acknowledged");
}

TEST(WatchEndpoints, list_alerts_page_by_page_newest_first) {
    Watched watched{7};
    EXPECT_EQ(watched.ids("/api/alerts?limit=2"), "a6 a5 a4 a3 a2 a1 a0 ");
    EXPECT_EQ(watched.ids("/api/alerts?detector=D01"), "a5 a3 a1 ");
    EXPECT_EQ(watched.ids("/api/alerts?severity=high&limit=1"), "a4 a3 ");
    EXPECT_EQ(watched.ids("/api/alerts?q=drained"), "a6 a5 a4 a3 a2 a1 a0 ");
    EXPECT_EQ(watched.ids("/api/alerts?subject=0x0202020202020202020202020202020202020202"),
              "a4 a1 ");
    EXPECT_EQ(watched.ids("/api/alerts?since=2023-11-14T22:13:23Z&until=2023-11-14T22:13:25Z"),
              "a4 a3 ");
    EXPECT_EQ(watched.ids("/api/incidents?limit=3"), "i-a6 i-a5 i-a4 i-a3 i-a2 i-a1 i-a0 ");
    const json::value alert = TestServer::data(watched.get("/api/alerts/a3"));
    EXPECT_TRUE(alert.at("assignee").is_null());
    EXPECT_EQ(alert.at("history").as_array().size(), 1U);
    EXPECT_EQ(watched.get("/api/alerts/none").status, 404U);
    EXPECT_EQ(watched.get("/api/incidents/none").status, 404U);
    EXPECT_EQ(TestServer::data(watched.get("/api/incidents/i-a3")).at("alerts").as_array().size(),
              1U);
}

TEST(WatchEndpoints, refuse_what_does_not_fit) {
    Watched watched;
    for (const std::string bad :
         {"severity=fatal", "phase=x", "open=maybe", "limit=0", "limit=501", "limit=x", "since=now",
          "cursor=nobody", "subject=me", "unknown=1", "open=true&open=false", "q=%ff", "q=%zz"})
        EXPECT_EQ(watched.get("/api/alerts?" + bad).status, 400U) << bad;
    for (const std::string bad :
         {"{", "[]", "null", R"({"ids":["a0"]})", R"({"ids":"a0","action":"close"})",
          R"({"ids":["a0"],"action":"delete"})", R"({"ids":["a0"],"action":"close"})",
          R"({"ids":[],"action":"reopen"})", R"({"ids":[1],"action":"reopen"})",
          R"({"ids":["a0"],"action":"reopen","who":"x"})",
          R"({"ids":["a0"],"action":"assign","assignee":"a\nb"})"})
        EXPECT_EQ(watched.post("/api/alerts/actions", bad).status, 400U) << bad;
    EXPECT_EQ(
        watched.post("/api/alerts/actions", R"({"ids":["a0","zz"],"action":"reopen"})").status,
        404U);
    EXPECT_EQ(TestServer::data(watched.get("/api/alerts/a0")).at("phase"), "new");
}

TEST(WatchEndpoints, act_on_many_at_once_as_who_asks) {
    Watched watched{300};
    std::string ids;
    for (int i = 0; i < 300; ++i) ids += (i ? ",\"a" : "\"a") + std::to_string(i) + "\"";
    const std::string body = R"({"action":"acknowledge","ids":[)" + ids + "]}";
    EXPECT_EQ(watched.server->as_token(kViewer, "POST", "/api/alerts/actions", body).status, 403U);
    EXPECT_EQ(TestServer::data(watched.post("/api/alerts/actions", body)).at("changed"), 300);
    const json::value alert = TestServer::data(watched.get("/api/alerts/a7"));
    EXPECT_EQ(alert.at("phase"), "acknowledged");
    EXPECT_EQ(alert.at("assignee"), "t2");
    EXPECT_EQ(alert.at("history").as_array().back().at("who"), "t2");
    EXPECT_EQ(TestServer::data(watched.post("/api/alerts/actions",
                                            R"({"ids":["i-a1"],"action":"note","why":"seen"})"))
                  .at("changed"),
              1);
    EXPECT_EQ(TestServer::data(watched.get("/api/incidents/i-a1"))
                  .at("history")
                  .as_array()
                  .back()
                  .at("why"),
              "seen");
}

TEST(WatchEndpoints, suppress_after_a_preview_with_reason_and_end) {
    Watched watched;
    const std::string good =
        R"({"detector":"D01","reason":"planned","until":"2023-11-20T00:00:00Z","at_most":"critical"})";
    const json::value preview = TestServer::data(watched.post("/api/suppressions/preview", good));
    EXPECT_EQ(preview.at("count"), 1);
    EXPECT_EQ(preview.at("hidden").at(0).at("id"), "a1");
    EXPECT_TRUE(TestServer::data(watched.get("/api/suppressions")).at("items").as_array().empty());
    const auto made = watched.post("/api/suppressions", good);
    EXPECT_EQ(made.status, 201U);
    const std::string id{TestServer::data(made).at("id").as_string()};
    EXPECT_EQ(preview.at("suppression").at("id"), json::value(id));
    for (const std::string bad :
         {R"({"detector":"D01","until":"2023-11-20T00:00:00Z"})",
          R"({"detector":"D01","reason":"x"})",
          R"({"detector":"D01","reason":"","until":"2023-11-20T00:00:00Z"})",
          R"({"reason":"all","until":"2023-11-20T00:00:00Z"})",
          R"({"detector":"D01","reason":"x","until":"2024-11-20T00:00:00Z"})",
          R"({"detector":"D01","reason":"x","until":"2023-11-01T00:00:00Z"})",
          R"({"subject":"nobody","reason":"x","until":"2023-11-20T00:00:00Z"})"})
        EXPECT_EQ(watched.post("/api/suppressions", bad).status, 400U) << bad;
    const auto end = [&](const std::string& which) {
        return watched.server->as_token(kAnalyst, "DELETE", "/api/suppressions/" + which,
                                        R"({"why":"done"})");
    };
    EXPECT_EQ(end("s-none").status, 404U);
    EXPECT_EQ(TestServer::data(end(id)).at("until"), "2023-11-14T22:13:20Z");
}

TEST(WatchEndpoints, say_how_far_the_watch_is) {
    Watched watched;
    const json::value status = TestServer::data(watched.get("/api/watch"));
    EXPECT_EQ(status.at("open").at("medium"), 1);
    EXPECT_EQ(status.at("rates").as_array().size(), 60U);
    EXPECT_TRUE(status.at("sources").as_array().empty());
}

}  // namespace
}  // namespace cordon::server
