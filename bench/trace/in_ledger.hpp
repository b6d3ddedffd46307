// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cordon::bench {

/// One theft in a real ledger of any size, measured in a process of its own: the street that
/// `cordon trace` walks, records and recognisers included.
struct TheftOptions {
    std::string directory;
    uint64_t rows = 0;   ///< Of the whole ledger.
    uint64_t moves = 0;  ///< Of stolen money.
    std::string csv;     ///< Also write all rows here, for a peer: from,to,amount.
};

/// Makes the ledger. Prints what it holds.
int make_theft(const TheftOptions& options);
/// Follows the theft once and prints one JSON object.
int follow_theft(const std::string& directory);

}  // namespace cordon::bench
