// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/small_vector.hpp>

#include "account_txn.hpp"
#include "chain_rows.hpp"

namespace cordon::trace {

/// What the ledger knows of an address on an account chain, read when money first reaches it. All
/// numbers are those of the ledger.
struct History {
    struct Balance {
        uint32_t asset = 0;
        Amount amount;    ///< Just before the txn asked for; walking backward, just after it.
        Amount received;  ///< Up to there.
        Amount short_of;  ///< What it sent above what it was seen to hold: the extract did not show
                          ///< its receipt.
    };
    SmallVector<Balance, 1> balances;  ///< One an asset.
    /// Txns that come after the one asked for, in the direction of the walk.
    SmallVector<uint64_t, 3> ahead;
    std::vector<std::pair<uint64_t, uint32_t>>
        bait;             ///< Rows (txn and index) that only pretend to pay.
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
    std::function<bool(uint32_t)> met;

    /// False where so few rows cannot make anybody busy.
    bool may_bind(std::size_t rows) const noexcept {
        return (counterparties != 0 && rows > counterparties) ||
               (both_sides != 0 && rows >= std::size_t{both_sides} * 2);
    }
};

/// Puts what all rows of `address` say, in chain order, in place of `history`; ends early when it
/// is busy. `at` empty: from the start of the walk. Cost: its rows, of at most
/// kMaxTxnsPerCounterparty * counterparties + 1 txns when there is a limit.
Status read_history(const ChainRows& chain, uint32_t address, std::optional<uint64_t> at,
                    Direction direction, const BusyLimits& limits,
                    std::span<const std::unique_ptr<BaitWatch>> watches, History& history);

/// Who pays an address, over all that the ledger knows of it.
struct Income {
    bool busy = false;  ///< Looks like a service; then nothing else is told.
    struct Sender {
        uint32_t address = 0;
        Amount largest;  ///< Of its payments.
    };
    SmallVector<Sender, 2> senders;  ///< Of many the kMaxSenders that paid most.

    static constexpr std::size_t kMaxSenders = 64;
};

/// Whether by this row of `address` it receives something of the asset.
bool is_receipt(const ChainRows& chain, const ChainRows::Row& row, uint32_t address,
                uint32_t asset);

/// The receipts of one asset. Cost and order as read_history.
Result<Income> read_income(const ChainRows& chain, uint32_t address, uint32_t asset,
                           const BusyLimits& limits);

}  // namespace cordon::trace
