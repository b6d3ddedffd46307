// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "movements.hpp"

namespace cordon::patterns {

struct ConsolidationParams {
    uint32_t min_senders = 5;
    double min_pass = 0.8;       ///< Of what a sender got: the part that it hands over.
    Seconds window{7 * 86'400};  ///< From the first to the last sender's first payment.
    double min_common = 0.5;     ///< Of the senders: the part paid by one and the same address.
};

/// Many addresses that hand nearly all they have to one: the gathering of one owner
/// (docs/patterns/consolidation.md). The gatherer first, then the senders. Cost: O(n log n).
std::vector<trace::Finding> consolidations(const Movements& moves, const World& world,
                                           const ConsolidationParams& params = {});

struct PayoutBatchParams {
    uint32_t min_receivers = 10;
    Seconds window{600};      ///< One run of a program.
    double min_known = 0.5;   ///< Of the receivers: the part that was there before; else fan-out.
    double min_equal = 0.5;   ///< Of the payments: the part in one of the few amounts below.
    uint32_t max_prices = 3;  ///< Amounts that count as prices: the most frequent ones.
};

/// One address that pays many at one time, all in one txn or in few equal amounts: wages, prizes,
/// withdrawals (docs/patterns/payout-batch.md). The payer first. Cost: O(n log n).
std::vector<trace::Finding> payout_batches(const Movements& moves, const World& world,
                                           const PayoutBatchParams& params = {});

}  // namespace cordon::patterns
