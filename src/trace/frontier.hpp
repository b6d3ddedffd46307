// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "trace.hpp"

/// What of a theft can still move, and should be seen when it does.
namespace cordon::trace {

struct FrontierParams {
    std::string case_name;  ///< Goes into every row.
    /// Confidence in an address that passed stolen money on and holds other money now: it is most
    /// likely the thief's, the money need not be.
    double upstream_confidence = 0.5;
    /// The same where the trace itself was not carried to the end (hops, time, budget): what is
    /// said to rest there may have moved already.
    double unfinished_confidence = 0.5;
    uint64_t max_rows = 10'000;  ///< Transfers or outputs read of one upstream address; one with
                                 ///< more is too busy to be watched by hand and is left out.
};

/// Reads the watch list off a forward taint trace: every address (UTXO: output) where stolen value
/// rests and that is no service, and every address upstream, seeds included, that passed stolen
/// value on and still holds something. By chain, address, output, asset.
///
/// Watched are the stops unspent and below-limit, and hops, time, budget with less confidence;
/// never label, high-degree (services: ask them), fee, burned, unknown. The balance upstream is
/// what the ledger shows: all in less all out. REQUIRES: `result` comes from trace() on the same
/// ledger. Errors: kInvalidParam for a backward trace; those of the Reader.
Result<std::vector<Watch>> frontier(const ledger::Reader& ledger, const Context& context,
                                    std::span<const LinkSource* const> links,
                                    const TraceResult& result, const FrontierParams& params);

}  // namespace cordon::trace
