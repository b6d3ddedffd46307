// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "event_hub.hpp"
#include "http_server.hpp"
#include "test_connection.hpp"

/// Clients that mean harm, over sockets of their own. After each the server answers others.
namespace cordon::net {
namespace {

using namespace std::literals;

Routes routes() {
    const auto file = [](const ServerRequest& request) {
        return ServerResponse{.type = "text/plain", .body = "file:" + request.params.at("path")};
    };
    const auto length = [](const ServerRequest& request) {
        return ServerResponse{.body = "got " + std::to_string(request.body.size())};
    };
    const auto large = [](const ServerRequest&) {
        return ServerResponse{.body = std::string(8 * 1024 * 1024, 'x')};
    };
    const auto said = [](const ServerRequest& request) {
        return ServerResponse{.headers = {{"X-Said", request.params.at("what")}}};
    };
    return Routes::make({{.method = "GET", .path = "/{path...}", .handler = file},
                         {.method = "GET", .path = "/say/{what}", .handler = said},
                         {.method = "GET", .path = "/large", .handler = large},
                         {.method = "POST", .path = "/post", .handler = length, .max_body = 1000}})
        .value();
}

std::unique_ptr<HttpServer> serve(ServerOptions options = {}) {
    options.threads = 4;
    auto server = HttpServer::start(std::move(options), routes());
    EXPECT_TRUE(server) << (server ? "" : server.error().message);
    return server ? *std::move(server) : nullptr;
}
std::string ask(const HttpServer& server, std::string_view request,
                std::chrono::milliseconds time = 2s) {
    return Raw{server.port()}.say(request).hear("\x01", time);
}
std::string get(const HttpServer& server, std::string_view target) {
    return ask(server,
               "GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}
bool answers(const HttpServer& server) { return get(server, "/index").ends_with("file:index"); }

TEST(Hostile, paths_never_leave_the_tree) {
    const auto server = serve();
    for (const std::string_view path : {"/../etc/passwd",
                                        "/%2e%2e/etc/passwd",
                                        "/.%2e/a",
                                        "/a/../../b",
                                        "/a/%2E%2E/b",
                                        "/..",
                                        "//etc/passwd",
                                        "/a//b",
                                        "/..%2fetc%2fpasswd",
                                        "/%2fetc/passwd",
                                        "/..%5c..%5cwin.ini",
                                        "/a%00.html",
                                        "/%c0%ae%c0%ae/a",
                                        "/%c0%af",
                                        "/%e0%80%ae/a",
                                        "/%f0%80%80%ae/a",
                                        "/%uff0e/a",
                                        "/%",
                                        "/%2",
                                        "/%%32%65",
                                        "/./a",
                                        "http://x/a",
                                        "*",
                                        "a"}) {
        const std::string answer = get(*server, path);
        EXPECT_TRUE(status_of(answer) == "HTTP/1.1 404" || status_of(answer) == "HTTP/1.1 400")
            << path << ": " << answer;
        EXPECT_EQ(answer.find("file:"), std::string::npos) << path;
    }
    // Decoded once, and not again.
    EXPECT_TRUE(get(*server, "/%252e%252e/a").ends_with("file:%2e%2e/a"));
    EXPECT_TRUE(get(*server, "/?/../a").ends_with("file:"));
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, headers_never_become_two) {
    const auto server = serve();
    for (const std::string_view path : {"/say/a%0d%0aX-Evil:1", "/say/a%0aX-Evil:1", "/say/%00"})
        EXPECT_EQ(status_of(get(*server, path)), "HTTP/1.1 404") << path;
    for (const std::string_view head :
         {"A: b\rX-Evil: 1\r\n"sv, "A: b\nX-Evil: 1\r\n"sv, "A: \0b\r\n"sv, "A : b\r\n"sv,
          " A: b\r\n"sv, ": b\r\n"sv, "A\r\n"sv, "A: b\r\n continued\r\n"sv, "\xc3\xa9: b\r\n"sv}) {
        const std::string answer =
            ask(*server, "GET /index HTTP/1.1\r\nHost: x\r\n" + std::string{head} +
                             "Connection: close\r\n\r\n");
        EXPECT_EQ(answer.find("Evil"), std::string::npos) << head;
    }
    EXPECT_NE(get(*server, "/say/%C3%A9").find("X-Said: \xc3\xa9\r\n"), std::string::npos);
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, a_body_has_one_length_that_is_kept) {
    const auto server = serve();
    const auto post = [&](std::string_view rest) {
        return ask(*server,
                   "POST /post HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string{rest});
    };
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    for (const std::string& bad : {
             std::string{"Content-Length: 1\r\nContent-Length: 1\r\n\r\na"},
             "Content-Length: 4\r\n" + chunked + "\r\n0\r\n\r\n",
             std::string{"Content-Length: +1\r\n\r\na"},
             std::string{"Content-Length: 0x1\r\n\r\na"},
             std::string{"Content-Length: 1, 1\r\n\r\na"},
             std::string{"Content-Length: 18446744073709551616\r\n\r\n"},
             chunked + "\r\n-1\r\n",
             chunked + "\r\nfffffffffffffffff\r\n",
             chunked + "\r\n1\r\nab\r\n0\r\n\r\n",
             chunked + "\r\n1;" + std::string(30'000, 'x') + "\r\na\r\n0\r\n\r\n",
         }) {
        const std::string answer = post(bad);
        EXPECT_TRUE(status_of(answer) == "HTTP/1.1 400" || status_of(answer) == "HTTP/1.1 413" ||
                    status_of(answer) == "HTTP/1.1 431")
            << bad.substr(0, 80) << ": " << answer.substr(0, 80);
    }
    EXPECT_EQ(status_of(post("Content-Length: 1001\r\n\r\n")), "HTTP/1.1 413");
    std::string many = chunked + "\r\n";
    for (int i = 0; i < 1001; ++i) many += "1\r\na\r\n";
    EXPECT_EQ(status_of(post(many + "0\r\n\r\n")), "HTTP/1.1 413");
    EXPECT_TRUE(
        post(chunked + "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n").ends_with("got 5"));
    // What is not a length for us is nobody's next request, also where the connection would go on.
    for (const std::string_view coding :
         {"xchunked", "identity", "chunked, identity", "gzip, chunked", "chunked, chunked",
          "identity\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: identity", "",
          "chunked;q=1", "\"chunked\""})
        for (const std::string_view method : {"POST /post", "GET /index"}) {
            const std::string smuggled = ask(
                *server, std::string{method} +
                             " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + std::string{coding} +
                             "\r\n\r\n0\r\n\r\nGET /large HTTP/1.1\r\nHost: x\r\n\r\n");
            EXPECT_EQ(status_of(smuggled), "HTTP/1.1 400") << coding;
            EXPECT_EQ(smuggled.find("HTTP/1.1 ", 1), std::string::npos)
                << coding << ": " << smuggled.substr(0, 400);
        }
    EXPECT_EQ(
        status_of(ask(*server, "POST /post HTTP/1.0\r\nHost: x\r\n" + chunked + "\r\n0\r\n\r\n")),
        "HTTP/1.1 400");
    EXPECT_TRUE(post("transfer-encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n").ends_with("got 3"));
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, other_protocols_are_no_way_in) {
    const auto server = serve();
    const std::string upgrade =
        ask(*server,
            "GET /index HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    EXPECT_EQ(status_of(upgrade), "HTTP/1.1 200");
    EXPECT_EQ(status_of(ask(*server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")), "HTTP/1.1 400");
    EXPECT_EQ(status_of(ask(*server, "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 404");
    EXPECT_EQ(status_of(ask(*server, "TRACE /index HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 405");
    EXPECT_EQ(status_of(ask(*server, "gEt /index HTTP/1.1\r\nHost: x\r\n\r\n")), "HTTP/1.1 405");
    // TLS where plain text is spoken.
    EXPECT_EQ(
        status_of(ask(*server, std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11} +
                                   std::string(500, '\xaa') + "\r\n\r\n")),
        "HTTP/1.1 400");
    const std::string old = ask(*server, "GET /index HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.ends_with("file:index")) << old;
    EXPECT_NE(old.find("Connection: close"), std::string::npos);
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, a_thousand_that_say_nothing_keep_no_one_out) {
    ServerOptions options;
    options.head_timeout = 10s;
    const auto server = serve(std::move(options));
    std::vector<std::unique_ptr<Raw>> idle;
    for (int i = 0; i < 1000; ++i) {
        idle.push_back(std::make_unique<Raw>(server->port()));
        if (i % 3 == 1) idle.back()->say("GET /index HTTP/1.1\r\n");
        if (i % 3 == 2)
            idle.back()->say("POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1");
    }
    EXPECT_TRUE(answers(*server));
    const auto begin = std::chrono::steady_clock::now();
    idle.clear();
    for (int i = 0; i < 300 && server->counts().open > 0; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(server->counts().open, 0u);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST(Hostile, one_address_may_be_held_to_its_share) {
    ServerOptions options;
    options.max_per_peer = 3;
    const auto server = serve(std::move(options));
    {
        std::vector<std::unique_ptr<Raw>> mine;
        for (int i = 0; i < 3; ++i) {
            mine.push_back(std::make_unique<Raw>(server->port()));
            mine.back()->say("GET /index HTTP/1.1\r\nHost: x\r\n\r\n").hear("file:index");
        }
        EXPECT_EQ(status_of(Raw{server->port()}.hear("\x01", 2s)), "HTTP/1.1 503");
    }
    for (int i = 0; i < 300 && server->counts().open > 0; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, who_does_not_read_is_cut_off) {
    ServerOptions options;
    options.write_timeout = 300ms;
    const auto server = serve(std::move(options));
    constexpr int kRoom = 4096;
    Raw deaf{server->port(), kRoom};
    deaf.say("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 300 && server->counts().timeouts == 0; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_EQ(server->counts().timeouts, 1u);
    EXPECT_TRUE(answers(*server));
}

TEST(Hostile, pipelines_are_answered_one_after_the_other) {
    const auto server = serve();
    std::string all;
    constexpr int kMany = 2000;
    for (int i = 0; i < kMany; ++i) all += "GET /n HTTP/1.1\r\nHost: x\r\n\r\n";
    Raw raw{server->port()};
    std::thread says{[&] { raw.say(all + "GET /last HTTP/1.1\r\nHost: x\r\n\r\n"); }};
    EXPECT_TRUE(raw.hear("file:last", 10s).ends_with("file:last"));
    says.join();
    EXPECT_EQ(server->counts().requests, kMany + 1u);
}

/// A certificate of our own for 127.0.0.1.
struct Certificate {
    std::string folder =
        std::filesystem::temp_directory_path() / ("cordon-tls-" + std::to_string(::getpid()));
    std::string certificate = folder + "/cert.pem", key = folder + "/key.pem";
    Certificate() {
        std::filesystem::create_directories(folder);
        const std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
            "-days 1 -subj /CN=localhost -keyout " +
            key + " -out " + certificate + " 2>/dev/null";
        EXPECT_EQ(std::system(command.c_str()), 0);
    }
    ~Certificate() { std::filesystem::remove_all(folder); }
};

/// What a client of TLS gets; empty: no handshake.
std::string ask_tls(uint16_t port, int version, std::string_view request, std::string_view until) {
    std::string heard;
    const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                               SSL_CTX_free};
    // Old versions are off by default on this side too: the refusal is to be the server's.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    Raw raw{port};
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl{SSL_new(context.get()), SSL_free};
    SSL_set_fd(ssl.get(), raw.fd());
    if (SSL_connect(ssl.get()) == 1) {
        SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
        char bytes[4096];
        for (int got; heard.find(until) == std::string::npos &&
                      (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;)
            heard.append(bytes, static_cast<std::size_t>(got));
    }
    ERR_clear_error();
    return heard;
}

TEST(Tls, is_new_enough_or_nothing) {
    const Certificate mine;
    ServerOptions options;
    options.certificate = mine.certificate;
    options.key = mine.key;
    options.head_timeout = 500ms;
    const auto hub = std::make_shared<EventHub>();
    const auto who = [](const ServerRequest& request) {
        return ServerResponse{.body = request.peer + (request.secure ? " secure" : " plain")};
    };
    const auto events = [hub](const ServerRequest&) {
        return ServerResponse{.events = EventStream{.hub = hub}};
    };
    const auto server =
        HttpServer::start(std::move(options),
                          Routes::make({{.method = "GET", .path = "/who", .handler = who},
                                        {.method = "GET", .path = "/events", .handler = events}})
                              .value())
            .value();
    const auto port = server->port();
    const std::string_view ask_who = "GET /who HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
        EXPECT_TRUE(ask_tls(port, version, ask_who, "secure").ends_with("127.0.0.1 secure"));
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION})
        EXPECT_EQ(ask_tls(port, version, ask_who, "secure"), "");
    // Plain text, nothing at all, and half a greeting.
    Raw plain{port}, mute{port}, half{port};
    half.say(std::string_view{"\x16\x03\x01\x02\x00\x01", 6});
    EXPECT_EQ(plain.say(ask_who).hear("\x01", 2s).find("HTTP"), std::string::npos);
    mute.hear("\x01", 2s);
    half.hear("\x01", 2s);
    EXPECT_TRUE(plain.closed && mute.closed && half.closed);
    // Events, more than one record holds.
    std::thread publisher{[&] {
        for (int i = 0; i < 300 && hub->listeners() == 0; ++i) std::this_thread::sleep_for(10ms);
        for (int i = 0; i < 5; ++i) hub->publish("alert", std::string(40'000, 'x'));
        hub->publish("alert", "last");
    }};
    const std::string heard =
        ask_tls(port, TLS1_3_VERSION, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n", "data: last\n\n");
    publisher.join();
    EXPECT_TRUE(heard.ends_with("data: last\n\n"));
    EXPECT_GT(heard.size(), 200'000u);
}

}  // namespace
}  // namespace cordon::net
