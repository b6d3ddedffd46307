// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "api.hpp"

#include <gmock/gmock.h>

#include <cordon/base/format.hpp>
#include <cordon/net/http.hpp>

#include "audit.hpp"
#include "test_server.hpp"

namespace cordon::server {
namespace {

using testing::HasSubstr;

constexpr Roles kAdmin = Roles{}.with(Role::kAdmin);
constexpr Roles kOperator = Roles{}.with(Role::kOperator);
constexpr Roles kViewer = Roles{}.with(Role::kViewer);

TEST(Api, logs_in_shows_and_ends_a_session) {
    TestServer server;
    ASSERT_TRUE(server.accounts->put("anna", kTestPassword, kAdmin, server.now));
    auto login = server.send(server.request(
        "POST", "/api/session", R"({"name":"anna","password":"correct horse battery"})"));
    ASSERT_EQ(login.status, 201U) << login.body;
    const std::string cookie = TestServer::header(login, "Set-Cookie");
    EXPECT_THAT(cookie, HasSubstr("; Path=/; HttpOnly; SameSite=Strict"));
    auto ask = server.request("GET", "/api/session");
    ask.headers.emplace_back("Cookie", cookie.substr(0, cookie.find(';')));
    const auto session = TestServer::data(server.send(ask));
    EXPECT_EQ(session.at("name"), "anna");
    EXPECT_EQ(session, TestServer::data(login));

    auto leave = server.request("DELETE", "/api/session");
    leave.headers = ask.headers;
    leave.headers.emplace_back("Origin", "http://127.0.0.1:8100");
    EXPECT_EQ(server.send(leave).status, 403U);
    leave.headers.emplace_back("X-Cordon-CSRF", std::string{session.at("csrf").as_string()});
    EXPECT_EQ(server.send(leave).status, 200U);
    EXPECT_EQ(server.send(ask).status, 401U);
}

TEST(Api, answers_over_a_socket) {
    TestServer server;
    auto http = net::HttpServer::start({.threads = 2}, server.api->routes()).value();
    auto client =
        net::HttpClient::make(net::parse_url(format("http://127.0.0.1:{}/", http->port())).value())
            .value();
    const auto get = [&](const std::string& path) {
        return client.send({.method = "GET", .target = path}).value();
    };
    EXPECT_EQ(get("/healthz").body, "alive\n");
    EXPECT_EQ(get("/api/system").status, 401U);
    const auto document = get("/api/openapi.json");
    EXPECT_EQ(document.status, 200U);
    // One header of each name: ours, not that of the server beside it.
    EXPECT_EQ(std::count_if(document.headers.begin(), document.headers.end(),
                            [](const auto& header) { return header.first == "Cache-Control"; }),
              1);
    EXPECT_EQ(document.header("Cache-Control"), "private, no-cache");
    EXPECT_EQ(get("/api/nothing").status, 404U);
    EXPECT_EQ(get("/traces/some/thing").status, 200U);
    http->stop();
}

/// Calls that try what a dispatcher must do for all.
std::vector<Endpoint> tries(int& changed) {
    std::vector<Endpoint> out;
    out.push_back({.method = "POST",
                   .path = "/api/things/{id}",
                   .id = "changeThing",
                   .tag = "system",
                   .summary = "Tries.",
                   .kind = "thing",
                   .permission = Permission::kInvestigate,
                   .query = {{"dry", Schema::boolean(), ""}},
                   .body = Schema::object({required("why", Schema::text(20))}),
                   .changes = true,
                   .handler = [&changed](const Call& call) -> Result<Answer> {
                       ++changed;
                       const std::string_view why = call.body.as_object().at("why").as_string();
                       if (why == "throw") throw std::runtime_error{"/secret/path"};
                       if (why == "io") return fail(ErrorCode::kIo, "/secret/path: broken disk");
                       if (why == "path")
                           return fail(ErrorCode::kNotFound, "no file /secret/path/x here");
                       if (why == "begins")
                           return fail(ErrorCode::kMalformed, "/secret/path: line 3: no row");
                       if (why == "field")
                           return fail(ErrorCode::kInvalidParam, "/why: is no reason");
                       return Data{.data = boost::json::object{{"id", call.path.at("id")}}};
                   }});
    out.push_back({.method = "GET",
                   .path = "/api/things/{id}.csv",
                   .id = "getThings",
                   .tag = "system",
                   .summary = "Tries.",
                   .kind = {},
                   .cacheable = true,
                   .handler = [](const Call& call) -> Result<Answer> {
                       return File{.type = "text/csv; charset=utf-8",
                                   .body = std::string(5000, 'x'),
                                   .name = call.path.at("id") + ".csv"};
                   }});
    out.push_back({.method = "GET",
                   .path = "/api/page",
                   .id = "getPage",
                   .tag = "system",
                   .summary = "Tries.",
                   .kind = {},
                   .handler = [](const Call&) -> Result<Answer> {
                       return File{.type = "text/html; charset=utf-8", .body = "<p>"};
                   }});
    out.push_back({.method = "GET",
                   .path = "/api/big",
                   .id = "getBig",
                   .tag = "system",
                   .summary = "Tries.",
                   .kind = "big",
                   .query = {{"limit", Schema::integer(1, 500), ""}, {"q", Schema::text(20), ""}},
                   .cacheable = true,
                   .handler = [](const Call& call) -> Result<Answer> {
                       boost::json::array items(300);
                       for (auto& item : items) item = std::string{call.param("q")} + "\xff";
                       return Data{.data = std::move(items), .warnings = {"careful"}};
                   }});
    return out;
}

class ApiTest : public testing::Test {
protected:
    /// A change by a session that is right in everything.
    net::ServerRequest change(std::string body = R"({"why":"because"})") {
        return server_.with_session(Roles{}.with(Role::kAnalyst),
                                    server_.request("POST", "/api/things/1", std::move(body)));
    }
    net::ServerResponse get(std::string target,
                            std::vector<std::pair<std::string, std::string>> headers = {}) {
        auto request = server_.with_token(kViewer, server_.request("GET", std::move(target)));
        for (auto& header : headers) request.headers.push_back(std::move(header));
        return server_.send(std::move(request));
    }
    static void set(net::ServerRequest& request, std::string_view name, std::string value) {
        std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
        request.headers.emplace_back(name, std::move(value));
    }
    static std::string field(const net::ServerResponse& response) {
        const auto problem = TestServer::json(response);
        const auto* field = problem.as_object().if_contains("field");
        return field == nullptr ? "" : std::string{field->as_string()};
    }
    int changed_ = 0;
    TestServer server_{tries(changed_)};
};

TEST_F(ApiTest, changes_by_a_session_need_everything) {
    EXPECT_EQ(server_.send(change()).status, 200U);
    const auto refused = [&](auto spoil) {
        net::ServerRequest request = change();
        spoil(request);
        const auto response = server_.send(std::move(request));
        EXPECT_EQ(changed_, 1) << response.body;
        return response.status;
    };
    EXPECT_EQ(refused([](auto& r) { set(r, "X-Cordon-CSRF", ""); }), 403U);
    EXPECT_EQ(refused([](auto& r) { set(r, "X-Cordon-CSRF", std::string(64, '0')); }), 403U);
    for (const char* origin : {"", "null", "http://evil.example", "https://127.0.0.1:8100",
                               "http://127.0.0.1:8101", "http://127.0.0.1:8100.evil.example"})
        EXPECT_EQ(refused([&](auto& r) { set(r, "Origin", origin); }), 403U) << origin;
    EXPECT_EQ(refused([](auto& r) { set(r, "Sec-Fetch-Site", "cross-site"); }), 403U);
    EXPECT_EQ(refused([](auto& r) { set(r, "Sec-Fetch-Site", "same-site"); }), 403U);
    for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost:8100x", ""})
        EXPECT_EQ(refused([&](auto& r) { set(r, "Host", host); }), 421U) << host;
    EXPECT_EQ(refused([](auto& r) { set(r, "Cookie", "cordon=" + std::string(64, '0')); }), 401U);
    EXPECT_EQ(refused([](auto& r) { set(r, "Cookie", ""); }), 401U);
    // Two cookies of our name: somebody else set one.
    EXPECT_EQ(refused([](auto& r) {
                  const std::string mine = [&] {
                      for (const auto& [name, value] : r.headers)
                          if (name == "Cookie") return value;
                      return std::string{};
                  }();
                  set(r, "Cookie", "cordon=1; " + mine);
              }),
              401U);
    // A token that is wrong is not made good by a cookie.
    EXPECT_EQ(refused([](auto& r) { set(r, "Authorization", "Bearer x"); }), 401U);
}

TEST_F(ApiTest, refuses_bodies_by_place) {
    const auto refused = [&](std::string body) {
        auto response = server_.send(change(std::move(body)));
        EXPECT_EQ(response.status, 400U);
        EXPECT_EQ(response.type, "application/problem+json");
        return response;
    };
    EXPECT_EQ(field(refused(R"({"why":7})")), "/why");
    EXPECT_EQ(field(refused(R"({"why":"ok","more":1})")), "/more");
    EXPECT_EQ(field(refused("{}")), "/why");
    EXPECT_EQ(field(refused("[]")), "");
    EXPECT_EQ(field(refused(R"({"why":"field"})")), "/why");
    for (const char* body :
         {"{", "nope", R"({"why":"a"} x)", "{\"why\":\"\xff\"}", R"({"why":'a'})"})
        refused(body);
    // A body that says two things.
    for (const char* body : {R"({"why":"a","why":"a"})", R"({"why":"a","\u0077hy":"b"})",
                             R"({"why":"a","more":{"x":1,"x":2}})"})
        EXPECT_THAT(refused(body).body, HasSubstr("twice"));
    refused(std::string(5000, '['));  // As deep as nobody needs.
    EXPECT_EQ(changed_, 1);           // "field" alone came as far as the handler.
    auto request = change();
    set(request, "Content-Type", "text/plain");
    EXPECT_EQ(server_.send(request).status, 415U);
    set(request, "Content-Type", "application/json; charset=utf-8");
    EXPECT_EQ(server_.send(request).status, 200U);
    EXPECT_EQ(
        server_.send(server_.with_token(kViewer, server_.request("GET", "/api/big", "{}"))).status,
        400U);
}

TEST_F(ApiTest, refuses_queries_by_name) {
    EXPECT_EQ(get("/api/big?limit=5&q=a%20b").status, 200U);
    EXPECT_EQ(field(get("/api/big?limit=0")), "/limit");
    for (const char* query :
         {"other=1", "q=%zz", "q=%", "q=%ff", "q=%00", "=1", "limit=5&limit=5", "limit=%35x"})
        EXPECT_EQ(get(std::string{"/api/big?"} + query).status, 400U) << query;
    EXPECT_EQ(get("/api/big?&&").status, 200U);
}

TEST_F(ApiTest, lets_no_path_out_of_its_segment) {
    for (const char* id : {"..", "%2e%2e", "a%2fb", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a%5cb",
                           "a%00b", "a%0d%0ab", "%ff"})
        EXPECT_EQ(get(std::string{"/api/things/"} + id + ".csv").status, 404U) << id;
    EXPECT_EQ(get("/api/things/" + std::string(300, 'a') + ".csv").status, 404U);
    const auto good = get("/api/things/a%20b.csv");
    EXPECT_EQ(TestServer::header(good, "Content-Disposition"), "attachment; filename=\"a_b.csv\"");
}

TEST_F(ApiTest, tells_nothing_of_the_machine) {
    for (const char* why : {"throw", "io", "path", "begins"}) {
        const auto response = server_.send(change(format(R"({{"why":"{}"}})", why)));
        EXPECT_EQ(response.body.find("secret"), std::string::npos) << response.body;
        EXPECT_GE(response.status, 400U);
    }
    ASSERT_EQ(server_.said.size(), 2U);
    EXPECT_THAT(server_.said[0], HasSubstr("request-1"));
    EXPECT_EQ(server_.said[0].find("secret"), std::string::npos);
    EXPECT_THAT(server_.said[1], HasSubstr("[io]"));  // For the operator, whose machine it is.
}

TEST_F(ApiTest, writes_changes_down_before_it_answers) {
    server_.send(change());
    server_.send(change(R"({"why":"throw"})"));
    auto request = server_.request("POST", "/api/things/2", R"({"why":"because"})");
    server_.send(server_.with_token(kViewer, request));
    server_.send(change(R"({"why":7})"));  // Nothing could change: no entry.
    server_.send(request);                 // Nobody: none either.
    const auto entries = server_.entries();
    ASSERT_EQ(entries.size(), 5U);
    for (const std::size_t begun : {0U, 2U}) {  // Before it was done, and what came of it.
        auto before = boost::json::parse(entries[begun]);
        EXPECT_TRUE(before.at("data").at("status").is_null());
        auto& status = before.at("data").as_object()["status"];
        status = boost::json::parse(entries[begun + 1]).at("data").at("status");
        EXPECT_EQ(before, boost::json::parse(entries[begun + 1]));
    }
    const auto data = [&](std::size_t i) {
        return boost::json::parse(entries[std::array{1, 3, 4}[i]]).at("data").as_object();
    };
    EXPECT_EQ(data(0).at("who"), "s2");
    EXPECT_EQ(data(0).at("what"), "changeThing");
    EXPECT_EQ(data(0).at("target"), "/api/things/1");
    EXPECT_EQ(data(0).at("status"), 200);
    EXPECT_EQ(data(0).at("body").as_string().size(), 64U);
    EXPECT_EQ(data(0).at("time"), "2023-11-14T22:13:20Z");
    EXPECT_EQ(data(1).at("status"), 500);
    EXPECT_EQ(data(2).at("status"), 403);
    EXPECT_EQ(data(2).at("as"), "token");
    for (const std::string& entry : entries)  // Canonical: as it is when it is written again.
        EXPECT_EQ(entry.find(" "), std::string::npos);
}

TEST_F(ApiTest, tells_what_was_begun_and_never_ended) {
    server_.send(change());
    // As a kill in the midst of it leaves it: the first entry of the two alone.
    ASSERT_TRUE(server_.log->append(
        server_.entries()[0].replace(server_.entries()[0].find("request-1"), 9, "request-9")));
    const auto page = TestServer::data(server_.as_token(kAdmin, "GET", "/api/audit"));
    ASSERT_EQ(page.at("items").as_array().size(), 2U);
    EXPECT_TRUE(page.at("items").at(0).at("status").is_null());
    EXPECT_EQ(page.at("items").at(0).at("what"), "changeThing");
    EXPECT_EQ(page.at("items").at(1).at("status"), 200);
}

TEST_F(ApiTest, writes_down_what_the_terminal_did) {
    const auto terminal = records::AccountStore::open(server_.folder + "/accounts.sqlite").value();
    ASSERT_TRUE(terminal->change(
        {.time = server_.now, .who = "root \"of\" here", .what = "token revoke", .target = "bot"},
        [] { return Status{}; }));
    ASSERT_TRUE(log_deeds(*server_.accounts, *server_.log));
    ASSERT_TRUE(log_deeds(*server_.accounts, *server_.log));  // Once.
    const auto page = TestServer::data(server_.as_token(kAdmin, "GET", "/api/audit"));
    ASSERT_EQ(page.at("items").as_array().size(), 1U);
    EXPECT_EQ(page.at("items").at(0).at("as"), "terminal");
    EXPECT_EQ(page.at("items").at(0).at("who"), "root \"of\" here");
    EXPECT_EQ(page.at("items").at(0).at("target"), "bot");
}

TEST_F(ApiTest, bounds_what_refused_ones_write) {
    for (int i = 0; i < 90; ++i)
        server_.as_token(kViewer, "POST", "/api/things/2", R"({"why":"because"})");
    EXPECT_EQ(server_.entries().size(), 60U);
    server_.send(change());
    EXPECT_EQ(boost::json::parse(server_.entries().back()).at("data").at("left_out"), 30);
}

TEST_F(ApiTest, keeps_passwords_out_of_the_log) {
    ASSERT_TRUE(server_.accounts->put("anna", kTestPassword, kAdmin, server_.now));
    const auto log_in = [&](std::string_view password) {
        return server_.send(server_.request(
            "POST", "/api/session", format(R"({{"name":"anna","password":"{}"}})", password)));
    };
    EXPECT_EQ(log_in("wrong password").status, 401U);
    EXPECT_EQ(log_in(kTestPassword).status, 201U);
    const auto entries = server_.entries();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(boost::json::parse(entries[0]).at("data").at("who"), "");
    EXPECT_EQ(boost::json::parse(entries[1]).at("data").at("who"), "anna");
    for (const std::string& entry : entries) {
        EXPECT_THAT(entry, HasSubstr(R"("body":null)"));
        EXPECT_EQ(entry.find("password"), std::string::npos);
    }
}

TEST_F(ApiTest, bounds_logins) {
    int limited = 0;
    for (int i = 0; i < 14; ++i) {
        auto request = server_.request("POST", "/api/session", R"({"entry":"no such word"})");
        request.peer = "::1";
        limited += server_.send(request).status == 429 ? 1 : 0;
    }
    EXPECT_EQ(limited, 4);  // Ten at once.
    // Another address may go on; the same account, from wherever, may not.
    auto request = server_.request("POST", "/api/session", R"({"entry":"no such word"})");
    request.peer = "192.0.2.1";
    const auto refused = server_.send(request);
    EXPECT_EQ(refused.status, 401U);
    EXPECT_THAT(refused.body, HasSubstr("own machine"));
}

TEST_F(ApiTest, bounds_requests_of_one_caller) {
    int limited = 0;
    net::ServerResponse last;
    for (int i = 0; i < 410; ++i) {
        auto response = get("/api/session");
        if (response.status != 429) continue;
        ++limited;
        last = response;
    }
    EXPECT_EQ(limited, 10);
    EXPECT_EQ(TestServer::header(last, "Retry-After"), "1");
    EXPECT_EQ(server_.send(change()).status, 200U);  // Others are not held up.
    server_.now += std::chrono::seconds{1};
    EXPECT_EQ(get("/api/session").status, 200U);
}

TEST_F(ApiTest, compresses_and_names_content) {
    const auto plain = get("/api/big?q=a");
    EXPECT_THAT(plain.body, HasSubstr("\xef\xbf\xbd"));  // What was no UTF-8.
    EXPECT_THAT(plain.body, HasSubstr(R"("warnings":["careful"],"incomplete":false})"));
    const std::string tag = TestServer::header(plain, "ETag");
    const auto zipped = get("/api/big?q=a", {{"Accept-Encoding", "gzip, br"}});
    EXPECT_EQ(TestServer::header(zipped, "Content-Encoding"), "gzip");
    EXPECT_LT(zipped.body.size(), plain.body.size() / 4);
    EXPECT_NE(TestServer::header(zipped, "ETag"), tag);
    EXPECT_EQ(TestServer::header(get("/api/big?q=a", {{"Accept-Encoding", "gzip, zstd"}}),
                                 "Content-Encoding"),
              "zstd");
    for (const std::string& known : {tag, TestServer::header(zipped, "ETag"), "W/" + tag,
                                     "\"other\", " + tag, std::string{"*"}}) {
        const auto same = get("/api/big?q=a", {{"If-None-Match", known}});
        EXPECT_EQ(same.status, 304U) << known;
        EXPECT_TRUE(same.body.empty());
        EXPECT_FALSE(TestServer::header(same, "ETag").empty());
    }
    EXPECT_EQ(get("/api/big?q=b", {{"If-None-Match", tag}}).status, 200U);
    EXPECT_EQ(TestServer::header(get("/api/session"), "Cache-Control"), "no-store");
}

TEST_F(ApiTest, puts_others_text_into_a_sandbox) {
    EXPECT_THAT(TestServer::header(get("/api/page"), "Content-Security-Policy"),
                HasSubstr("default-src 'none'"));
    EXPECT_THAT(TestServer::header(get("/api/page"), "Content-Security-Policy"),
                HasSubstr("sandbox"));
    const auto api = get("/api/session");
    EXPECT_EQ(TestServer::header(api, "Content-Security-Policy"),
              "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
              "object-src 'none'; img-src 'self' data: blob:");
    EXPECT_EQ(TestServer::header(api, "Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_EQ(TestServer::header(api, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(TestServer::header(api, "Strict-Transport-Security"), "");
    auto request = server_.with_token(kViewer, server_.request("GET", "/api/session"));
    request.secure = true;
    EXPECT_FALSE(TestServer::header(server_.send(request), "Strict-Transport-Security").empty());
}

TEST_F(ApiTest, shows_the_audit_log_by_pages) {
    for (int i = 0; i < 5; ++i) server_.send(change());
    ASSERT_TRUE(server_.log->append("no JSON at all \xff"));
    ASSERT_TRUE(server_.log->append(R"({"kind":"case.sealed","data":{}})"));
    const auto page = [&](const std::string& query) {
        return TestServer::data(server_.as_token(kAdmin, "GET", "/api/audit?limit=3" + query));
    };
    const auto first = page("");
    EXPECT_EQ(first.at("items").as_array().size(), 3U);
    EXPECT_EQ(first.at("items").at(0).at("what"), "case.sealed");
    EXPECT_EQ(first.at("items").at(1).at("index"), 10);
    EXPECT_EQ(first.at("items").at(2).at("status"), 200);
    server_.send(change());  // What is added meanwhile neither repeats nor hides anything.
    // Of what was begun and came to its end only the end is told, also across pages.
    const auto second = page("&cursor=" + std::string{first.at("next").as_string()});
    ASSERT_EQ(second.at("items").as_array().size(), 1U);
    EXPECT_EQ(second.at("items").at(0).at("index"), 7);
    EXPECT_EQ(second.at("items").at(0).at("who"), "s2");
    const auto third = page("&cursor=" + std::string{second.at("next").as_string()});
    EXPECT_EQ(third.at("items").as_array().size(), 2U);
    const auto fourth = page("&cursor=" + std::string{third.at("next").as_string()});
    EXPECT_EQ(fourth.at("items").as_array().size(), 1U);
    EXPECT_TRUE(fourth.at("next").is_null());
    EXPECT_EQ(page("&cursor=0").at("items").as_array().size(), 0U);
    EXPECT_EQ(server_.as_token(kAdmin, "GET", "/api/audit?cursor=x").status, 400U);
}

TEST_F(ApiTest, says_what_left_the_audit_log_instead_of_failing_on_it) {
    for (int i = 0; i < 900; ++i)
        ASSERT_TRUE(server_.log->enqueue(R"({"kind":"audit","data":{}})"));
    ASSERT_TRUE(server_.log->append("{}"));
    const auto page = [&](const std::string& query) {
        return TestServer::data(server_.as_token(kAdmin, "GET", "/api/audit?limit=500" + query));
    };
    const auto before = page("");
    EXPECT_TRUE(before.at("left").is_null());
    const std::string cursor{before.at("next").as_string()};
    ASSERT_TRUE(server_.log->prune({.until = 512,
                                    .archive = {},
                                    .snapshot = {},
                                    .by = "alice",
                                    .why = "older than a year",
                                    .now = server_.now}));
    const auto newest = page("");
    EXPECT_TRUE(newest.at("next").is_null());
    const auto& left = newest.at("left");
    EXPECT_EQ(left.at("until"), 512);
    EXPECT_EQ(left.at("bundle"), 1);
    EXPECT_EQ(left.at("by"), "alice");
    EXPECT_EQ(left.at("why"), "older than a year");
    EXPECT_EQ(left.at("archived"), false);
    // The anchor itself is in the list.
    const auto& items = newest.at("items").as_array();
    EXPECT_TRUE(std::any_of(items.begin(), items.end(), [&](const auto& row) {
        return row.at("index") == left.at("anchor") && row.at("what") == "anchor";
    }));
    for (const std::string& old : {cursor, std::string{"512"}, std::string{"0"}}) {
        const auto gone = page("&cursor=" + old);
        EXPECT_EQ(gone.at("items").as_array().size(), 0U) << old;
        EXPECT_EQ(gone.at("left").at("anchor"), left.at("anchor")) << old;
    }
}

TEST_F(ApiTest, manages_accounts_and_tokens) {
    const auto ask = [&](std::string method, std::string target, std::string body = {}) {
        return server_.as_token(kAdmin, std::move(method), std::move(target), std::move(body));
    };
    const std::string anna =
        R"({"name":"anna","password":"correct horse battery","roles":["viewer","approver"]})";
    EXPECT_EQ(ask("POST", "/api/accounts", anna).status, 201U);
    EXPECT_EQ(ask("POST", "/api/accounts", anna).status, 409U);
    EXPECT_EQ(ask("POST", "/api/accounts", R"({"name":"b","password":"short","roles":["viewer"]})")
                  .status,
              400U);
    EXPECT_EQ(ask("POST", "/api/accounts",
                  R"({"name":"b","password":"correct horse battery","roles":[]})")
                  .status,
              400U);
    EXPECT_EQ(ask("POST", "/api/accounts",
                  R"({"name":"b","password":"correct horse battery","roles":["root"]})")
                  .status,
              400U);
    const auto list = ask("GET", "/api/accounts");
    EXPECT_EQ(list.body.find("argon2"), std::string::npos);
    EXPECT_EQ(TestServer::data(list).at("items").at(0).at("roles"),
              (boost::json::array{"viewer", "approver"}));
    const auto changed =
        ask("PATCH", "/api/accounts/anna", R"({"disabled":true,"roles":["admin"]})");
    EXPECT_TRUE(TestServer::data(changed).at("disabled").as_bool());
    EXPECT_EQ(ask("PATCH", "/api/accounts/nobody", "{}").status, 404U);

    const auto made = ask("POST", "/api/tokens",
                          R"({"name":"bot","roles":["viewer"],"expires":"2024-01-01T00:00:00Z"})");
    EXPECT_EQ(made.status, 201U);
    const std::string secret{TestServer::data(made).at("token").as_string()};
    auto request = server_.request("GET", "/api/session");
    request.headers.emplace_back("Authorization", "Bearer " + secret);
    EXPECT_EQ(TestServer::data(server_.send(request)).at("name"), "bot");
    EXPECT_EQ(ask("GET", "/api/tokens").body.find(secret), std::string::npos);
    EXPECT_EQ(ask("DELETE", "/api/tokens/bot").status, 200U);
    EXPECT_EQ(server_.send(request).status, 401U);
    EXPECT_EQ(ask("DELETE", "/api/tokens/bot").status, 404U);
}

TEST_F(ApiTest, tells_of_the_system) {
    EXPECT_EQ(TestServer::data(get("/api/system")).at("chains").at(0).at("height"), 7);
    EXPECT_EQ(server_.send(server_.request("GET", "/readyz")).body, "ready\n");
    // Anybody may ask whether it is ready, at any rate: nobody's files and nodes are asked for it.
    server_.is_ready = false;
    const auto not_ready = server_.send(server_.request("GET", "/readyz"));
    EXPECT_EQ(not_ready.status, 503U);
    EXPECT_EQ(server_.doctor_asked, 0);
    server_.checks = {{"ledger", "it is gone", "bring it back", SystemFacts::Check::State::kBad}};
    const auto doctor = [&] { return server_.as_token(kOperator, "GET", "/api/doctor"); };
    EXPECT_EQ(TestServer::data(doctor()).at("checks").at(0).at("state"), "bad");
    server_.checks.clear();
    EXPECT_FALSE(TestServer::data(doctor()).at("checks").as_array().empty());  // For ten seconds.
    EXPECT_EQ(server_.doctor_asked, 1);
    server_.now += std::chrono::seconds{10};
    EXPECT_TRUE(TestServer::data(doctor()).at("checks").as_array().empty());
    EXPECT_EQ(server_.as_token(kViewer, "GET", "/api/doctor").status,
              403U);  // Places of the machine.
    const std::string metrics = get("/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("cordon_build_info{version=\"1.2.3\"} 1\n"));
    EXPECT_THAT(metrics,
                HasSubstr("cordon_requests_total{call=\"getReadiness\",status=\"503\"} 1\n"));
    EXPECT_THAT(metrics,
                HasSubstr("cordon_request_seconds_bucket{call=\"getReadiness\",le=\"+Inf\"} 2\n"));
    EXPECT_THAT(metrics, testing::EndsWith("more 1\n"));
}

TEST_F(ApiTest, streams_of_topics) {
    auto stream = get("/api/events?topics=alert,feed", {{"Last-Event-ID", "17"}});
    ASSERT_TRUE(stream.events);
    EXPECT_EQ(stream.events->topics, (std::vector<std::string>{"alert", "feed"}));
    EXPECT_EQ(stream.events->last_seen, 17U);
    EXPECT_EQ(get("/api/events", {{"Last-Event-ID", "-1"}}).events->last_seen, 0U);
    EXPECT_EQ(get("/api/events?topics=alert,nothing").status, 400U);
}

TEST(Api, knows_its_origins_behind_a_proxy) {
    TestServer server{{}, {.origins = {"https://Cordon.example/"}}};
    ASSERT_TRUE(server.accounts->put("anna", kTestPassword, kAdmin, server.now));
    auto login = server.request("POST", "/api/session",
                                R"({"name":"anna","password":"correct horse battery"})");
    login.headers[0].second = "cordon.example";
    login.headers.emplace_back("Origin", "https://cordon.example");
    const auto answer = server.send(login);
    ASSERT_EQ(answer.status, 201U);
    const std::string cookie = TestServer::header(answer, "Set-Cookie");
    EXPECT_THAT(cookie, testing::StartsWith("__Host-cordon="));
    EXPECT_THAT(cookie, HasSubstr("; Secure"));
    auto ask = server.request("GET", "/api/session");
    ask.headers = {{"Host", "cordon.example"}, {"Cookie", cookie.substr(0, cookie.find(';'))}};
    EXPECT_EQ(server.send(ask).status, 200U);
    // The weak name over TLS may be another site's of the same domain.
    ask.headers[1].second.replace(0, 7, "");
    EXPECT_EQ(server.send(ask).status, 401U);
    login.headers.back().second = "https://cordon.example.evil.example";
    EXPECT_EQ(server.send(login).status, 403U);
}

TEST(Api, stops_changes_when_the_log_is_broken) {
    int changed = 0;
    TestServer server{tries(changed), {}, 40};
    const auto change = [&] {
        return server
            .as_token(Roles{}.with(Role::kAnalyst), "POST", "/api/things/1", R"({"why":"because"})")
            .status;
    };
    unsigned status = 0;
    for (int i = 0; i < 100 && status != 503; ++i) status = change();
    ASSERT_EQ(status, 503U);
    EXPECT_FALSE(server.said.empty());
    const int before = changed;
    EXPECT_EQ(change(), 503U);
    EXPECT_EQ(changed, before);
    EXPECT_EQ(server.as_token(kViewer, "GET", "/api/session").status, 200U);
}

TEST(Api, refuses_bad_tables) {
    TestServer server;
    const auto refused = [&](auto spoil, bool log = true) {
        Endpoint endpoint{
            .method = "POST",
            .path = "/api/x/{id}",
            .id = "x",
            .tag = "system",
            .summary = "",
            .kind = "x",
            .changes = true,
            .handler = [](const Call&) -> Result<Answer> { return Data{.data = {}}; }};
        spoil(endpoint);
        return !Api::make({endpoint}, *server.accounts,
                          {.version = "1",
                           .clock = [] { return UnixMillis{}; },
                           .audit = log ? server.log.get() : nullptr});
    };
    EXPECT_FALSE(refused([](Endpoint&) {}));
    EXPECT_TRUE(refused([](Endpoint&) {}, false));
    EXPECT_TRUE(refused([](Endpoint& e) { e.handler = {}; }));
    EXPECT_TRUE(refused([](Endpoint& e) { e.method = "GET"; }));
    EXPECT_TRUE(refused([](Endpoint& e) { e.method = "TRACE"; }));
    EXPECT_TRUE(refused([](Endpoint& e) { e.id = ""; }));
    EXPECT_TRUE(refused([](Endpoint& e) { e.id = "getOpenApi"; }));
    for (const char* path : {"", "x", "/api/{", "/api/{}", "/api/}", "/api/{a}/{a}", "/api/x{a}"})
        EXPECT_TRUE(refused([&](Endpoint& e) { e.path = path; })) << path;
}

}  // namespace
}  // namespace cordon::server
