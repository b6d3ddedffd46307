// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

namespace cordon::records {

struct Account {
    std::string name;
    std::string password;  ///< Digest as argon2id writes it ("$argon2id$..."), never the password.
    uint8_t roles = 0;     ///< Bits; what they mean is the caller's.
    UnixMillis made;
    bool disabled = false;
    friend bool operator==(const Account&, const Account&) = default;
};
struct AccessToken {
    std::string name;
    Hash256 digest;  ///< SHA-256 of the token.
    uint8_t roles = 0;
    UnixMillis made;
    std::optional<UnixMillis> expires;
    friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

/// What was done to accounts beside the server, which writes its log: kept here until it does.
struct AccountDeed {
    int64_t number = 0;  ///< Given by the store, rising.
    UnixMillis time;
    std::string who;     ///< As the machine knows him.
    std::string what;    ///< "user disable".
    std::string target;  ///< Name of the account or token.
    friend bool operator==(const AccountDeed&, const AccountDeed&) = default;
};

/// One file of accounts (0600; kPermission when others may read it). Thread rule and errors as
/// AlertStore.
class AccountStore {
public:
    static Result<std::unique_ptr<AccountStore>> open(const std::string& path);
    ~AccountStore();
    Status put(const Account& account);          ///< By name.
    Status put(const AccessToken& token);        ///< By name.
    Status remove_token(std::string_view name);  ///< kNotFound.
    /// `work` with the deed: both are kept, or neither (on its Error).
    Status change(const AccountDeed& deed, const std::function<Status()>& work);
    Result<std::vector<AccountDeed>> deeds() const;  ///< In order.
    Status end_deed(int64_t number);
    Result<std::optional<Account>> account(std::string_view name) const;
    Result<std::vector<Account>> accounts() const;    ///< By name.
    Result<std::vector<AccessToken>> tokens() const;  ///< By name.
    /// Another number whenever another process (or another object) has changed the file.
    Result<int64_t> version() const;

private:
    struct Impl;
    explicit AccountStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::records
