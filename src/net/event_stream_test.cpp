// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "event_hub.hpp"
#include "http_server.hpp"
#include "test_connection.hpp"

namespace cordon::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kListen = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

struct Streams {
    std::shared_ptr<EventHub> hub;
    std::unique_ptr<HttpServer> server;

    explicit Streams(HubOptions bounds = {}, ServerOptions options = {})
        : hub{std::make_shared<EventHub>(bounds)} {
        const auto events = [hub = hub](const ServerRequest& request) {
            EventStream stream{.hub = hub, .last_seen = last_event_id(request)};
            if (!request.query.empty()) stream.topics = {request.query};
            return ServerResponse{.events = std::move(stream)};
        };
        const auto ask = [](const ServerRequest&) { return ServerResponse{.body = "here"}; };
        const auto split = [hub = hub](const ServerRequest&) {
            return ServerResponse{.headers = {{"A\r\nB", "c"}}, .events = EventStream{.hub = hub}};
        };
        options.threads = 2;
        server =
            HttpServer::start(
                std::move(options),
                Routes::make({{.method = "GET", .path = "/events", .handler = events},
                              {.method = "GET", .path = "/split", .handler = split},
                              {.method = "GET", .path = "/ask", .handler = ask},
                              {.method = "GET", .path = "/quick", .handler = ask, .quick = true}})
                    .value())
                .value();
    }
    /// What is meant to happen at once, on another thread.
    template <typename Condition>
    static bool soon(Condition condition) {
        for (int i = 0; i < 300 && !condition(); ++i) std::this_thread::sleep_for(10ms);
        return condition();
    }
    bool listening(uint64_t count) const {
        return soon([&] { return server->counts().streams == count && hub->listeners() == count; });
    }
};

TEST(EventStream, writes_what_is_published) {
    Streams streams;
    Raw all{streams.server->port()}, one{streams.server->port()};
    const std::string head = all.say(kListen).hear("id: ");
    EXPECT_EQ(status_of(head), "HTTP/1.1 200");
    for (const std::string_view field :
         {"Content-Type: text/event-stream\r\n", "Cache-Control: no-store\r\n",
          "X-Accel-Buffering: no\r\n", "X-Content-Type-Options: nosniff\r\n",
          "Connection: close\r\n"})
        EXPECT_NE(head.find(field), std::string::npos) << field;
    EXPECT_EQ(head.find("Content-Length"), std::string::npos);
    one.say("GET /events?case HTTP/1.1\r\nHost: x\r\n\r\n").hear("id: ");
    EXPECT_TRUE(streams.listening(2));
    streams.hub->publish("alert", "[1]");
    const uint64_t id = streams.hub->publish("case", R"({"id":"x"})");
    const std::string last =
        "event: case\nid: " + std::to_string(id) + "\ndata: {\"id\":\"x\"}\n\n";
    const std::string heard = all.hear(last);
    EXPECT_TRUE(heard.ends_with("data: [1]\n\n" + last)) << heard;
    const std::string mine = one.hear(last);
    EXPECT_TRUE(mine.ends_with(last)) << mine;
    EXPECT_EQ(mine.find("alert"), std::string::npos);
}

TEST(EventStream, goes_on_where_the_client_was) {
    Streams streams;
    const uint64_t seen = streams.hub->publish("alert", "1");
    streams.hub->publish("alert", "2");
    const auto again = [&](const std::string& last) {
        return Raw{streams.server->port()}
            .say("GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " + last + "\r\n\r\n")
            .hear("\n\n");
    };
    const std::string missed = again(std::to_string(seen));
    EXPECT_NE(missed.find("data: 2\n\n"), std::string::npos) << missed;
    EXPECT_EQ(missed.find("data: 1\n"), std::string::npos);
    for (const std::string_view other : {"0", "7", "abc", "-1", "99999999999999999999999"})
        EXPECT_NE(again(std::string{other}).find("event: reset\n"), std::string::npos) << other;
}

TEST(EventStream, holds_no_thread_of_handlers) {
    Streams streams;  // Two of them.
    std::vector<std::unique_ptr<Raw>> open;
    for (int i = 0; i < 50; ++i) {
        open.push_back(std::make_unique<Raw>(streams.server->port()));
        open.back()->say(kListen);
    }
    EXPECT_TRUE(streams.listening(50));
    Raw raw{streams.server->port()};
    for (const std::string_view path : {"/ask", "/quick"})
        EXPECT_NE(raw.say("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n")
                      .hear("here")
                      .find("here"),
                  std::string::npos);
}

TEST(EventStream, notices_that_a_client_went) {
    Streams streams;
    {
        Raw raw{streams.server->port()}, talks{streams.server->port()};
        raw.say(kListen).hear("id: ");
        talks.say(kListen).hear("id: ");
        EXPECT_TRUE(streams.listening(2));
        talks.say("GET /ask HTTP/1.1\r\n");  // A stream is the last answer of its connection.
        talks.hear("\x01", 2s);
        EXPECT_TRUE(talks.closed);
        EXPECT_TRUE(streams.listening(1));
    }
    EXPECT_TRUE(streams.listening(0));
    EXPECT_TRUE(Streams::soon([&] { return streams.server->counts().open == 0; }));
}

TEST(EventStream, tells_the_slow_to_read_anew_and_lets_no_one_wait) {
    Streams streams{{.behind_bytes = 64 * 1024}};
    // Without a bound on what it takes: the kernel fills its room anyway, and empties a tiny one
    // with waits of its own when it is read at last.
    Raw slow{streams.server->port()}, fast{streams.server->port()};
    slow.say(kListen).hear("id: ");
    fast.say(kListen).hear("id: ");
    const std::string large(16 * 1024, 'x');
    for (int i = 0; i < 200; ++i) {
        streams.hub->publish("alert", large + std::to_string(i));
        const std::string end = "x" + std::to_string(i) + "\n\n";
        ASSERT_TRUE(fast.hear(end).ends_with(end)) << i;
    }
    EXPECT_GE(streams.hub->resets(), 1u);
    // It still gets whole events up to there, and lives events after it. The kernel may take what
    // waited at any time: then it falls behind anew, and is told so again.
    std::string heard;
    EXPECT_TRUE(Streams::soon([&] {
        streams.hub->publish("alert", "later");
        heard += slow.hear("data: later\n\n", 50ms);
        return heard.find("later") != std::string::npos;
    }));
    EXPECT_LT(heard.size(), 3u * 1024 * 1024);
    uint64_t told = 0;
    for (auto at = heard.find("event: reset\n"); at != std::string::npos; ++told)
        at = heard.find("event: reset\n", at + 1);
    EXPECT_EQ(told, streams.hub->resets());
}

TEST(EventStream, gives_an_event_that_is_larger_than_what_may_wait) {
    Streams streams{{.behind_bytes = 1024}};
    Raw raw{streams.server->port()};
    raw.say(kListen).hear("\n\n");
    streams.hub->publish("alert", std::string(300'000, 'x') + "y");
    const std::string heard = raw.hear("y\n\n");
    EXPECT_TRUE(heard.ends_with("y\n\n"));
    EXPECT_GT(heard.size(), 300'000u);
    EXPECT_EQ(streams.hub->resets(), 0u);
}

TEST(EventStream, ends_who_takes_nothing) {
    ServerOptions options;
    options.write_timeout = 300ms;
    Streams streams{{}, std::move(options)};
    constexpr int kRoom = 4096;
    Raw stuck{streams.server->port(), kRoom}, quiet{streams.server->port()};
    stuck.say(kListen).hear("\n\n");
    quiet.say(kListen).hear("\n\n");
    EXPECT_TRUE(streams.listening(2));
    streams.hub->publish("alert", std::string(8 * 1024 * 1024, 'x'));
    std::thread reads{[&] { quiet.hear("\n\n", 5s); }};
    EXPECT_TRUE(streams.listening(1));  // And the other one, to whom nothing is written, stays.
    reads.join();
    std::this_thread::sleep_for(400ms);
    EXPECT_TRUE(streams.listening(1));
    EXPECT_EQ(streams.server->counts().timeouts, 1u);
}

TEST(EventStream, beats_where_nothing_happens) {
    Streams streams{{.heartbeat = 50ms}};
    Raw raw{streams.server->port()};
    raw.say(kListen).hear("id: ");
    EXPECT_NE(raw.hear(":\n\n:\n\n").find(":\n\n:\n\n"), std::string::npos);
}

TEST(EventStream, ends_who_may_listen_no_more) {
    const auto hub = std::make_shared<EventHub>(HubOptions{.heartbeat = 200ms});
    std::atomic<bool> may = true, throws = false;
    const auto server =
        HttpServer::start(
            {.threads = 2},
            Routes::make({{.method = "GET",
                           .path = "/events",
                           .handler =
                               [&](const ServerRequest&) {
                                   return ServerResponse{
                                       .events = EventStream{.hub = hub, .may_listen = [&] {
                                                                 if (throws) throw std::bad_alloc{};
                                                                 return may.load();
                                                             }}};
                               }}})
                .value())
            .value();
    for (const bool with_events : {true, false}) {
        may = true;
        throws = false;
        Raw client{server->port()};
        client.say(kListen).hear("id: ");
        std::this_thread::sleep_for(1200ms);
        hub->publish("alert", "seen");
        EXPECT_NE(client.hear("seen").find("seen"), std::string::npos);
        (with_events ? may : throws) = !with_events;
        std::this_thread::sleep_for(1100ms);  // It is asked once a second.
        if (with_events) hub->publish("alert", "secret");
        EXPECT_EQ(client.hear("secret").find("secret"), std::string::npos);
        EXPECT_TRUE(client.closed);
        EXPECT_TRUE(Streams::soon([&] { return hub->listeners() == 0; }));
    }
}

TEST(EventStream, counts_apart_and_has_a_bound) {
    ServerOptions options;
    options.max_connections = 2;
    options.max_streams = 3;
    Streams streams{{}, std::move(options)};
    std::vector<std::unique_ptr<Raw>> open;
    for (int i = 0; i < 3; ++i) {
        open.push_back(std::make_unique<Raw>(streams.server->port()));
        open.back()->say(kListen).hear("id: ");
    }
    EXPECT_TRUE(streams.listening(3));
    Raw fourth{streams.server->port()};
    const std::string full = fourth.say(kListen).hear("\r\n\r\n");
    EXPECT_EQ(status_of(full), "HTTP/1.1 503");
    EXPECT_NE(full.find("Retry-After: "), std::string::npos);
    EXPECT_NE(fourth.say("GET /ask HTTP/1.1\r\nHost: x\r\n\r\n").hear("here").find("here"),
              std::string::npos);
}

TEST(EventStream, holds_one_address_to_its_share) {
    ServerOptions options;
    options.max_streams_per_peer = 2;
    Streams streams{{}, std::move(options)};
    std::vector<std::unique_ptr<Raw>> open;
    for (int i = 0; i < 2; ++i) {
        open.push_back(std::make_unique<Raw>(streams.server->port()));
        open.back()->say(kListen).hear("id: ");
    }
    EXPECT_TRUE(streams.listening(2));
    const std::string full = Raw{streams.server->port()}.say(kListen).hear("\r\n\r\n");
    EXPECT_EQ(status_of(full), "HTTP/1.1 429");
    EXPECT_NE(full.find("Retry-After: "), std::string::npos);
    EXPECT_EQ(streams.server->counts().streams, 2u);
    open.pop_back();
    EXPECT_TRUE(streams.listening(1));
    Raw next{streams.server->port()};
    EXPECT_EQ(status_of(next.say(kListen).hear("id: ")), "HTTP/1.1 200");
}

TEST(EventStream, answers_head_and_old_clients) {
    Streams streams;
    const std::string head = Raw{streams.server->port()}
                                 .say("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n")
                                 .hear("\x01", 2s);
    EXPECT_EQ(status_of(head), "HTTP/1.1 200");
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    EXPECT_TRUE(streams.listening(0));
    Raw old{streams.server->port()};
    EXPECT_EQ(status_of(old.say("GET /events HTTP/1.0\r\n\r\n").hear("\n\n")), "HTTP/1.1 200");
    EXPECT_EQ(status_of(Raw{streams.server->port()}
                            .say("GET /split HTTP/1.1\r\nHost: x\r\n\r\n")
                            .hear("\x01", 2s)),
              "HTTP/1.1 500");
    EXPECT_TRUE(streams.listening(1));
}

TEST(EventStream, ends_at_once_when_the_server_stops) {
    Streams streams;
    std::vector<std::unique_ptr<Raw>> open;
    for (int i = 0; i < 20; ++i) {
        open.push_back(std::make_unique<Raw>(streams.server->port()));
        open.back()->say(kListen).hear("id: ");
    }
    std::atomic<bool> over = false;
    std::thread publisher{[&] {
        while (!over) streams.hub->publish("alert", std::string(1000, 'x'));
    }};
    const auto begin = std::chrono::steady_clock::now();
    streams.server->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(streams.hub->listeners(), 0u);
    EXPECT_EQ(streams.server->counts().streams, 0u);
    streams.server.reset();  // The hub outlives it.
    streams.hub->publish("alert", "1");
    over = true;
    publisher.join();
    for (const auto& raw : open) raw->hear("\x01", 2s);
    EXPECT_TRUE(open.front()->closed);
}

}  // namespace
}  // namespace cordon::net
