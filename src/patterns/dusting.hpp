// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/ledger/ledger.hpp>
#include <cordon/trace/trace.hpp>

namespace cordon::patterns {

struct DustingParams {
    uint32_t min_parties = 10;  ///< Receivers of one duster; senders of dust to one address.
    /// Dust is worth less than this where it has a price,
    double max_usd = 1;
    /// or less than this part of a whole unit where it has none.
    double max_units = 0.001;
    /// Dust that is received is also at most this part of the largest receipt of the asset.
    double max_share = 0.001;
};

/// Dust in the history of an address (docs/patterns/dusting.md): what it sends to many to mark or
/// to reach them, and what many strangers send to it (protest, praise, poison). The address first,
/// then the others. `rows` are those of the address, in chain order. Cost: O(n log n).
std::vector<trace::Finding> dusting(ChainId chain, const Address& address,
                                    std::span<const ledger::PlacedTransfer> rows,
                                    const trace::Context& context,
                                    const DustingParams& params = {});

}  // namespace cordon::patterns
