// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "accounts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include <sodium/core.h>
#include <sodium/randombytes.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/password.hpp>

namespace cordon::server {

using records::AccessToken;
using records::Account;

namespace {

/// 256 random bits.
std::string new_secret() {
    std::array<uint8_t, 32> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex(bytes);
}

Hash256 digest_of(std::string_view secret) {
    return crypto::sha256({reinterpret_cast<const uint8_t*>(secret.data()), secret.size()});
}

Status check_name(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
    if (!name.empty() && name.size() <= kLongest &&
        name.find_first_not_of(kLetters) == std::string_view::npos)
        return {};
    return fail(ErrorCode::kInvalidParam,
                "/name: expected 1 to 64 letters, digits and any of . _ @ -");
}

Status check_password(std::string_view password) {
    // NIST SP 800-63B asks for 8 at least; 12 is what its fourth revision and OWASP moved towards
    // for a single factor. The upper bound keeps hashing cheap.
    constexpr std::size_t kShortest = 12, kMostBytes = 1024;
    std::size_t characters = 0;
    for (std::string_view left = password; !left.empty(); ++characters)
        left.remove_prefix(std::max<std::size_t>(utf8_length(left), 1));
    if (characters >= kShortest && password.size() <= kMostBytes) return {};
    return fail(ErrorCode::kInvalidParam, "/password: expected 12 characters at least");
}

Status check_roles(Roles roles) {
    return roles.empty() ? fail(ErrorCode::kInvalidParam, "/roles: expected one role at least")
                         : Status{};
}

tl::unexpected<Error> unknown_account() {
    return fail(ErrorCode::kNotFound, "there is no account of this name");
}

}  // namespace

struct Accounts::Impl {
    Impl(records::AccountStore& where, AccountOptions wanted) : store{where}, options{wanted} {}

    records::AccountStore& store;
    const AccountOptions options;

    struct Open {
        Caller caller;
        std::string csrf;
        UnixMillis made, used;
        /// The account's password as it was; none: opened by an entry, which stands by itself.
        std::optional<std::string> password;
    };
    struct Entry {
        Caller caller;
        UnixMillis until;
    };

    mutable std::mutex mutex;
    std::map<Hash256, Open> sessions;  // By the digest of the cookie.
    std::map<Hash256, Entry> entries;  // By the digest of the word.
    std::map<std::string, Account, std::less<>>
        accounts;  // As they are in the store, of `version`.
    std::map<Hash256, AccessToken> tokens;
    std::optional<int64_t> version;
    std::optional<std::chrono::steady_clock::time_point> looked;  // By listens().

    // All below with the mutex held.

    /// Reads the store again when somebody has changed it.
    Status refresh() {
        CORDON_TRY(const int64_t now, store.version());
        if (version == now) return {};
        CORDON_TRY(std::vector<Account> people, store.accounts());
        CORDON_TRY(std::vector<AccessToken> programs, store.tokens());
        accounts.clear();
        tokens.clear();
        for (Account& account : people) {
            std::string name = account.name;
            accounts.emplace(std::move(name), std::move(account));
        }
        for (AccessToken& token : programs) tokens.emplace(token.digest, std::move(token));
        version = now;
        return {};
    }
    Status put(const Account& account) {
        version.reset();
        return store.put(account);
    }
    /// The account, to be changed.
    Result<Account> find(std::string_view name) {
        CORDON_TRY(refresh());
        const auto found = accounts.find(name);
        if (found == accounts.end()) return unknown_account();
        return found->second;
    }
    Status keep_an_admin(const Account& without) {
        const auto is_admin = [](const Account& account) {
            return !account.disabled && Roles::of_bits(account.roles).has(Role::kAdmin);
        };
        if (!is_admin(without)) return {};
        for (const auto& [name, account] : accounts)
            if (name != without.name && is_admin(account)) return {};
        return fail(ErrorCode::kPermission,
                    "this is the last admin: make another one before taking this one away");
    }
    void end_sessions(std::string_view name) {
        std::erase_if(sessions, [&](const auto& it) { return it.second.caller.name == name; });
        std::erase_if(entries, [&](const auto& it) { return it.second.caller.name == name; });
    }
    /// The session of a cookie, used now; none: over. `refresh` is asked for where the store
    /// counts.
    template <typename Refresh>
    const Open* open_of(std::string_view cookie, UnixMillis now, Refresh refresh) {
        if (cookie.empty()) return nullptr;
        const auto found = sessions.find(digest_of(cookie));
        if (found == sessions.end()) return nullptr;
        Open& open = found->second;
        bool ended = is_over(open, now);
        if (!ended && open.password) {
            if (!refresh()) return nullptr;
            const auto account = accounts.find(open.caller.name);
            ended = account == accounts.end() || account->second.disabled ||
                    account->second.password != *open.password;
            if (!ended) open.caller.roles = Roles::of_bits(account->second.roles);
        }
        if (ended) {
            sessions.erase(found);
            return nullptr;
        }
        open.used = std::max(open.used, now);
        return &open;
    }
    template <typename Refresh>
    std::optional<Caller> token_of(std::string_view authorization, UnixMillis now,
                                   Refresh refresh) {
        constexpr std::string_view kScheme = "bearer ";  // RFC 9110 §11.1: in any letter case.
        if (authorization.size() <= kScheme.size()) return std::nullopt;
        for (std::size_t i = 0; i < kScheme.size(); ++i)
            if ((authorization[i] | 0x20) != (kScheme[i] | 0x20)) return std::nullopt;
        if (!refresh()) return std::nullopt;
        const auto found = tokens.find(digest_of(authorization.substr(kScheme.size())));
        if (found == tokens.end()) return std::nullopt;
        const AccessToken& token = found->second;
        if (token.expires && now >= *token.expires) return std::nullopt;
        return Caller{.name = token.name, .roles = Roles::of_bits(token.roles), .by_token = true};
    }
    bool is_over(const Open& open, UnixMillis now) const {
        return now >= open.used + options.session_idle || now >= open.made + options.session_whole;
    }

    NewSession open_session(Caller caller, std::optional<std::string> password, UnixMillis now) {
        // More than any team has open; what is oldest goes, of the same person first.
        constexpr std::size_t kOfOne = 32, kOfAll = 10'000;
        std::erase_if(sessions, [&](const auto& it) { return is_over(it.second, now); });
        const auto drop_oldest = [&](std::size_t most, auto counts) {
            std::size_t count = 0;
            auto oldest = sessions.end();
            for (auto it = sessions.begin(); it != sessions.end(); ++it) {
                if (!counts(it->second)) continue;
                ++count;
                if (oldest == sessions.end() || it->second.used < oldest->second.used) oldest = it;
            }
            if (count >= most) sessions.erase(oldest);
        };
        drop_oldest(kOfOne, [&](const Open& open) { return open.caller.name == caller.name; });
        drop_oldest(kOfAll, [](const Open&) { return true; });
        NewSession session{.cookie = new_secret(), .csrf = new_secret(), .caller = caller};
        sessions.emplace(digest_of(session.cookie), Open{.caller = std::move(caller),
                                                         .csrf = session.csrf,
                                                         .made = now,
                                                         .used = now,
                                                         .password = std::move(password)});
        return session;
    }
};

Accounts::Accounts(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Accounts::~Accounts() = default;

Result<std::unique_ptr<Accounts>> Accounts::open(records::AccountStore& store,
                                                 AccountOptions options) {
    if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium does not start");
    auto impl = std::make_unique<Impl>(store, options);
    CORDON_TRY(impl->refresh());
    return std::unique_ptr<Accounts>{new Accounts{std::move(impl)}};
}

Result<NewSession> Accounts::login(std::string_view name, std::string_view password,
                                   UnixMillis now) {
    std::optional<Account> account;
    {
        const std::scoped_lock lock{impl_->mutex};
        CORDON_TRY(impl_->refresh());
        const auto found = impl_->accounts.find(name);
        if (found != impl_->accounts.end() && !found->second.disabled) account = found->second;
    }
    // Without the lock: it takes long, on purpose.
    CORDON_TRY(const bool is_right,
               crypto::is_password(password, account ? account->password : std::string_view{}));
    if (!account || !is_right)
        return fail(ErrorCode::kPermission, "name and password do not fit together");
    const std::scoped_lock lock{impl_->mutex};
    return impl_->open_session(
        Caller{.name = account->name, .roles = Roles::of_bits(account->roles)}, account->password,
        now);
}

void Accounts::logout(std::string_view cookie) {
    const std::scoped_lock lock{impl_->mutex};
    impl_->sessions.erase(digest_of(cookie));
}

std::string Accounts::make_entry(const Caller& caller, UnixMillis now) {
    std::string word = new_secret();
    const std::scoped_lock lock{impl_->mutex};
    std::erase_if(impl_->entries, [&](const auto& it) { return now >= it.second.until; });
    impl_->entries.emplace(digest_of(word), Impl::Entry{caller, now + impl_->options.enter_valid});
    return word;
}

Result<NewSession> Accounts::enter(std::string_view word, UnixMillis now) {
    const std::scoped_lock lock{impl_->mutex};
    const auto found = impl_->entries.find(digest_of(word));
    if (found == impl_->entries.end() || now >= found->second.until)
        return fail(ErrorCode::kPermission,
                    "this link was used, or is too old: ask the server for a new one");
    const Caller caller = std::move(found->second.caller);
    impl_->entries.erase(found);
    return impl_->open_session(caller, {}, now);
}

std::optional<Accounts::Session> Accounts::session(std::string_view cookie, UnixMillis now) {
    const std::scoped_lock lock{impl_->mutex};
    // Without the store nobody can tell whether the account still is: nobody, for now.
    const Impl::Open* open = impl_->open_of(cookie, now, [this] { return impl_->refresh(); });
    if (open == nullptr) return std::nullopt;
    return Session{open->caller, open->csrf};
}

std::optional<Caller> Accounts::bearer(std::string_view authorization, UnixMillis now) {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->token_of(authorization, now, [this] { return impl_->refresh(); });
}

std::optional<Roles> Accounts::listens(std::string_view secret, bool by_token, UnixMillis now) {
    constexpr std::chrono::seconds kReadEvery{1};
    const std::scoped_lock lock{impl_->mutex};
    // Ten thousand listeners ask: the file is looked at once for all of them.
    const auto refresh = [&]() -> Status {
        const auto at = std::chrono::steady_clock::now();
        if (impl_->version && impl_->looked && at - *impl_->looked < kReadEvery) return {};
        CORDON_TRY(impl_->refresh());
        impl_->looked = at;
        return {};
    };
    if (by_token) {
        const auto caller = impl_->token_of(secret, now, refresh);
        return caller ? std::optional{caller->roles} : std::nullopt;
    }
    const Impl::Open* open = impl_->open_of(secret, now, refresh);
    return open != nullptr ? std::optional{open->caller.roles} : std::nullopt;
}

Status Accounts::put(std::string_view name, std::string_view password, Roles roles,
                     UnixMillis now) {
    CORDON_TRY(check_name(name));
    CORDON_TRY(check_password(password));
    CORDON_TRY(check_roles(roles));
    CORDON_TRY(std::string digest, crypto::password_digest(password));
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(impl_->refresh());
    if (impl_->accounts.contains(name))
        return fail(ErrorCode::kDuplicate, "there is an account of this name");
    return impl_->put({.name = std::string{name},
                       .password = std::move(digest),
                       .roles = roles.bits(),
                       .made = now});
}

Status Accounts::set_roles(std::string_view name, Roles roles) {
    CORDON_TRY(check_roles(roles));
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(Account account, impl_->find(name));
    if (!roles.has(Role::kAdmin)) CORDON_TRY(impl_->keep_an_admin(account));
    account.roles = roles.bits();
    return impl_->put(account);
}

Status Accounts::set_password(std::string_view name, std::string_view password) {
    CORDON_TRY(check_password(password));
    CORDON_TRY(std::string digest, crypto::password_digest(password));
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(Account account, impl_->find(name));
    account.password = std::move(digest);
    CORDON_TRY(impl_->put(account));
    impl_->end_sessions(name);
    return {};
}

Status Accounts::disable(std::string_view name) {
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(Account account, impl_->find(name));
    CORDON_TRY(impl_->keep_an_admin(account));
    account.disabled = true;
    CORDON_TRY(impl_->put(account));
    impl_->end_sessions(name);
    return {};
}

Status Accounts::enable(std::string_view name) {
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(Account account, impl_->find(name));
    account.disabled = false;
    return impl_->put(account);
}

Result<std::string> Accounts::make_token(std::string_view name, Roles roles,
                                         std::optional<UnixMillis> expires, UnixMillis now) {
    CORDON_TRY(check_name(name));
    CORDON_TRY(check_roles(roles));
    if (expires && *expires <= now)
        return fail(ErrorCode::kInvalidParam, "/expires: expected a time to come");
    std::string secret = new_secret();
    const std::scoped_lock lock{impl_->mutex};
    CORDON_TRY(impl_->refresh());
    for (const auto& [digest, token] : impl_->tokens)
        if (token.name == name) return fail(ErrorCode::kDuplicate, "there is a token of this name");
    impl_->version.reset();
    CORDON_TRY(impl_->store.put(AccessToken{.name = std::string{name},
                                            .digest = digest_of(secret),
                                            .roles = roles.bits(),
                                            .made = now,
                                            .expires = expires}));
    return secret;
}

Status Accounts::revoke_token(std::string_view name) {
    const std::scoped_lock lock{impl_->mutex};
    impl_->version.reset();
    return impl_->store.remove_token(name);
}

Result<std::vector<Account>> Accounts::accounts() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->store.accounts();
}

Result<std::vector<AccessToken>> Accounts::tokens() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->store.tokens();
}

Result<std::vector<records::AccountDeed>> Accounts::deeds() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->store.deeds();
}

Status Accounts::end_deed(int64_t number) {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->store.end_deed(number);
}

std::size_t Accounts::sessions() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->sessions.size();
}

}  // namespace cordon::server
