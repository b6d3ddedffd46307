// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/records/account_store.hpp>

#include "endpoint.hpp"
#include "role.hpp"

namespace cordon::server {

struct AccountOptions {
    std::chrono::seconds session_idle{std::chrono::hours{1}};  ///< Without a request.
    std::chrono::seconds session_whole{std::chrono::hours{12}};
    std::chrono::seconds enter_valid{std::chrono::minutes{10}};  ///< Of a link of make_entry().
};

/// A session as the browser gets it.
struct NewSession {
    std::string cookie;  ///< 256 random bits, hex: __Host-cordon (cordon on plain http).
    std::string csrf;    ///< What X-Cordon-CSRF must say on every change.
    Caller caller;
};

/// Accounts of people, their sessions, and tokens of programs. Secrets are kept as digests
/// (passwords argon2id, the rest SHA-256) and compared in constant time. What another process
/// changes in the store (`cordon serve user`) holds from the next call on.
///
/// Thread safety: all calls.
class Accounts {
public:
    /// `store` must outlive it.
    static Result<std::unique_ptr<Accounts>> open(records::AccountStore& store,
                                                  AccountOptions options = {});
    ~Accounts();

    /// kPermission, the same words and the same time for an unknown name, a wrong password and an
    /// account that was disabled. Cost: argon2id, some 50 ms and 64 MiB; four at a time.
    Result<NewSession> login(std::string_view name, std::string_view password, UnixMillis now);
    void logout(std::string_view cookie);
    /// A word that opens one session once, for the link that `cordon serve` prints on its own
    /// terminal: loopback only.
    std::string make_entry(const Caller& caller, UnixMillis now);
    Result<NewSession> enter(std::string_view word, UnixMillis now);

    struct Session {
        Caller caller;
        std::string csrf;
    };
    std::optional<Session> session(std::string_view cookie, UnixMillis now);
    /// From an Authorization header.
    std::optional<Caller> bearer(std::string_view authorization, UnixMillis now);
    /// For who listens to a stream, with a cookie or an Authorization header: what he may now;
    /// none: the session or token is over. Listening is use: a screen that only shows does not go
    /// dark after `session_idle`, but after `session_whole`. Cheap: what another process changes in
    /// the store holds after a second.
    std::optional<Roles> listens(std::string_view secret, bool by_token, UnixMillis now);

    /// A new account. kInvalidParam: a name that is no word, a password of less than 12 characters,
    /// no role. kDuplicate: there is one.
    Status put(std::string_view name, std::string_view password, Roles roles, UnixMillis now);
    // kNotFound. kPermission: of the last admin. All hold for sessions that are open.
    Status set_roles(std::string_view name, Roles roles);
    Status set_password(std::string_view name, std::string_view password);  ///< Ends its sessions.
    Status disable(std::string_view name);                                  ///< Ends its sessions.
    Status enable(std::string_view name);
    /// The token, told this once. kDuplicate: there is one of this name.
    Result<std::string> make_token(std::string_view name, Roles roles,
                                   std::optional<UnixMillis> expires, UnixMillis now);
    Status revoke_token(std::string_view name);
    Result<std::vector<records::Account>> accounts() const;
    Result<std::vector<records::AccessToken>> tokens() const;
    std::size_t sessions() const;
    // What was done at the terminal and is not in the log yet (log_deeds).
    Result<std::vector<records::AccountDeed>> deeds() const;
    Status end_deed(int64_t number);

private:
    struct Impl;
    explicit Accounts(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::server
