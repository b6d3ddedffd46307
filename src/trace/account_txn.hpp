// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "chain_rows.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// One (address, asset) that a txn touches, and the rows through which it does.
struct TxnKey {
    uint32_t address_number = 0, asset_number = 0;  ///< Of the ledger.
    Address address;               ///< Empty for who pays the only row: the walk knows him.
    const Asset* asset = nullptr;  ///< Lifetime: the ChainRows.
    uint32_t first_out = 0, out_count = 0;  ///< Of TxnView::outs.
    Amount in_total, out_total;
};

/// A row of value, in the direction of the walk.
struct TxnRow {
    uint32_t from = 0;  ///< Places in TxnView::keys.
    uint32_t to = 0;
    Amount amount;
    TransferKind kind = TransferKind::kNative;
    uint32_t index = 0;  ///< Of the transfer, for the order of edges.
};

struct FeeRow {
    uint32_t payer = 0, asset = 0;  ///< Numbers of the ledger.
    Amount amount;
};

/// A txn as money sees it: rows that move none (zero, to oneself, worthless) left out, turned round
/// for a walk backward, fees apart.
struct TxnView {
    std::vector<TxnKey> keys;  ///< By address, then asset; of a single row its payer first.
    std::vector<TxnRow> rows;
    std::vector<FeeRow> fees;
    std::vector<uint32_t> out_rows;  ///< Places in `rows` by payer, in row order: see outs().
    bool absurd = false;             ///< An amount was left out by is_absurd.

    /// The rows by which a key pays, as places in `rows`.
    std::span<const uint32_t> outs(uint32_t key) const {
        return std::span{out_rows}.subspan(keys[key].first_out, keys[key].out_count);
    }
};

/// Amounts of 2^192 or more are not money: no honest supply comes near (10^57 units), and leaving
/// them out is what keeps every sum of the walk below 2^256 for up to 2^64 rows, whatever a hostile
/// token contract logs.
inline bool is_absurd(const Amount& amount) noexcept { return amount.limbs()[3] != 0; }

/// Put in place of `view`, whose memory is used again. `rows`: of one txn.
Status view_of(const ChainRows& chain, std::span<const ChainRows::Row> rows, Direction direction,
               TxnView& view);

/// The order in which keys pay out, such that a router is paid before it pays, whatever the order
/// of rows: logs and internal calls of one txn are not listed in one sequence. Where keys pay each
/// other in a ring, the one whose row comes first starts. Only keys with rows to pay are in the
/// answer.
std::vector<uint32_t> payout_order(const TxnView& view);

}  // namespace cordon::trace
