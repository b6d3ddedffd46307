// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_accounts.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

#include <pwd.h>
#include <sodium/utils.h>
#include <unistd.h>

#include <cordon/base/format.hpp>
#include <cordon/server/accounts.hpp>
#include <cordon/server/audit.hpp>
#include <cordon/tlog/key_file.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "serve_config.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cordon::cli {
namespace {

namespace json = boost::json;
using server::Role;
using server::Roles;

UnixMillis now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Of who types, as the machine knows him.
std::string user_name() {
    const struct passwd* entry = ::getpwuid(::getuid());
    return entry != nullptr && entry->pw_name != nullptr ? std::string{entry->pw_name}
                                                         : format("uid {}", ::getuid());
}

/// The accounts of a data folder.
struct Book {
    std::unique_ptr<records::AccountStore> store;
    std::unique_ptr<server::Accounts> accounts;

    std::string data;

    static Result<Book> open(const Args& args) {
        Book book;
        book.data = args.get("data");
        if (book.data.empty() && args.has("config")) {
            CORDON_TRY(const engine::ServeConfig config, config_of(args));
            book.data = config.data;
        }
        const std::string& data = book.data;
        if (data.empty())
            return fail(ErrorCode::kInvalidParam,
                        "--data DIR or --config FILE is missing: the server's folder");
        std::error_code ignored;
        std::filesystem::create_directories(data, ignored);  // What is wrong, the store says.
        CORDON_TRY(book.store, records::AccountStore::open(data + "/accounts.sqlite"));
        CORDON_TRY(book.accounts, server::Accounts::open(*book.store));
        return book;
    }

    /// `work`, and a deed of it for the server's audit log: a server that runs takes it within a
    /// second; where none runs it is written here, or (before the first start) by the first one.
    Status change(std::string_view what, std::string_view target,
                  const std::function<Status()>& work) const {
        CORDON_TRY(store->change({.time = now(),
                                  .who = user_name(),
                                  .what = std::string{what},
                                  .target = std::string{target}},
                                 work));
        // It is done, and kept: what does not work from here on the next start of the server does.
        if (const Status told = tell(); !told && told.error().code != ErrorCode::kLocked)
            std::fputs(format("cordon: warning: not yet in the audit log: {}\n",
                              printable(told.error().message))
                           .c_str(),
                       stderr);
        return {};
    }

private:
    Status tell() const {
        std::error_code ignored;
        if (!std::filesystem::exists(data + "/log", ignored)) return {};
        CORDON_TRY(tlog::SigningKey key,
                   tlog::open_log_key(data + "/log.key", data + "/log", "cordon-serve"));
        CORDON_TRY(const auto log, tlog::Log::open(data + "/log", std::move(key)));
        CORDON_TRY(server::log_deeds(*accounts, *log));
        CORDON_TRY(log->publish());
        return {};
    }
};

Result<Roles> roles_of(const Args& args) {
    Roles roles;
    for (const std::string& name : args.all("role")) {
        const auto role = server::parse_role(name);
        if (!role)
            return fail(ErrorCode::kInvalidParam,
                        format("--role {}: expected viewer, analyst, approver, operator or admin",
                               printable(name)));
        roles = roles.with(*role);
    }
    if (roles.empty())
        return fail(ErrorCode::kInvalidParam, "--role ROLE is missing; it may be there repeatedly");
    return roles;
}

json::array names_of(Roles roles) {
    json::array out;
    for (int i = 0; i < server::kRoleCount; ++i)
        if (const auto role = static_cast<Role>(i); roles.has(role))
            out.emplace_back(server::to_string(role));
    return out;
}
std::string text_of(Roles roles) {
    std::string out;
    for (const json::value& name : names_of(roles))
        out += (out.empty() ? "" : ", ") + std::string{name.as_string()};
    return out;
}

/// From a file of 0600, a terminal without echo, or the first line of standard input.
Result<std::string> new_password(const Args& args) {
    if (args.has("password-file") || can_ask())
        return passphrase_of(args.get("password-file"), true);
    std::string line;
    if (!std::getline(std::cin, line))
        return fail(ErrorCode::kInvalidParam,
                    "no password: type it at a terminal, or give it as the first line of standard "
                    "input or of --password-file");
    return line;
}

/// Calls `use` with the password, and wipes it.
template <typename Use>
Status with_password(const Args& args, Use use) {
    CORDON_TRY(std::string password, new_password(args));
    const Status done = use(password);
    sodium_memzero(password.data(), password.size());
    return done;
}

Result<std::string> name_of(const Args& args) {
    if (args.operands().size() == 3) return args.operands()[2];
    return fail(ErrorCode::kInvalidParam, "expected one NAME");
}

Result<int> done(const Session& session, std::string_view kind, json::object data,
                 std::string_view text) {
    CORDON_TRY(
        print(session.format == Format::kTable ? format("{}\n", text) : envelope(kind, data)));
    return kClean;
}

Result<int> list_users(const Book& book, const Session& session) {
    CORDON_TRY(const auto accounts, book.accounts->accounts());
    if (session.format == Format::kTable) {
        Table table{{{"NAME"}, {"ROLES"}, {"MADE"}, {"STATE"}}};
        for (const records::Account& account : accounts)
            table.add({account.name, text_of(Roles::of_bits(account.roles)),
                       format_rfc3339(account.made), account.disabled ? "disabled" : ""});
        CORDON_TRY(print(table.render(terminal_width())));
        return kClean;
    }
    json::array items;
    for (const records::Account& account : accounts)
        items.push_back(json::object{{"name", account.name},
                                     {"roles", names_of(Roles::of_bits(account.roles))},
                                     {"made", format_rfc3339(account.made)},
                                     {"disabled", account.disabled}});
    CORDON_TRY(print(envelope("account.list", json::object{{"items", std::move(items)}})));
    return kClean;
}

Result<int> list_tokens(const Book& book, const Session& session) {
    CORDON_TRY(const auto tokens, book.accounts->tokens());
    const auto expires = [](const records::AccessToken& token) {
        return token.expires ? format_rfc3339(*token.expires) : std::string{};
    };
    if (session.format == Format::kTable) {
        Table table{{{"NAME"}, {"ROLES"}, {"MADE"}, {"EXPIRES"}}};
        for (const records::AccessToken& token : tokens)
            table.add({token.name, text_of(Roles::of_bits(token.roles)), format_rfc3339(token.made),
                       expires(token)});
        CORDON_TRY(print(table.render(terminal_width())));
        return kClean;
    }
    json::array items;
    for (const records::AccessToken& token : tokens) {
        json::object item{{"name", token.name},
                          {"roles", names_of(Roles::of_bits(token.roles))},
                          {"made", format_rfc3339(token.made)},
                          {"expires", nullptr}};
        if (token.expires) item["expires"] = expires(token);
        items.push_back(std::move(item));
    }
    CORDON_TRY(print(envelope("token.list", json::object{{"items", std::move(items)}})));
    return kClean;
}

std::string deed_of(const Args& args) {
    return args.operands().size() > 1 ? args.operands()[1] : std::string{};
}

}  // namespace

std::vector<Flag> serve_account_flags() {
    return {{.name = "role",
             .value = "viewer|analyst|approver|operator|admin",
             .help = "Of a user or token",
             .many = true},
            {.name = "expires", .value = "TIME", .help = "When a token ends"},
            {.name = "password-file",
             .value = "FILE",
             .help = "Its first line is the password; mode 0600"}};
}

Result<int> run_serve_user(const Args& args, const Session& session) {
    const std::string deed = deed_of(args);
    CORDON_TRY(const Book book, Book::open(args));
    if (deed == "list") return list_users(book, session);
    CORDON_TRY(const std::string name, name_of(args));
    server::Accounts& accounts = *book.accounts;
    std::string_view what;
    if (deed == "add") {
        what = "is there";
        CORDON_TRY(const Roles roles, roles_of(args));
        CORDON_TRY(with_password(args, [&](std::string_view password) {
            return book.change("user add", name,
                               [&] { return accounts.put(name, password, roles, now()); });
        }));
    } else if (deed == "password") {
        what = "has another password; its sessions are over";
        CORDON_TRY(with_password(args, [&](std::string_view password) {
            return book.change("user password", name,
                               [&] { return accounts.set_password(name, password); });
        }));
    } else if (deed == "roles") {
        what = "has other roles";
        CORDON_TRY(const Roles roles, roles_of(args));
        CORDON_TRY(
            book.change("user roles", name, [&] { return accounts.set_roles(name, roles); }));
    } else if (deed == "disable") {
        what = "is disabled; its sessions are over";
        CORDON_TRY(book.change("user disable", name, [&] { return accounts.disable(name); }));
    } else if (deed == "enable") {
        what = "may log in again";
        CORDON_TRY(book.change("user enable", name, [&] { return accounts.enable(name); }));
    } else {
        return fail(ErrorCode::kInvalidParam,
                    "user: expected add, list, password, roles, disable or enable");
    }
    return done(session, "account", {{"name", name}}, format("{} {}", name, what));
}

Result<int> run_serve_token(const Args& args, const Session& session) {
    const std::string deed = deed_of(args);
    CORDON_TRY(const Book book, Book::open(args));
    if (deed == "list") return list_tokens(book, session);
    CORDON_TRY(const std::string name, name_of(args));
    if (deed == "new") {
        CORDON_TRY(const Roles roles, roles_of(args));
        std::optional<UnixMillis> expires;
        if (args.has("expires")) {
            CORDON_TRY(expires, parse_time(args.get("expires")));
        }
        std::string secret;
        CORDON_TRY(book.change("token new", name, [&]() -> Status {
            CORDON_TRY(secret, book.accounts->make_token(name, roles, expires, now()));
            return {};
        }));
        return done(session, "token", {{"name", name}, {"token", secret}}, secret);
    }
    if (deed == "revoke") {
        CORDON_TRY(
            book.change("token revoke", name, [&] { return book.accounts->revoke_token(name); }));
        return done(session, "token.revoked", {{"name", name}}, name + " is no token any more");
    }
    return fail(ErrorCode::kInvalidParam, "token: expected new, list or revoke");
}

}  // namespace cordon::cli
