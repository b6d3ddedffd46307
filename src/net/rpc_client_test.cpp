// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_client.hpp"

#include <gmock/gmock.h>
#include <fake_server.hpp>

namespace cordon::net {
namespace {

using namespace std::chrono_literals;
using test::FakeServer;
using ::testing::HasSubstr;
using ::testing::Not;

RpcOptions quick() {
    RpcOptions options;
    options.net.timeout = 300ms;
    options.backoff = 1ms;
    options.max_backoff = 5ms;
    options.tries = 3;
    return options;
}

/// The id of a single call.
std::string id_of(const std::string& body) {
    const std::size_t at = body.find("\"id\":") + 5;
    return body.substr(at, body.find(',', at) - at);
}
std::string answer(const std::string& body, std::string_view rest) {
    return FakeServer::ok("{\"id\":" + id_of(body) + "," + std::string{rest} + "}");
}

RpcClient client(const FakeServer& server, std::string_view target = "/") {
    return std::move(RpcClient::make(server.url(target), quick()).value());
}

TEST(RpcClient, calls_over_one_kept_connection) {
    FakeServer server{
        [](const std::string& body, unsigned) { return answer(body, "\"result\":\"0x1\""); }};
    RpcClient node = client(server);
    EXPECT_EQ(node.call("eth_chainId").value(), "\"0x1\"");
    EXPECT_EQ(node.call("eth_blockNumber", "[]").value(), "\"0x1\"");
    EXPECT_EQ(server.connections(), 1U);
    EXPECT_THAT(server.requests()[1], HasSubstr("\"method\":\"eth_blockNumber\",\"params\":[]"));
}

TEST(RpcClient, puts_the_answers_of_a_batch_into_the_order_of_its_calls) {
    FakeServer server{[](const std::string& body, unsigned) {
        const auto first = std::stoull(id_of(body));
        return FakeServer::ok("[{\"id\":" + std::to_string(first + 1) +
                              ",\"error\":{\"code\":-32601,\"message\":\"no\"}},{\"id\":" +
                              std::to_string(first) + ",\"result\":1}]");
    }};
    RpcClient node = client(server);
    const auto all = node.batch({{"a"}, {"b"}}).value();
    EXPECT_EQ(all[0].value(), "1");
    EXPECT_EQ(all[1].error().code, ErrorCode::kUnsupported);
}

TEST(RpcClient, tries_again_when_it_was_too_much_and_gives_up_in_the_end) {
    FakeServer server{[](const std::string& body, unsigned before) -> std::string {
        if (before == 0)
            return "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
        if (before == 1) return answer(body, "\"error\":{\"code\":-32005,\"message\":\"limit\"}");
        return answer(body, "\"result\":5");
    }};
    RpcClient node = client(server);
    EXPECT_EQ(node.call("m").value(), "5");
    EXPECT_EQ(node.metrics().limited, 2U);

    FakeServer busy{[](const std::string&, unsigned) {
        return std::string{"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n"};
    }};
    RpcClient other = client(busy);
    EXPECT_EQ(other.call("m").error().code, ErrorCode::kLimit);
    EXPECT_EQ(busy.requests().size(), 3U);
}

TEST(RpcClient, says_method_and_endpoint_but_no_secret) {
    FakeServer server{[](const std::string& body, unsigned) {
        return answer(body,
                      "\"error\":{\"code\":-32000,\"message\":\"key 0123456789abcdef is over\"}");
    }};
    RpcClient node = client(server, "/v3/0123456789abcdef");
    const Error error = node.call("eth_getLogs").error();
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_THAT(error.message, HasSubstr("eth_getLogs of http://127.0.0.1:"));
    EXPECT_THAT(error.message, HasSubstr("key … is over (-32000)"));
    EXPECT_THAT(error.message, Not(HasSubstr("0123456789abcdef")));
}

TEST(RpcClient, sends_once_more_when_the_server_had_closed_a_kept_connection) {
    FakeServer server{[](const std::string& body, unsigned before) {
        return before == 1 ? std::string{} : answer(body, "\"result\":1");
    }};
    RpcClient node = client(server);
    EXPECT_TRUE(node.call("m"));
    EXPECT_TRUE(node.call("m"));
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(RpcClient, refuses_answers_that_are_none) {
    for (const std::string& bad :
         {std::string{}, std::string{"SSH-2.0-x\r\n\r\n"}, FakeServer::ok("<html>"),
          FakeServer::ok("{\"id\":999,\"result\":1}"), FakeServer::ok("[]"),
          FakeServer::ok("[{\"id\":1,\"result\":1},{\"id\":1,\"result\":1}]"),
          FakeServer::ok("{\"id\":null,\"result\":1}"),
          std::string{"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno"},
          std::string{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"}}) {
        FakeServer server{[&](const std::string&, unsigned) { return bad; }};
        RpcClient node = client(server);
        const auto result = node.call("m");
        ASSERT_FALSE(result) << bad;
        EXPECT_TRUE(result.error().code == ErrorCode::kUnavailable ||
                    result.error().code == ErrorCode::kMalformed)
            << bad;
        EXPECT_EQ(node.metrics().failures, 1U);
    }
}

TEST(RpcClient, ends_in_time_when_nothing_comes_and_when_it_is_cancelled) {
    std::atomic<bool> cancel = false;
    FakeServer silent{[](const std::string&, unsigned) {
        std::this_thread::sleep_for(600ms);
        return std::string{};
    }};
    RpcOptions options = quick();
    options.net.cancel = &cancel;
    RpcClient node = std::move(RpcClient::make(silent.url(), options).value());
    EXPECT_EQ(node.call("m").error().code, ErrorCode::kUnavailable);
    cancel = true;
    EXPECT_EQ(node.call("m").error().code, ErrorCode::kCancelled);
}

TEST(RpcClient, bounds_an_answer) {
    FakeServer server{[](const std::string&, unsigned) {
        return FakeServer::ok("\"" + std::string(100'000, 'x') + "\"");
    }};
    RpcOptions options = quick();
    options.net.max_body = 1000;
    RpcClient node = std::move(RpcClient::make(server.url(), options).value());
    EXPECT_EQ(node.call("m").error().code, ErrorCode::kLimit);
}

TEST(RpcClient, nobody_answers) {
    uint16_t port = 0;
    {
        port = FakeServer{[](const std::string&, unsigned) { return std::string{}; }}.port();
    }
    RpcClient node =
        std::move(RpcClient::make("http://127.0.0.1:" + std::to_string(port), quick()).value());
    const Error error = node.call("m").error();
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_THAT(error.message, HasSubstr("connecting"));
    EXPECT_EQ(RpcClient::make("nonsense").error().code, ErrorCode::kInvalidParam);
}

TEST(HttpClient, sends_user_info_as_authorization_and_refuses_line_ends) {
    FakeServer server{
        [](const std::string&, unsigned) { return FakeServer::ok("yes", "X-A: b\r\n"); }};
    Url url = parse_url(server.url()).value();
    url.user_info = "me:secret";
    HttpClient http = std::move(HttpClient::make(url).value());
    const HttpResponse answer = http.send({.body = "q"}).value();
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.header("x-a"), "b");
    EXPECT_EQ(answer.body, "yes");
    EXPECT_THAT(server.requests()[0], HasSubstr("Authorization: Basic bWU6c2VjcmV0"));
    EXPECT_EQ(http.send({.headers = {{"A", "b\r\nC: d"}}}).error().code, ErrorCode::kInvalidParam);
    EXPECT_FALSE(HttpClient::make(parse_url("ws://h").value()));
    EXPECT_FALSE(WebSocket::connect(parse_url("http://h").value()));
}

}  // namespace
}  // namespace cordon::net
