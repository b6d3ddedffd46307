// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "http.hpp"
#include "test_connection.hpp"

namespace cordon::net {
namespace {

using namespace std::chrono_literals;

Routes routes() {
    return Routes::make(
               {{.method = "GET",
                 .path = "/echo/{what}",
                 .handler =
                     [](const ServerRequest& request) {
                         return ServerResponse{.body = request.params.at("what")};
                     }},
                {.method = "GET",
                 .path = "/echo/fixed",
                 .handler = [](const ServerRequest&) { return ServerResponse{.body = "fixed"}; }},
                {.method = "POST",
                 .path = "/post",
                 .handler =
                     [](const ServerRequest& request) {
                         return ServerResponse{.body = request.caller + ":" + request.body};
                     },
                 .max_body = 100},
                {.method = "GET",
                 .path = "/split",
                 .handler =
                     [](const ServerRequest&) {
                         return ServerResponse{.headers = {{"X-A", "b\r\nX-Evil: 1"}}};
                     }},
                {.method = "GET",
                 .path = "/who",
                 .handler =
                     [](const ServerRequest& request) {
                         return ServerResponse{.body = request.peer + (request.secure ? "+" : "-"),
                                               .headers = {{"Cache-Control", "no-cache"}}};
                     }},
                {.method = "GET",
                 .path = "/none",
                 .handler =
                     [](const ServerRequest&) {
                         return ServerResponse{.status = 304, .body = "not sent"};
                     }},
                {.method = "GET",
                 .path = "/throw",
                 .handler = [](const ServerRequest&) -> ServerResponse {
                     throw std::runtime_error{"a secret"};
                 }},
                {.method = "GET",
                 .path = "/slow",
                 .handler =
                     [](const ServerRequest&) {
                         std::this_thread::sleep_for(300ms);
                         return ServerResponse{.body = "slow"};
                     }},
                {.method = "GET",
                 .path = "/open",
                 .handler = [](const ServerRequest&) { return ServerResponse{.body = "ok"}; },
                 .open = true}})
        .value();
}

std::unique_ptr<HttpServer> serve(ServerOptions options = {}) {
    options.threads = 8;
    auto server = HttpServer::start(std::move(options), routes());
    EXPECT_TRUE(server) << (server ? "" : server.error().message);
    return server ? *std::move(server) : nullptr;
}

constexpr std::string_view kGet = "GET /echo/a HTTP/1.1\r\nHost: x\r\n\r\n";

std::string ask(const HttpServer& server, std::string_view request) {
    return Raw{server.port()}.say(request).hear("\x01", 2s);
}

TEST(HttpServer, answers_and_keeps_the_connection) {
    const auto server = serve();
    Raw raw{server->port()};
    for (int i = 0; i < 3; ++i) {
        const std::string answer = raw.say(kGet).hear("\r\n\r\na");
        EXPECT_EQ(status_of(answer), "HTTP/1.1 200");
        EXPECT_EQ(answer.find("Server:"), std::string::npos);
        EXPECT_NE(answer.find("X-Request-Id: "), std::string::npos);
    }
    EXPECT_EQ(server->counts().requests, 3u);
    EXPECT_EQ(server->counts().accepted, 1u);
}

TEST(HttpServer, answers_our_own_client) {
    const auto server = serve();
    auto client = HttpClient::make(
        parse_url("http://127.0.0.1:" + std::to_string(server->port()) + "/").value());
    ASSERT_TRUE(client);
    for (int i = 0; i < 3; ++i) {
        const auto answer = client->send({.method = "POST", .target = "/post", .body = "hello"});
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body, ":hello");
    }
    EXPECT_EQ(server->counts().accepted, 1u);
}

TEST(HttpServer, answers_pipelined_requests_in_order) {
    const auto server = serve();
    std::string all;
    for (int i = 0; i < 20; ++i)
        all += "GET /echo/n" + std::to_string(i) + "n HTTP/1.1\r\nHost: x\r\n\r\n";
    Raw raw{server->port()};
    const std::string heard = raw.say(all).hear("n19n");
    std::size_t at = 0;
    for (int i = 0; i < 20; ++i) {
        at = heard.find("n" + std::to_string(i) + "n", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
}

TEST(HttpServer, reads_a_request_that_comes_byte_by_byte) {
    const auto server = serve();
    Raw raw{server->port()};
    for (const char c :
         std::string{"POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"})
        raw.say({&c, 1});
    EXPECT_NE(raw.hear(":ab").find(":ab"), std::string::npos);
    raw.say(
        "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n");
    EXPECT_NE(raw.hear(":xyz").find(":xyz"), std::string::npos);
}

TEST(HttpServer, refuses_what_is_no_http) {
    const auto server = serve();
    for (const std::string_view bad :
         {"\r\n\x01\x02\x03\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
          "GET /echo/a HTTP/1.1\r\n\r\n", "GET /echo/a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
          "GET /echo/a HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
          "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n",
          "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
          "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        Raw raw{server->port()};
        const std::string answer = raw.say(bad).hear("\x01", 2s);
        EXPECT_EQ(status_of(answer), "HTTP/1.1 400") << bad;
        EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
        EXPECT_TRUE(raw.closed) << bad;
    }
    EXPECT_NE(ask(*server, kGet).find("200"), std::string::npos);  // And goes on.
}

TEST(HttpServer, refuses_what_is_too_large_without_reading_it) {
    ServerOptions options;
    options.max_header = 1024;
    const auto server = serve(std::move(options));
    EXPECT_EQ(status_of(ask(*server, "GET /" + std::string(2000, 'a') + " HTTP/1.1\r\n")),
              "HTTP/1.1 431");
    EXPECT_EQ(status_of(ask(*server, "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a'))),
              "HTTP/1.1 431");
    EXPECT_EQ(status_of(ask(*server,
                            "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: "
                            "101\r\n\r\n")),
              "HTTP/1.1 413");
    EXPECT_EQ(status_of(ask(*server,
                            "POST /post HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                            "chunked\r\n\r\n80\r\n" +
                                std::string(128, 'a') + "\r\n0\r\n\r\n")),
              "HTTP/1.1 413");
    EXPECT_EQ(status_of(ask(*server,
                            "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: "
                            "100\r\nConnection: close\r\n\r\n" +
                                std::string(100, 'a'))),
              "HTTP/1.1 200");
}

TEST(HttpServer, routes_by_method_and_template) {
    const auto server = serve();
    const auto get = [&](std::string_view line) {
        return ask(*server, std::string{line} +
                                " HTTP/1.1\r\nHost: x\r\nConnection: "
                                "close\r\n\r\n");
    };
    EXPECT_NE(get("GET /echo/fixed").find("fixed"), std::string::npos);
    EXPECT_NE(get("GET /echo/a%20%2fb?q=1").find("a /b"), std::string::npos);
    EXPECT_EQ(status_of(get("GET /echo/%zz")), "HTTP/1.1 404");
    EXPECT_EQ(status_of(get("GET /echo/")), "HTTP/1.1 404");
    EXPECT_EQ(status_of(get("GET /echo/a/b")), "HTTP/1.1 404");
    EXPECT_EQ(status_of(get("GET http://x/echo/a")), "HTTP/1.1 404");
    const std::string wrong = get("DELETE /echo/a");
    EXPECT_EQ(status_of(wrong), "HTTP/1.1 405");
    EXPECT_NE(wrong.find("Allow: GET"), std::string::npos);
}

TEST(HttpServer, never_splits_an_answer_and_tells_no_secret) {
    const auto server = serve();
    const std::string split =
        ask(*server, "GET /split HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(split), "HTTP/1.1 500");
    EXPECT_EQ(split.find("Evil"), std::string::npos);
    const std::string thrown =
        ask(*server, "GET /throw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(thrown), "HTTP/1.1 500");
    EXPECT_EQ(thrown.find("secret"), std::string::npos);
    EXPECT_EQ(server->counts().server_errors, 2u);
    const std::string id = ask(*server,
                               "GET /echo/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "X-Request-Id: <script>\r\n\r\n");
    EXPECT_EQ(id.find("script"), std::string::npos);
}

TEST(HttpServer, tells_handlers_who_asks) {
    const auto server = serve();
    const std::string answer =
        ask(*server, "GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\n127.0.0.1-")) << answer;
    EXPECT_NE(answer.find("Cache-Control: no-cache"), std::string::npos);
    EXPECT_EQ(answer.find("no-store"), std::string::npos);
}

TEST(HttpServer, answers_head_as_get_without_the_body) {
    const auto server = serve();
    Raw raw{server->port()};
    const std::string head = raw.say("HEAD /echo/abc HTTP/1.1\r\nHost: x\r\n\r\n").hear("\r\n\r\n");
    EXPECT_EQ(status_of(head), "HTTP/1.1 200");
    EXPECT_NE(head.find("Content-Length: 3\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
    EXPECT_EQ(status_of(raw.say(kGet).hear("\r\n\r\na")), "HTTP/1.1 200");
    EXPECT_EQ(status_of(ask(*server, "HEAD /post HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 405");
    // Nor has an answer a body that says so by its status.
    const std::string none = raw.say("GET /none HTTP/1.1\r\nHost: x\r\n\r\n").hear("\r\n\r\n");
    EXPECT_TRUE(none.ends_with("\r\n\r\n")) << none;
    EXPECT_EQ(status_of(raw.say(kGet).hear("\r\n\r\na")), "HTTP/1.1 200");
}

TEST(HttpServer, cuts_the_slow_off) {
    ServerOptions options;
    options.idle_timeout = 300ms;
    options.head_timeout = 300ms;
    options.body_timeout = 300ms;
    const auto server = serve(std::move(options));
    Raw idle{server->port()}, head{server->port()}, body{server->port()};
    head.say("GET /echo/a HTTP/1.1\r\nHost");
    body.say("POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nab");
    std::atomic<bool> done = false;
    std::thread drip{[&] {  // A byte now and then does not help.
        for (int i = 0; i < 40 && !done; ++i) {
            head.say("a");
            body.say("a");
            std::this_thread::sleep_for(50ms);
        }
    }};
    idle.hear("\x01", 2s);
    EXPECT_TRUE(idle.closed);
    head.hear("\x01", 2s);
    EXPECT_TRUE(head.closed);
    body.hear("\x01", 2s);
    EXPECT_TRUE(body.closed);
    done = true;
    drip.join();
    EXPECT_EQ(server->counts().timeouts, 2u);
}

TEST(HttpServer, turns_away_more_connections_than_allowed) {
    ServerOptions options;
    options.max_connections = 2;
    const auto server = serve(std::move(options));
    Raw first{server->port()}, second{server->port()};
    EXPECT_NE(first.say(kGet).hear("\r\n\r\na").find("200"), std::string::npos);
    EXPECT_NE(second.say(kGet).hear("\r\n\r\na").find("200"), std::string::npos);
    {
        Raw third{server->port()};
        EXPECT_EQ(status_of(third.hear("\x01", 2s)), "HTTP/1.1 503");
    }
    EXPECT_EQ(server->counts().turned_away, 1u);
}

TEST(HttpServer, answers_many_at_once) {
    const auto server = serve();
    std::atomic<unsigned> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 32; ++t)
        threads.emplace_back([&] {
            Raw raw{server->port()};
            for (int i = 0; i < 50; ++i)
                if (raw.say(kGet).hear("\r\n\r\na").find("200") != std::string::npos) ++good;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 1600u);
}

TEST(HttpServer, listens_to_no_one_without_a_token) {
    ServerOptions options;
    options.tokens =
        BearerTokens::parse("alice 0123456789abcdef0123456789abcdef\n", "test").value();
    const auto server = serve(std::move(options));
    const auto post = [&](std::string_view header) {
        return ask(*server, "POST /post HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                                std::string{header} + "Content-Length: 2\r\n\r\nhi");
    };
    EXPECT_EQ(status_of(post("")), "HTTP/1.1 401");
    EXPECT_EQ(status_of(post("Authorization: Bearer \r\n")), "HTTP/1.1 401");
    EXPECT_EQ(status_of(post("Authorization: Bearer 0123456789abcdef0123456789abcdeX\r\n")),
              "HTTP/1.1 401");
    EXPECT_EQ(status_of(post("Authorization: Basic 0123456789abcdef0123456789abcdef\r\n")),
              "HTTP/1.1 401");
    EXPECT_NE(post("Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n").find("alice:hi"),
              std::string::npos);
    // Which paths exist is nobody's business either.
    EXPECT_EQ(status_of(ask(*server, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 401");
    EXPECT_EQ(status_of(ask(*server, "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
              "HTTP/1.1 200");
}

TEST(HttpServer, stops_after_what_is_under_way) {
    const auto server = serve();
    Raw idle{server->port()}, slow{server->port()};
    EXPECT_NE(idle.say(kGet).hear("\r\n\r\na").find("200"), std::string::npos);
    slow.say("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    const auto begin = std::chrono::steady_clock::now();
    server->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    EXPECT_NE(slow.hear("slow").find("slow"), std::string::npos);
    idle.hear("\x01", 1s);
    EXPECT_TRUE(idle.closed);
    EXPECT_EQ(server->counts().open, 0u);
}

TEST(HttpServer, says_why_it_cannot_start) {
    const auto server = serve();
    ServerOptions taken;
    taken.port = server->port();
    EXPECT_EQ(HttpServer::start(taken, routes()).error().code, ErrorCode::kIo);
    EXPECT_EQ(HttpServer::start({.address = "nowhere"}, routes()).error().code,
              ErrorCode::kInvalidParam);
    EXPECT_EQ(HttpServer::start({.certificate = "a"}, routes()).error().code,
              ErrorCode::kInvalidParam);
    EXPECT_EQ(HttpServer::start({.certificate = "/none", .key = "/none"}, routes()).error().code,
              ErrorCode::kMalformed);
}

TEST(BearerTokens, refuses_files_that_protect_nothing) {
    const std::string long_one(32, 'a'), other(32, 'b');
    for (const std::string& bad :
         std::vector<std::string>{std::string{}, std::string{"# only\n"}, "alice short\n",
                                  "alice\n", " " + long_one + "\n", "alice " + long_one + " x\n",
                                  "alice " + long_one + "\nalice " + other + "\n",
                                  "alice " + long_one + "\nbob " + long_one + "\n"})
        EXPECT_FALSE(BearerTokens::parse(bad, "test")) << bad;
    const std::string path = std::filesystem::temp_directory_path() / "cordon-bearer-test";
    std::ofstream{path} << "alice " << long_one << "\r\n";
    ::chmod(path.c_str(), 0644);
    EXPECT_EQ(BearerTokens::read(path).error().code, ErrorCode::kPermission);
    ::chmod(path.c_str(), 0600);
    EXPECT_TRUE(BearerTokens::read(path));
    std::filesystem::remove(path);
}

TEST(Problem, is_json_whatever_it_says) {
    const ServerResponse answer = problem({ErrorCode::kMalformed, "a\"\\\n\x01\xff\xc3\xa9"});
    EXPECT_EQ(answer.status, 400u);
    EXPECT_NE(answer.body.find("a\\\"\\\\\\u000a\\u0001\\ufffd\xc3\xa9"), std::string::npos);
}

}  // namespace
}  // namespace cordon::net
