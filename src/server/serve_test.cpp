// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <cordon/net/http.hpp>

#include "requests.hpp"

namespace cordon::server {
namespace {

namespace fs = std::filesystem;

class Serve : public testing::Test {
protected:
    fs::path folder = fs::path{testing::TempDir()} / ("serve-" + std::to_string(::getpid()));
    engine::ServeConfig config;
    std::vector<std::string> steps;

    void SetUp() override {
        fs::create_directories(folder);
        config.data = (folder / "data").string();
        config.ledger = config.data + "/ledger";
        config.port = 0;
    }
    void TearDown() override { fs::remove_all(folder); }

    Result<std::unique_ptr<Service>> start() {
        return Service::start(config,
                              {.version = "test",
                               .clock = [] { return from_unix_seconds(1'800'000'000); },
                               .step = [this](const std::string& step) { steps.push_back(step); }});
    }
    static unsigned status(const Service& service, const std::string& path,
                           const std::string& host = "") {
        const std::string url = "http://127.0.0.1:" + std::to_string(service.port());
        auto client = net::HttpClient::make(net::parse_url(url).value());
        net::HttpRequest request{.method = "GET", .target = path};
        if (!host.empty()) request.headers.emplace_back("Host", host);
        const auto answer = client->send(request);
        return answer ? answer->status : 0;
    }
};

TEST_F(Serve, starts_from_nothing_and_again_from_what_it_keeps) {
    for (int round = 0; round < 2; ++round) {
        const auto service = start();
        ASSERT_TRUE(service) << service.error().message;
        EXPECT_EQ(status(**service, "/readyz"), 200U);
        EXPECT_EQ(status(**service, "/"), 200U);
        EXPECT_EQ(status(**service, "/api/alerts"), 401U);
        EXPECT_EQ(status(**service, "/api/guard/withdrawals"), 404U);  // There is no gate.
        EXPECT_NE((*service)->entry_link().find("/#entry="), std::string::npos);
        (*service)->stop();
    }
    EXPECT_EQ(steps.front().substr(0, 4), "data");
    EXPECT_EQ(fs::status(config.data).permissions(), fs::perms::owner_all);
}

TEST_F(Serve, is_one_process_for_a_directory) {
    const auto service = start();
    ASSERT_TRUE(service);
    const auto second = start();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kLocked);
}

TEST_F(Serve, names_the_part_that_does_not_start) {
    config.guard.policy = (folder / "policy.yaml").string();
    std::ofstream{config.guard.policy} << "version: 1\nrules: [\n";
    const auto service = start();
    ASSERT_FALSE(service);
    EXPECT_NE(service.error().message.find("guard"), std::string::npos);
}

TEST_F(Serve, checks_without_starting) {
    config.watch.config = (folder / "nowhere.yaml").string();
    const auto checks = check_serve(config);
    const auto bad = std::find_if(checks.begin(), checks.end(), [](const auto& each) {
        return each.state == SystemFacts::Check::State::kBad;
    });
    ASSERT_NE(bad, checks.end());
    EXPECT_EQ(bad->name, "watch");
    EXPECT_FALSE(bad->fix.empty());
    EXPECT_FALSE(fs::exists(config.data));
}

TEST_F(Serve, asks_for_simulated_withdrawals_when_their_time_has_come) {
    const std::string path = (folder / "requests.jsonl").string();
    const auto line = [](const char* id, const char* time) {
        return std::string{R"({"id":")"} + id +
               R"(","chain":"eth","asset":"native","from":"0x1111111111111111111111111111111111111111",)"
               R"("to":"0x2222222222222222222222222222222222222222","amount":"1","requester":"a","time":")" +
               time + "\"}\n";
    };
    std::ofstream{path} << line("a", "2026-01-01T00:00:10Z") << "\n"
                        << line("b", "2026-01-01T00:00:20Z");
    const auto requests = SimulatedRequests::open(path);
    ASSERT_TRUE(requests) << requests.error().message;
    const UnixMillis ten = parse_time("2026-01-01T00:00:10Z").value();
    EXPECT_TRUE((*requests)->until(ten - std::chrono::seconds{1}).empty());
    EXPECT_EQ((*requests)->until(ten).size(), 1U);
    EXPECT_TRUE((*requests)->until(ten).empty());
    EXPECT_EQ((*requests)->until(ten + std::chrono::hours{1}).size(), 1U);
    std::ofstream{path} << line("a", "2026-01-01T00:00:20Z") << line("b", "2026-01-01T00:00:10Z");
    EXPECT_NE(SimulatedRequests::open(path).error().message.find(":2"), std::string::npos);
}

}  // namespace
}  // namespace cordon::server
