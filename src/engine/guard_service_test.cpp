// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_service.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include <cordon/guard/gate/test_world.hpp>
#include <cordon/net/http.hpp>
#include <cordon/wallet/request_json.hpp>

namespace cordon::engine {
namespace {

constexpr std::string_view kPolicy = R"(
version: 1
checks: {explain: off, screening: off, feed: off}
rules:
  - {id: known, when: "usd <= 1000", then: allow}
  - {id: middle, when: "usd > 100", then: hold}
limits:
  - {id: day, scope: wallet, window: 24h, usd: 500}
)";

const UnixMillis kNow = from_unix_seconds(1'700'000'000);

struct Served {
    guard::TestFolder folder;
    guard::TestWorld world;
    std::unique_ptr<guard::Gate> gate;
    std::unique_ptr<GuardService> service;

    explicit Served(std::string_view policy = kPolicy, net::ServerOptions options = {}) {
        world.wallets[guard::test_address(1)] = "hot";
        options.threads = 64;
        auto opened = guard::Gate::open(folder / "gate", guard::test_key(), policy, world);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        if (!opened) return;
        gate = *std::move(opened);
        auto started = GuardService::start(
            *gate, {.server = std::move(options), .clock = [] { return kNow; }});
        EXPECT_TRUE(started) << (started ? "" : started.error().message);
        if (started) service = *std::move(started);
    }
    ~Served() { service.reset(); }

    net::HttpResponse ask(std::string method, std::string target, std::string body = {},
                          std::vector<std::pair<std::string, std::string>> headers = {}) const {
        const std::string url = "http://127.0.0.1:" + std::to_string(service->port()) + "/";
        auto client = net::HttpClient::make(net::parse_url(url).value());
        EXPECT_TRUE(client);
        auto answer = client->send(
            {std::move(method), std::move(target), std::move(headers), std::move(body)});
        EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
        return answer ? *std::move(answer) : net::HttpResponse{};
    }
    net::HttpResponse withdraw(const std::string& id, uint64_t amount) const {
        return ask("POST", "/v1/withdrawals",
                   wallet::format_request(guard::test_request(id, amount)));
    }
};

bool says(const net::HttpResponse& answer, std::string_view text) {
    return answer.body.find(text) != std::string::npos;
}

TEST(GuardService, answers_as_the_gate_does_and_the_same_again) {
    const Served served;
    const auto allowed = served.withdraw("wd-1", 50);
    EXPECT_EQ(allowed.status, 200u);
    EXPECT_TRUE(says(allowed, R"("verdict":"allow")")) << allowed.body;
    EXPECT_EQ(served.withdraw("wd-1", 50).body, allowed.body);
    const auto held = served.withdraw("wd-2", 400);
    EXPECT_TRUE(says(held, R"("verdict":"hold")")) << held.body;
    EXPECT_TRUE(says(served.withdraw("wd-3", 5'000), R"("verdict":"deny")"));

    const auto conflict = served.withdraw("wd-1", 51);
    EXPECT_EQ(conflict.status, 409u);
    EXPECT_FALSE(says(conflict, "allow"));

    EXPECT_TRUE(says(served.ask("GET", "/v1/withdrawals/wd-2"), "wd-2"));
    EXPECT_EQ(served.ask("GET", "/v1/withdrawals/none").status, 404u);
    const auto pending = served.ask("GET", "/v1/pending");
    EXPECT_TRUE(says(pending, "wd-2"));
    EXPECT_FALSE(says(pending, "wd-1"));
    EXPECT_TRUE(
        says(served.ask("GET", "/metrics"), "cordon_guard_verdicts_total{verdict=\"allow\"} 2\n"));
}

TEST(GuardService, never_lets_through_what_it_cannot_read_or_judge) {
    Served served;
    for (const std::string bad : {"", "{", "[]", "null", "{\"id\":\"x\"}", "\xff"}) {
        const auto answer = served.ask("POST", "/v1/withdrawals", bad);
        EXPECT_EQ(answer.status, 400u) << bad;
        EXPECT_FALSE(says(answer, "allow"));
    }
    EXPECT_EQ(served.ask("POST", "/v1/statements", "{}").status, 400u);
    // Two amounts in one request: whoever checks it could read the other one. No conflict (409),
    // which a caller could take for a withdrawal that is asked for already.
    const std::string good = wallet::format_request(guard::test_request("wd-8", 50));
    for (const std::string& twice : {good.substr(0, good.size() - 1) + R"(,"amount":"5000"})",
                                     good.substr(0, good.size() - 1) + R"(,"\u0074o":"0x00"})"}) {
        const auto answer = served.ask("POST", "/v1/withdrawals", twice);
        EXPECT_EQ(answer.status, 400u) << twice;
        EXPECT_TRUE(says(answer, "twice")) << answer.body;
    }
    EXPECT_EQ(served.ask("GET", "/v1/withdrawals/wd-8").status, 404u);
    EXPECT_EQ(served.ask("POST", "/v1/statements", R"({"text":"a","text":"b","sig":"c"})").status,
              400u);
    EXPECT_EQ(served.ask("POST", "/v1/withdrawals", std::string((1 << 20) + 1, 'x')).status, 413u);
    served.world.failing = true;
    const auto blind = served.withdraw("wd-9", 50);
    EXPECT_EQ(blind.status, 200u);
    EXPECT_FALSE(says(blind, R"("verdict":"allow")")) << blind.body;
}

TEST(GuardService, listens_to_no_page_of_a_browser) {
    const Served served;
    const std::string body = wallet::format_request(guard::test_request("wd-1", 50));
    EXPECT_EQ(
        served.ask("POST", "/v1/withdrawals", body, {{"Origin", "http://evil.example"}}).status,
        403u);
    EXPECT_EQ(served.ask("GET", "/v1/withdrawals/wd-1").status, 404u);
}

TEST(GuardService, wants_tokens_where_others_can_reach_it) {
    guard::TestFolder folder;
    guard::TestWorld world;
    auto gate = guard::Gate::open(folder / "gate", guard::test_key(), kPolicy, world);
    ASSERT_TRUE(gate);
    net::ServerOptions options;
    options.address = "0.0.0.0";
    const auto refused = GuardService::start(**gate, {.server = options, .clock = {}});
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidParam);
}

TEST(GuardService, passes_exactly_the_limit_to_64_at_once) {
    const Served served;
    std::atomic<unsigned> allowed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 64; ++t)
        threads.emplace_back([&, t] {
            if (says(served.withdraw("wd-" + std::to_string(t), 50), R"("verdict":"allow")"))
                ++allowed;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(allowed, 10u);  // 500 USD a day, 50 each.
}

}  // namespace
}  // namespace cordon::engine
