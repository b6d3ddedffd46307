// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/trace/trace.hpp>

namespace cordon::engine {

/// Reads "[CHAIN:](ADDRESS[@TIME] | TXID | TXID:VOUT)[,…]" against what the ledger holds.
///
/// Without CHAIN the seed goes to the one chain of the ledger on which the text makes sense and,
/// when there are several, the one that holds it; kConflict asks for the prefix when that leaves
/// more than one. kNotFound when the named chain, txn or address is not in the ledger; kMalformed
/// says what was expected.
Result<std::vector<trace::Seed>> parse_seeds(std::string_view text, const ledger::Reader& ledger);

}  // namespace cordon::engine
