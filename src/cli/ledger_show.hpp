// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.hpp"

namespace cordon::cli {

/// `cordon ledger txn TXID|ADDRESS|BLOCK…`: what the ledger holds about each, from the directory.
Result<int> show_txns(const Args& args, const std::string& directory, const Session& session);

/// `cordon ledger stats`: what the ledger holds, and in which files.
Result<int> show_stats(const std::string& directory, const Session& session);

/// `cordon ledger labels [ADDRESS…]`: all that is said about each address; without one, the lists.
Result<int> show_labels(const Args& args, const std::string& directory, const Session& session);

/// The flags that it takes besides --ledger and --chain.
std::span<const Flag> show_flags();

}  // namespace cordon::cli
