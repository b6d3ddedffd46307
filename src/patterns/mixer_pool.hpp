// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/trace/link_source.hpp>
#include <cordon/trace/trace.hpp>

/// Mixer pools of one denomination, as the ledger shows them. Private to the room.
namespace cordon::patterns {

/// A deposit into a pool, or a withdrawal from it.
struct MixerEvent {
    TxnPosition at;
    UnixMillis time;
    uint32_t row = 0;  ///< Transfer::index.
    Address party;     ///< The other end of that transfer.
    /// Who stands behind it: of a deposit through a router, who paid the router in the same txn.
    Address actor;
    /// Withdrawals that no relayer took a share of: who sent the txn, where the ledger shows it
    /// (who paid its gas). Otherwise empty.
    Address sender;
    Amount amount;
};

struct MixerPool {
    Address address;
    Asset asset;
    Amount denomination;
    std::vector<MixerEvent> deposits, withdrawals;  ///< In chain order.
};

struct MixerPoolParams {
    /// Part of the receipts in an asset, by value, that must be of one amount. Below 1 because
    /// anyone can send anything to a contract.
    double min_fixed = 0.9;
    /// A service that received a single sum twice is no pool.
    std::size_t min_deposits = 3;
    /// Of one chain; 100 bytes each. Every pool of the largest mixer had 200,000 in four years.
    std::size_t max_events = 4'000'000;
};

/// The pools among the addresses that are labelled mixer or made facts of a mixer, by address, then
/// asset. kLimit when they have more than max_events. Errors of the Reader.
Result<std::vector<MixerPool>> read_mixer_pools(ChainId chain, const ledger::Reader& ledger,
                                                const trace::Context& context,
                                                const MixerPoolParams& params);

/// Who gave `asset` to the sender of `row` inside the same txn, from hand to hand; the sender
/// itself when nobody did.
Address payer_behind(const AccountTxn& txn, const Transfer& row);

}  // namespace cordon::patterns
