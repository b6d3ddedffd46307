// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <cordon/guard/gate.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/model/feed_event.hpp>

namespace cordon::engine {

/// Holds what left wallets of ours against what the gate let through (D07). The same payment may be
/// told any number of times. Confined to one thread; the gate must outlive it.
class Reconciler {
public:
    using Told = std::function<Status(ChainId, const Hash256& txn, const guard::Reconciled&)>;
    Reconciler(guard::Gate& gate, const std::vector<WalletAddress>& wallets, UnixMillis now,
               Told told);

    /// Payments of a block; other events are none. What moves within a set, fees and amounts of
    /// nothing are passed over.
    Status take(const FeedEvent& event);
    /// Everything that a ledger knows to have left since then, in the order of the chain.
    Status take(const ledger::Reader& ledger, UnixMillis since);
    /// The clock, where it goes on.
    void go_to(UnixMillis now) noexcept { now_ = now; }

private:
    Status txn(ChainId chain, const AccountTxn& txn);
    Status txn(ChainId chain, const UtxoTxn& txn);
    Status payment(ChainId chain, const Hash256& txn, const Transfer& transfer);

    guard::Gate& gate_;
    std::map<std::pair<ChainId, Address>, std::string> sets_;
    UnixMillis now_;
    Told told_;
};

/// Reconciles while a ledger grows. Confined to one thread.
class LedgerReconciler {
public:
    /// `reconciler` must outlive it.
    LedgerReconciler(std::string directory, Reconciler& reconciler)
        : directory_{std::move(directory)}, reconciler_{reconciler} {}
    /// Takes what the ledger has more than at the last look; at the first, what left within a day.
    /// After an Error the next look begins where this one did.
    Status look(UnixMillis now);

private:
    std::string directory_;
    Reconciler& reconciler_;
    std::map<ChainId, BlockHeader> seen_;  // Tips.
    bool looked_ = false;
};

}  // namespace cordon::engine
