// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every call as everybody: what the table of permissions says is what happens, also for calls that
// nobody thought of when they were added.
#include <gmock/gmock.h>

#include <cordon/base/format.hpp>

#include "openapi.hpp"
#include "test_server.hpp"

namespace cordon::server {
namespace {

/// Calls without a permission, on purpose. Whoever adds one says so here.
const std::set<std::string> kOpen{"getHealth", "getReadiness", "getOpenApi", "logIn"};

/// What each role may, written a second time, by hand: the table of role.cpp is what is tested.
bool is_allowed(Role role, Permission permission) {
    switch (permission) {
        case Permission::kRead: return true;
        case Permission::kInvestigate: return role == Role::kAnalyst;
        case Permission::kApprove: return role == Role::kApprover;
        case Permission::kOperate: return role == Role::kOperator;
        case Permission::kAdminister: return role == Role::kAdmin;
    }
    return false;
}

std::string filled(std::string path) {
    for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{'))
        path.replace(open, path.find('}') - open + 1, "x");
    return path;
}

TEST(Matrix, every_call_as_everybody) {
    TestServer server{{}, {.rate = 1e6, .burst = 1e6, .login_rate = 1e6, .login_burst = 1e6}};
    const auto asked = [&](const Endpoint& endpoint) {
        return server.request(endpoint.method, filled(endpoint.path), endpoint.body ? "{}" : "");
    };
    std::size_t tried = 0;
    for (const Endpoint& endpoint : server.api->endpoints()) {
        SCOPED_TRACE(endpoint.method + " " + endpoint.path);
        const auto status = [&](net::ServerRequest request) {
            ++tried;
            return server.send(std::move(request)).status;
        };
        // What the checks of who may do what say; behind them a handler may say anything else.
        const auto passes = [](unsigned code) { return code != 401 && code != 403 && code != 421; };
        const auto nobody = status(asked(endpoint));
        if (!endpoint.permission) {
            EXPECT_TRUE(kOpen.contains(endpoint.id)) << "open, and nobody said so";
            EXPECT_TRUE(passes(nobody)) << nobody;
        } else {
            EXPECT_EQ(nobody, 401U);
            auto bad = asked(endpoint);
            bad.headers.emplace_back("Authorization", "Bearer " + std::string(64, 'a'));
            EXPECT_EQ(status(bad), 401U);
            bad = asked(endpoint);
            bad.headers.emplace_back("Cookie", "cordon=" + std::string(64, 'a'));
            EXPECT_EQ(status(bad), 401U);
        }
        for (int i = 0; i < kRoleCount; ++i) {
            const auto role = static_cast<Role>(i);
            const bool may = !endpoint.permission || is_allowed(role, *endpoint.permission);
            const Roles roles = Roles{}.with(role);
            SCOPED_TRACE(to_string(role));
            if (endpoint.id == "logOut") continue;  // Would end the session of the next ones.
            EXPECT_EQ(passes(status(server.with_token(roles, asked(endpoint)))), may);
            EXPECT_EQ(passes(status(server.with_session(roles, asked(endpoint)))), may);
            auto foreign = server.with_session(roles, asked(endpoint));
            for (auto& [name, value] : foreign.headers)
                if (name == "Origin") value = "https://evil.example";
            EXPECT_EQ(status(foreign), 403U);
            auto rebound = server.with_session(roles, asked(endpoint));
            rebound.headers[0].second = "evil.example";
            // Open calls that change nothing answer probes by whatever name; a page there has no
            // cookie of ours, and what it says as its Origin is not us.
            EXPECT_EQ(status(rebound), !endpoint.permission && !endpoint.changes ? 403U : 421U);
            auto forged = server.with_session(roles, asked(endpoint));
            std::erase_if(forged.headers, [](const auto& h) { return h.first == "X-Cordon-CSRF"; });
            EXPECT_EQ(status(forged) == 403,
                      !may || (endpoint.changes && endpoint.permission.has_value()));
        }
    }
    EXPECT_GT(tried, 17U * 20);
}

TEST(Matrix, roles_have_names) {
    for (int i = 0; i < kRoleCount; ++i) {
        const auto role = static_cast<Role>(i);
        EXPECT_EQ(parse_role(to_string(role)), role);
        for (const Permission permission :
             {Permission::kRead, Permission::kInvestigate, Permission::kApprove,
              Permission::kOperate, Permission::kAdminister}) {
            EXPECT_EQ(Roles{}.with(role).may(permission), is_allowed(role, permission));
            EXPECT_FALSE(Roles{}.may(permission));
        }
    }
    EXPECT_EQ(parse_role("Admin"), std::nullopt);
    EXPECT_EQ(Roles::of_bits(0xff).bits(), (1U << kRoleCount) - 1);
}

TEST(Matrix, the_document_has_every_call) {
    TestServer server;
    const auto document = server.api->openapi();
    std::size_t operations = 0;
    for (const auto& [path, methods] : document.at("paths").as_object())
        operations += methods.as_object().size();
    EXPECT_EQ(operations, server.api->endpoints().size());
    for (const Endpoint& endpoint : server.api->endpoints()) {
        SCOPED_TRACE(endpoint.id);
        std::string method = endpoint.method;
        for (char& c : method) c = static_cast<char>(c | 0x20);
        const auto& operation = document.at("paths").at(endpoint.path).at(method).as_object();
        EXPECT_EQ(operation.at("operationId"), boost::json::value(endpoint.id));
        EXPECT_EQ(operation.contains("requestBody"), endpoint.body.has_value());
        EXPECT_EQ(operation.at("security").as_array().empty(), !endpoint.permission);
        EXPECT_FALSE(endpoint.summary.empty());
        EXPECT_TRUE(endpoint.kind.empty() || endpoint.answer || endpoint.changes);
    }
}

}  // namespace
}  // namespace cordon::server
