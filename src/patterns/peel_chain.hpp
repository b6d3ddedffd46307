// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "movements.hpp"

namespace cordon::patterns {

struct PeelChainParams {
    uint32_t min_hops = 5;   ///< Shorter ones are everyday: change, a forwarding.
    double min_pass = 0.5;   ///< Of what an address got: the part that goes on to the next one.
    double min_peels = 0.5;  ///< Of the hops: the part that pays somebody else something too.
    double min_fresh =
        0.5;  ///< Of the addresses: the part that the ledger shows for the first time.
    uint32_t max_receivers = 4;      ///< Of one address; a shop pays more.
    Seconds max_delay{14 * 86'400};  ///< From receipt to passing on.
};

/// Chains of fresh addresses, each of which passes most on to one next and pays a little aside
/// (docs/patterns/peel-chain.md). Addresses in order of the chain. Cost: O(n log n).
std::vector<trace::Finding> peel_chains(const Movements& moves, const World& world,
                                        const PeelChainParams& params = {});

}  // namespace cordon::patterns
