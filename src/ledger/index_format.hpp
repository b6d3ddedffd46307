// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "segment_format.hpp"

/// The layout of an index: what finds things in some neighbouring segments
/// (docs/formats/ledger.md). It holds nothing that the segments do not say, so it can be made anew.
///
/// Three tables find txns by hash, addresses by kind and payload, inputs by what they spend. A
/// table knows the high 30 bits of a hash, its prefix, and has its entries by rising prefix, those
/// of one prefix by rising number. Those with the same high b bits are a bucket; an entry is the
/// number of the thing in the index above the other bits of its prefix. A directory says where each
/// bucket begins, as the distance from where it would if hashes were spread evenly. So nothing is
/// empty, and tables are merged without a look at a key.
///
/// Two adjacencies give the rows or inputs of an address by rising number. The addresses that have
/// any are sorted; an address is split into high bits and low bits, which its key keeps below the
/// place where its list begins. A directory says how many keys there are below some high bits, as
/// the distance from how many there would be if those addresses were spread evenly over all.
namespace cordon::ledger::index {

enum ColumnId : std::size_t {
    kTxnTable,
    kAddressTable,
    kSpendTable,
    kTxnDirectory,
    kAddressDirectory,
    kSpendDirectory,
    kOutDirectory,
    kOutKey,
    kOut,
    kInDirectory,
    kInKey,
    kIn,
    kColumnCount,
};

inline constexpr std::array<std::string_view, kColumnCount> kNames{
    "txn_table",
    "address_table",
    "spend_table",
    "txn_directory",
    "address_directory",
    "spend_directory",
    "out_directory",
    "out_key",
    "out",
    "in_directory",
    "in_key",
    "in",
};

inline constexpr FileKind kFile{{'C', 'O', 'R', 'D', 'I', 'D', 'X', '3'}, kNames};

/// Counters of the footer: Totals before and Totals of the index itself, as in a segment; bucket
/// bits of the three tables; the number of low bits of the two adjacencies.
inline constexpr std::size_t kFirst = 0, kOwn = 6, kBucketBits = 12;
inline constexpr std::size_t kLowBits = 15;  ///< Outgoing in bits 0..7, incoming in bits 8..15.

enum class Table : std::size_t { kTxns = 0, kAddresses = 1, kSpends = 2 };

/// The directory of a table, by its column.
constexpr std::size_t table_directory(std::size_t table) noexcept {
    return table + (kTxnDirectory - kTxnTable);
}

/// How much of a hash a table knows. One in 2^30 entries is taken for another at first: a look at a
/// table of sixty million compares one key in sixteen in vain.
inline constexpr unsigned kPrefixBits = 30;
constexpr uint64_t prefix_of(uint64_t hash) noexcept { return hash >> (64 - kPrefixBits); }

/// 32 to 64 entries a bucket. The directory of a hundred million then has two megabytes, which stay
/// near; where in its bucket a prefix lies can be foreseen to some entries, since prefixes are
/// spread evenly: a look is at one line of the cache, or two. REQUIRES: entries < 2^32.
constexpr unsigned bucket_bits(uint64_t entries) noexcept {
    return entries < 64 ? 0 : static_cast<unsigned>(std::bit_width(entries / 32)) - 1;
}

/// Where a bucket of 2^bits would begin if hashes were spread evenly.
constexpr uint64_t even_begin(uint64_t bucket, uint64_t entries, unsigned bits) noexcept {
    return (bucket * entries) >> bits;
}

/// How many of the `keys` of an adjacency would be of addresses below `id` if they were spread
/// evenly over the `ids` addresses that there are. REQUIRES: keys and ids are at most 2^32.
constexpr uint64_t even_keys(uint64_t id, uint64_t keys, uint64_t ids) noexcept {
    return ids == 0 ? 0 : std::min(id, ids) * keys / ids;
}

}  // namespace cordon::ledger::index
