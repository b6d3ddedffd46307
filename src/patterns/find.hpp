// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/trace.hpp>

namespace cordon::patterns {

/// How far the recognisers look that read histories.
struct FindParams {
    uint32_t max_addresses = 200;  ///< Of a trace: those with the most stolen money.
    uint32_t max_rows = 512;       ///< Of one address.
};

/// What the recognisers find in the history of one address of an account chain: deposit-address,
/// address-poisoning, look-alikes, dusting, and the shapes around it (consolidation, payout-batch,
/// fan-out). By pattern, then address. Errors: those of the Reader.
Result<std::vector<trace::Finding>> patterns_of(ChainId chain, const Address& address,
                                                const ledger::Reader& ledger,
                                                const trace::Context& context,
                                                const FindParams& params = {});

/// What they find in a trace: the shapes of its movements, and the histories of the addresses that
/// hold most. UTXO chains have none yet.
Result<std::vector<trace::Finding>> patterns_in(const trace::TraceResult& result,
                                                const ledger::Reader& ledger,
                                                const trace::Context& context,
                                                const FindParams& params = {});

}  // namespace cordon::patterns
