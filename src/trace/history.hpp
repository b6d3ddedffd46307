// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/ledger/ledger.hpp>

#include "account_txn.hpp"
#include "link_source.hpp"
#include "recent_rows.hpp"

namespace cordon::trace {

/// What the ledger knows of an address on an account chain, read when money first reaches it.
struct History {
    struct Balance {
        Amount amount;    ///< Just before the txn asked for; walking backward, just after it.
        Amount received;  ///< Up to there.
        Amount short_of;  ///< What it sent above what it was seen to hold: the extract did not show
                          ///< its receipt.
    };
    std::vector<std::pair<Asset, Balance>> balances;  ///< By asset.
    std::vector<TxnPosition>
        ahead;  ///< Txns that come after the one asked for, in the direction of the walk.
    std::optional<TxnPosition> first_send, last_receipt;
    std::vector<std::pair<TxnPosition, uint32_t>>
        bait;             ///< Rows (by index) that only pretend to pay.
    bool absurd = false;  ///< An amount was left out by is_absurd.
    bool busy = false;    ///< Looks like a service; then the rest is incomplete.
};

/// When an address is too busy to be one person's. Rows without value do not count, so that dust,
/// counterfeits and poisoning cannot make a thief look like a service cheaply.
struct BusyLimits {
    uint32_t counterparties = 0;  ///< More than this many; 0 = no limit.
    uint32_t both_sides =
        0;  ///< At least this many strangers that send and this many receivers; 0 = no limit.
    /// Whom the walk has met already: a hub that gathers from the thief's own mules does not serve
    /// strangers.
    std::function<bool(const Address&)> met;
};

/// Reads all txns of `address` once, in chain order; ends early when it is busy. `at` empty: from
/// the start of the walk. Cost: its txns, at most kMaxTxnsPerCounterparty * counterparties + 1 of
/// them when there is a limit.
Result<History> read_history(const RecentRows& ledger, ChainId chain, const Address& address,
                             std::optional<TxnPosition> at, Direction direction,
                             const BusyLimits& limits,
                             const std::function<bool(const Asset&)>& is_worthless,
                             std::span<const std::unique_ptr<BaitWatch>> watches = {});

/// Who pays an address, over all that the ledger knows of it.
struct Income {
    bool busy = false;  ///< Looks like a service; then nothing else is told.
    /// The largest receipt from each sender, largest first; at most kMaxSenders of them.
    std::vector<std::pair<Amount, Address>> senders;

    static constexpr std::size_t kMaxSenders = 64;
};

/// The receipts of one asset. Cost and order as read_history.
Result<Income> read_income(const RecentRows& ledger, ChainId chain, const Address& address,
                           const Asset& asset, const BusyLimits& limits,
                           const std::function<bool(const Asset&)>& is_worthless);

}  // namespace cordon::trace
