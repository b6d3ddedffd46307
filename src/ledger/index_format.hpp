// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "segment_format.hpp"

/// The layout of an index: what finds things in some neighbouring segments
/// (docs/formats/ledger.md). It holds nothing that the segments do not say, so it can be made anew.
///
/// Three hash tables find txns by hash, addresses by kind and payload, inputs by what they spend. A
/// table has `homes` slots, and as many more as the last entries needed; a slot is 0, or (number
/// of the thing in the index + 1) * 256 + the low byte of its hash. An entry lies at its home
/// (high 64 bits of hash * homes) or behind it, without an empty slot between.
///
/// Two adjacencies give the rows or inputs of an address by rising number. The addresses that have
/// any are sorted; an address is split into high bits, which `directory` counts, and low bits,
/// which its key keeps below the place where its list begins.
namespace cordon::ledger::index {

enum ColumnId : std::size_t {
    kTxnTable,
    kAddressTable,
    kSpendTable,
    kOutDirectory,
    kOutKey,
    kOut,
    kInDirectory,
    kInKey,
    kIn,
    kColumnCount,
};

inline constexpr std::array<std::string_view, kColumnCount> kNames{
    "txn_table",    "address_table", "spend_table", "out_directory", "out_key", "out",
    "in_directory", "in_key",        "in",
};

inline constexpr FileKind kFile{{'C', 'O', 'R', 'D', 'I', 'D', 'X', '1'}, kNames};

/// Counters of the footer: Totals before and Totals of the index itself, as in a segment; homes of
/// the three tables; the number of low bits of the two adjacencies.
inline constexpr std::size_t kFirst = 0, kOwn = 6, kHomes = 12;
inline constexpr std::size_t kLowBits = 15;  ///< Outgoing in bits 0..7, incoming in bits 8..15.

enum class Table : std::size_t { kTxns = 0, kAddresses = 1, kSpends = 2 };

inline constexpr unsigned kTagBits = 8;

/// Three quarters full: a miss looks at some eight slots, most often of one cache line.
constexpr uint64_t homes_of(uint64_t entries) noexcept { return entries + entries / 3 + 1; }
constexpr unsigned slot_width(uint64_t entries) noexcept {
    return packed_width((entries << kTagBits) | 0xFF);
}

}  // namespace cordon::ledger::index
