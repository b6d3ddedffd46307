// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include <cordon/base/fault_disk.hpp>
#include <cordon/net/http_server.hpp>
#include <cordon/tlog/log.hpp>

#include "accounts.hpp"
#include "api.hpp"
#include "groups.hpp"

/// For tests: an API with accounts and a log in a folder of their own, asked without sockets.
namespace cordon::server {

inline constexpr std::string_view kTestPassword = "correct horse battery";

class TestServer {
public:
    /// `more` are put beside the endpoints of sessions, system and audit. The log's disk is full at
    /// this write.
    explicit TestServer(std::vector<Endpoint> more = {}, ApiOptions options = {},
                        uint64_t full_at = UINT64_MAX)
        : disk{FaultDisk::Fault::kNoSpace, full_at, 1} {
        std::string pattern = (std::filesystem::temp_directory_path() / "server-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        store = records::AccountStore::open(folder + "/accounts.sqlite").value();
        accounts = Accounts::open(*store).value();
        log =
            tlog::Log::open(folder + "/log",
                            tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog).value(),
                            {.disk = &disk})
                .value();
        options.version = "1.2.3";
        options.clock = [this] { return now; };
        options.audit = log.get();
        options.log = [this](const std::string& line) { said.push_back(line); };
        std::vector<Endpoint> all = account_endpoints(*accounts);
        for (std::vector<Endpoint> part : {system_endpoints(facts()), audit_endpoints(*log),
                                           event_endpoints(nullptr), std::move(more)})
            for (Endpoint& endpoint : part) all.push_back(std::move(endpoint));
        auto made = Api::make(std::move(all), *accounts, std::move(options));
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        api = *std::move(made);
        routes = api->routes();
    }
    ~TestServer() {
        log.reset();
        std::filesystem::remove_all(folder);
    }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    SystemFacts facts() {
        return {.version = "1.2.3",
                .name = "Test",
                .log_key = "test-log+0+AA",
                .parts = {"watch"},
                .chains = [] { return std::vector<SystemFacts::ChainTip>{{kEthereum, 7, {}}}; },
                .ready = [this] { return is_ready; },
                .doctor =
                    [this] {
                        ++doctor_asked;
                        return checks;
                    },
                .metrics = [] { return std::string{"more 1\n"}; }};
    }

    /// As a browser of this console on loopback, or a program, would send it.
    net::ServerRequest request(std::string method, std::string target, std::string body = {}) {
        const std::size_t question = std::min(target.find('?'), target.size());
        net::ServerRequest out{.method = std::move(method),
                               .path = target.substr(0, question),
                               .query = target.substr(std::min(question + 1, target.size())),
                               .headers = {{"Host", "127.0.0.1:8100"}},
                               .body = std::move(body),
                               .id = "request-1",
                               .peer = "127.0.0.1"};
        if (!out.body.empty()) out.headers.emplace_back("Content-Type", "application/json");
        return out;
    }
    net::ServerResponse send(net::ServerRequest asked) {
        auto found = routes.find(asked.method, asked.path);
        if (found.route == nullptr)
            return net::problem(found.allowed.empty() ? 404 : 405, "not-found", "");
        asked.params = std::move(found.params);
        return found.route->handler(asked);
    }
    net::ServerResponse as_token(Roles roles, std::string method, std::string target,
                                 std::string body = {}) {
        return send(
            with_token(roles, request(std::move(method), std::move(target), std::move(body))));
    }
    net::ServerRequest with_token(Roles roles, net::ServerRequest asked) {
        std::string& secret = tokens_[roles.bits()];
        if (secret.empty())
            secret =
                accounts->make_token("t" + std::to_string(roles.bits()), roles, {}, now).value();
        asked.headers.emplace_back("Authorization", "Bearer " + secret);
        return asked;
    }
    /// A session of an account with these roles, with everything that a change needs.
    net::ServerRequest with_session(Roles roles, net::ServerRequest asked) {
        std::optional<NewSession>& session = sessions_[roles.bits()];
        if (!session)
            session =
                accounts
                    ->enter(accounts->make_entry(
                                Caller{.name = "s" + std::to_string(roles.bits()), .roles = roles},
                                now),
                            now)
                    .value();
        asked.headers.emplace_back("Cookie", "cordon=" + session->cookie);
        asked.headers.emplace_back("Origin", "http://127.0.0.1:8100");
        asked.headers.emplace_back("X-Cordon-CSRF", session->csrf);
        return asked;
    }
    static boost::json::value json(const net::ServerResponse& response) {
        boost::system::error_code error;
        boost::json::value out = boost::json::parse(response.body, error);
        EXPECT_FALSE(error) << response.body;
        return out;
    }
    static boost::json::value data(const net::ServerResponse& response) {
        EXPECT_LT(response.status, 300U) << response.body;
        return json(response).at("data");
    }
    static std::string header(const net::ServerResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers)
            if (key == name) return value;
        return {};
    }
    std::vector<std::string> entries() const {
        std::vector<std::string> out;
        EXPECT_TRUE(log->read(0, UINT64_MAX, [&](uint64_t, std::string_view entry) -> Status {
            out.emplace_back(entry);
            return {};
        }));
        return out;
    }

    UnixMillis now = from_unix_seconds(1'700'000'000);
    std::vector<SystemFacts::Check> checks;
    bool is_ready = true;
    int doctor_asked = 0;
    std::vector<std::string> said;  ///< Lines of the server's own log.
    std::string folder;
    std::unique_ptr<records::AccountStore> store;
    std::unique_ptr<Accounts> accounts;
    FaultDisk disk;
    std::unique_ptr<tlog::Log> log;
    std::unique_ptr<Api> api;
    net::Routes routes;

private:
    std::map<uint8_t, std::string> tokens_;
    std::map<uint8_t, std::optional<NewSession>> sessions_;
};

}  // namespace cordon::server
