// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "command.hpp"

/// Accounts and tokens of `cordon serve`, on the server's own machine: what is changed here holds
/// for a server that runs, from its next call on.
namespace cordon::cli {

/// --role, --expires, --password-file.
std::vector<Flag> serve_account_flags();

/// Operands: user add|password|roles|disable|enable NAME, or user list. Needs --data.
Result<int> run_serve_user(const Args& args, const Session& session);
/// Operands: token new|revoke NAME, or token list. Needs --data.
Result<int> run_serve_token(const Args& args, const Session& session);

}  // namespace cordon::cli
