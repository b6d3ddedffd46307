// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "column_file.hpp"
#include "groups.hpp"
#include "texts.hpp"

/// The layout of a segment: an immutable run of blocks as columns (docs/formats/ledger.md).
///
/// Within a chain txns, rows (transfers or outputs), inputs, addresses and assets are numbered 0,
/// 1, 2, ... in the order in which they appear. A segment says with which numbers it begins; its
/// columns count from there.
namespace cordon::ledger {

/// How much of a chain lies before some point: the numbers with which what follows begins.
struct Totals {
    uint64_t blocks = 0, txns = 0, rows = 0, inputs = 0;
    uint64_t addresses = 0, assets = 0;
    friend bool operator==(const Totals&, const Totals&) = default;
    friend Totals operator-(const Totals& a, const Totals& b) noexcept {
        return {a.blocks - b.blocks, a.txns - b.txns,           a.rows - b.rows,
                a.inputs - b.inputs, a.addresses - b.addresses, a.assets - b.assets};
    }
    friend Totals operator+(const Totals& a, const Totals& b) noexcept {
        return {a.blocks + b.blocks, a.txns + b.txns,           a.rows + b.rows,
                a.inputs + b.inputs, a.addresses + b.addresses, a.assets + b.assets};
    }
};

/// As six counters of a footer from `at` on.
inline void put_totals(std::array<uint64_t, kCounters>& counters, std::size_t at,
                       const Totals& totals) noexcept {
    for (const uint64_t value :
         {totals.blocks, totals.txns, totals.rows, totals.inputs, totals.addresses, totals.assets})
        counters[at++] = value;
}
inline Totals take_totals(const std::array<uint64_t, kCounters>& counters,
                          std::size_t at) noexcept {
    return {counters[at],     counters[at + 1], counters[at + 2],
            counters[at + 3], counters[at + 4], counters[at + 5]};
}

inline constexpr uint32_t kNoId = UINT32_MAX;

namespace segment {
enum ColumnId : std::size_t {
    // A block; one entry more at the end of the five that say where it begins.
    kBlockNumber,
    kBlockTxn,
    kBlockRow,
    kBlockInput,
    kBlockAddress,
    kBlockAsset,
    kBlockHeaderBegin,
    kBlockHeader,
    // A txn.
    kTxnHash,
    kTxnTime,
    kTxnRows,
    kTxnRowsGroups,
    kTxnRowsItems,
    kVersion,
    kLocktime,
    kCoinbase,
    kTxnInputs,
    kTxnInputsGroups,
    kTxnInputsItems,
    // A row.
    kFrom,
    kTo,
    kAsset,
    kKind,
    kGap,
    kAmountSize,
    kAmountBegin,
    kAmount,
    kValue,
    // An input.
    kSpent,
    kForeignInput,
    kForeignPoint,
    kForeignAddress,
    kForeignValue,
    // What is new.
    kAddressKind,
    kAddressSize,
    kAddressBegin,
    kAddress,
    kAssetSize,
    kAssetBegin,
    kAssetText,
    kColumnCount,
};

inline constexpr std::array<std::string_view, kColumnCount> kNames{
    "block_number",
    "block_txn",
    "block_row",
    "block_input",
    "block_address",
    "block_asset",
    "header_begin",
    "header",
    "txn_hash",
    "txn_time",
    "txn_rows",
    "txn_rows_groups",
    "txn_rows_items",
    "version",
    "locktime",
    "coinbase",
    "txn_inputs",
    "txn_inputs_groups",
    "txn_inputs_items",
    "from",
    "to",
    "asset",
    "kind",
    "gap",
    "amount_size",
    "amount_begin",
    "amount",
    "value",
    "spent",
    "foreign_input",
    "foreign_point",
    "foreign_address",
    "foreign_value",
    "address_kind",
    "address_size",
    "address_begin",
    "address",
    "asset_size",
    "asset_begin",
    "asset_text",
};

inline constexpr FileKind kFile{{'C', 'O', 'R', 'D', 'S', 'E', 'G', '2'}, kNames};

inline constexpr GroupColumns kRowGroups{kTxnRows, kTxnRowsGroups, kTxnRowsItems};
inline constexpr GroupColumns kInputGroups{kTxnInputs, kTxnInputsGroups, kTxnInputsItems};
inline constexpr TextColumns kAmounts{kAmountSize, kAmountBegin, kAmount};
inline constexpr TextColumns kAddresses{kAddressSize, kAddressBegin, kAddress};
inline constexpr TextColumns kAssets{kAssetSize, kAssetBegin, kAssetText};

/// Counters of the footer: Totals before, then Totals of the segment itself.
inline constexpr std::size_t kFirst = 0, kOwn = 6;
}  // namespace segment

}  // namespace cordon::ledger
