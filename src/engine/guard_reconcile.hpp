// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
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

private:
    Status txn(ChainId chain, const AccountTxn& txn);
    Status txn(ChainId chain, const UtxoTxn& txn);
    Status payment(ChainId chain, const Hash256& txn, const Transfer& transfer);

    guard::Gate& gate_;
    std::map<std::pair<ChainId, Address>, std::string> sets_;
    UnixMillis now_;
    Told told_;
};

}  // namespace cordon::engine
