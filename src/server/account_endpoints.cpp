// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include <sodium/utils.h>

#include <cordon/base/check.hpp>

#include "groups.hpp"
#include "origin.hpp"

namespace cordon::server {

namespace json = boost::json;

namespace {

std::string_view text_of(const json::value& value) {
    return {value.get_string().data(), value.get_string().size()};
}

Schema name_schema() { return Schema::text(64, "Of an account or token.", "[A-Za-z0-9._@-]+"); }
Schema password_schema() { return Schema::text(1024, "12 characters at least."); }
Schema roles_schema() {
    std::vector<std::string> names;
    for (int i = 0; i < kRoleCount; ++i) names.emplace_back(to_string(static_cast<Role>(i)));
    return Schema::array(Schema::choice(std::move(names)), kRoleCount, "One at least.");
}

json::array json_of(Roles roles) {
    json::array out;
    for (int i = 0; i < kRoleCount; ++i)
        if (const auto role = static_cast<Role>(i); roles.has(role))
            out.emplace_back(to_string(role));
    return out;
}

/// REQUIRES: roles_schema() fits.
Roles roles_of(const json::value& value) {
    Roles roles;
    for (const json::value& name : value.get_array()) {
        const auto role = parse_role(text_of(name));
        CORDON_CHECK(role.has_value());
        roles = roles.with(*role);
    }
    return roles;
}

json::object json_of(const records::Account& account) {
    return {{"name", account.name},
            {"roles", json_of(Roles::of_bits(account.roles))},
            {"made", format_rfc3339(account.made)},
            {"disabled", account.disabled}};
}

json::object json_of(const records::AccessToken& token) {
    json::object out{{"name", token.name},
                     {"roles", json_of(Roles::of_bits(token.roles))},
                     {"made", format_rfc3339(token.made)},
                     {"expires", nullptr}};
    if (token.expires) out["expires"] = format_rfc3339(*token.expires);
    return out;
}

json::object json_of(const Caller& caller, std::string_view csrf) {
    json::array may;
    for (const Permission permission :
         {Permission::kRead, Permission::kInvestigate, Permission::kApprove, Permission::kOperate,
          Permission::kAdminister})
        if (caller.roles.may(permission)) may.emplace_back(to_string(permission));
    return {{"name", caller.name},
            {"roles", json_of(caller.roles)},
            {"may", std::move(may)},
            {"csrf", csrf}};
}

Schema session_answer() {
    return Schema::object(
        {required("name", Schema::text(64)), required("roles", roles_schema()),
         required("may", Schema::array(Schema::text(16), 5, "read, investigate, approve, ...")),
         required("csrf", Schema::text(64, "For X-Cordon-CSRF; empty for a token."))});
}
Schema account_answer() {
    return Schema::object({required("name", name_schema()), required("roles", roles_schema()),
                           required("made", Schema::time()),
                           required("disabled", Schema::boolean())});
}
Schema token_answer() {
    return Schema::object({required("name", name_schema()), required("roles", roles_schema()),
                           required("made", Schema::time()),
                           required("expires", Schema::or_null(Schema::time())),
                           optional("token", Schema::text(64, "The secret: told this once."))});
}
Schema list_of(Schema item) {
    return Schema::object(
        {required("items", Schema::array(std::move(item), 100'000)),
         required("next", Schema::or_null(Schema::text(256, "For ?cursor=; null at the end.")))});
}

Result<Answer> log_in(Accounts& accounts, const Call& call) {
    const json::object& body = call.body.as_object();
    const json::value* entry = body.if_contains("entry");
    const json::value* name = body.if_contains("name");
    const json::value* password = body.if_contains("password");
    if ((entry != nullptr) == (name != nullptr) || (name == nullptr) != (password == nullptr))
        return fail(ErrorCode::kInvalidParam, "expected name and password, or entry");
    // Such a link was printed on this machine's terminal for a browser of this machine.
    if (entry != nullptr && !is_from_loopback(call.http))
        return fail(ErrorCode::kPermission, "this link works on the server's own machine only");
    CORDON_TRY(const NewSession session,
               entry != nullptr ? accounts.enter(text_of(*entry), call.now)
                                : accounts.login(text_of(*name), text_of(*password), call.now));
    // One browser, one session: the one before is over.
    accounts.logout(session_cookie(call.http, call.secure));
    return Data{.data = json_of(session.caller, session.csrf),
                .status = 201,
                .cookie = set_session_cookie(session.cookie, call.secure)};
}

Result<Answer> show_session(Accounts& accounts, const Call& call) {
    std::string csrf;
    if (!call.caller.by_token)
        if (const auto session = accounts.session(session_cookie(call.http, call.secure), call.now))
            csrf = session->csrf;
    return Data{.data = json_of(call.caller, csrf)};
}

Result<Answer> log_out(Accounts& accounts, const Call& call) {
    accounts.logout(session_cookie(call.http, call.secure));
    return Data{.data = json::object{}, .cookie = set_session_cookie("", call.secure)};
}

Result<json::object> account_named(const Accounts& accounts, std::string_view name) {
    CORDON_TRY(const auto all, accounts.accounts());
    for (const records::Account& account : all)
        if (account.name == name) return json_of(account);
    return fail(ErrorCode::kNotFound, "there is no account of this name");
}

Result<Answer> make_account(Accounts& accounts, const Call& call) {
    const json::object& body = call.body.as_object();
    const std::string_view name = text_of(body.at("name"));
    CORDON_TRY(
        accounts.put(name, text_of(body.at("password")), roles_of(body.at("roles")), call.now));
    CORDON_TRY(json::object made, account_named(accounts, name));
    return Data{.data = std::move(made), .status = 201};
}

Result<Answer> change_account(Accounts& accounts, const Call& call) {
    const json::object& body = call.body.as_object();
    const std::string& name = call.path.at("name");
    // Rights go before they come, so that a failure in between leaves less, not more.
    const json::value* disabled = body.if_contains("disabled");
    if (disabled != nullptr && disabled->get_bool()) CORDON_TRY(accounts.disable(name));
    if (const json::value* roles = body.if_contains("roles"))
        CORDON_TRY(accounts.set_roles(name, roles_of(*roles)));
    if (const json::value* password = body.if_contains("password"))
        CORDON_TRY(accounts.set_password(name, text_of(*password)));
    if (disabled != nullptr && !disabled->get_bool()) CORDON_TRY(accounts.enable(name));
    CORDON_TRY(json::object changed, account_named(accounts, name));
    return Data{.data = std::move(changed)};
}

Result<Answer> make_token(Accounts& accounts, const Call& call) {
    const json::object& body = call.body.as_object();
    std::optional<UnixMillis> expires;
    if (const json::value* time = body.if_contains("expires")) {
        CORDON_TRY(expires, parse_time(text_of(*time)));
    }
    const std::string_view name = text_of(body.at("name"));
    const Roles roles = roles_of(body.at("roles"));
    CORDON_TRY(std::string secret, accounts.make_token(name, roles, expires, call.now));
    json::object out = json_of(records::AccessToken{.name = std::string{name},
                                                    .digest = {},
                                                    .roles = roles.bits(),
                                                    .made = call.now,
                                                    .expires = expires});
    out["token"] = secret;
    sodium_memzero(secret.data(), secret.size());
    return Data{.data = std::move(out), .status = 201};
}

/// Accounts and tokens are few: one page.
template <typename Row>
Result<Answer> list(const Result<std::vector<Row>>& rows) {
    if (!rows) return fail(rows.error());
    json::array items;
    for (const Row& row : *rows) items.push_back(json_of(row));
    return Data{.data = page(std::move(items), std::nullopt)};
}

}  // namespace

std::vector<Endpoint> account_endpoints(Accounts& accounts) {
    std::vector<Endpoint> out;
    out.push_back({.method = "POST",
                   .path = "/api/session",
                   .id = "logIn",
                   .tag = "accounts",
                   .summary = "Opens a session by name and password, or by a link of the server.",
                   .kind = "session",
                   .permission = std::nullopt,
                   .body = Schema::object({optional("name", Schema::text(64)),
                                           optional("password", password_schema()),
                                           optional("entry", Schema::text(64))}),
                   .answer = session_answer(),
                   .max_body = 8 * 1024,
                   .changes = true,
                   .secret_body = true,
                   .handler = [&](const Call& call) { return log_in(accounts, call); }});
    out.push_back({.method = "GET",
                   .path = "/api/session",
                   .id = "getSession",
                   .tag = "accounts",
                   .summary = "Who I am and what I may.",
                   .kind = "session",
                   .answer = session_answer(),
                   .handler = [&](const Call& call) { return show_session(accounts, call); }});
    out.push_back({.method = "DELETE",
                   .path = "/api/session",
                   .id = "logOut",
                   .tag = "accounts",
                   .summary = "Ends the session.",
                   .kind = "session.ended",
                   .changes = true,
                   .handler = [&](const Call& call) { return log_out(accounts, call); }});
    out.push_back({.method = "GET",
                   .path = "/api/accounts",
                   .id = "listAccounts",
                   .tag = "accounts",
                   .summary = "Accounts of people.",
                   .kind = "account.list",
                   .permission = Permission::kAdminister,
                   .answer = list_of(account_answer()),
                   .handler = [&](const Call&) { return list(accounts.accounts()); }});
    out.push_back({.method = "POST",
                   .path = "/api/accounts",
                   .id = "makeAccount",
                   .tag = "accounts",
                   .summary = "A new account.",
                   .kind = "account",
                   .permission = Permission::kAdminister,
                   .body = Schema::object({required("name", name_schema()),
                                           required("password", password_schema()),
                                           required("roles", roles_schema())}),
                   .answer = account_answer(),
                   .max_body = 8 * 1024,
                   .changes = true,
                   .secret_body = true,
                   .handler = [&](const Call& call) { return make_account(accounts, call); }});
    out.push_back({.method = "PATCH",
                   .path = "/api/accounts/{name}",
                   .id = "changeAccount",
                   .tag = "accounts",
                   .summary = "Other roles, another password, disabled or not.",
                   .kind = "account",
                   .permission = Permission::kAdminister,
                   .body = Schema::object({optional("roles", roles_schema()),
                                           optional("disabled", Schema::boolean()),
                                           optional("password", password_schema())}),
                   .answer = account_answer(),
                   .max_body = 8 * 1024,
                   .changes = true,
                   .secret_body = true,
                   .handler = [&](const Call& call) { return change_account(accounts, call); }});
    out.push_back({.method = "GET",
                   .path = "/api/tokens",
                   .id = "listTokens",
                   .tag = "accounts",
                   .summary = "Tokens of programs, without their secrets.",
                   .kind = "token.list",
                   .permission = Permission::kAdminister,
                   .answer = list_of(token_answer()),
                   .handler = [&](const Call&) { return list(accounts.tokens()); }});
    out.push_back(
        {.method = "POST",
         .path = "/api/tokens",
         .id = "makeToken",
         .tag = "accounts",
         .summary = "A new token; its secret is told this once.",
         .kind = "token",
         .permission = Permission::kAdminister,
         .body = Schema::object({required("name", name_schema()), required("roles", roles_schema()),
                                 optional("expires", Schema::time())}),
         .answer = token_answer(),
         .max_body = 8 * 1024,
         .changes = true,
         .handler = [&](const Call& call) { return make_token(accounts, call); }});
    out.push_back({.method = "DELETE",
                   .path = "/api/tokens/{name}",
                   .id = "revokeToken",
                   .tag = "accounts",
                   .summary = "Ends a token.",
                   .kind = "token.revoked",
                   .permission = Permission::kAdminister,
                   .changes = true,
                   .handler = [&](const Call& call) -> Result<Answer> {
                       CORDON_TRY(accounts.revoke_token(call.path.at("name")));
                       return Data{.data = json::object{}};
                   }});
    return out;
}

}  // namespace cordon::server
