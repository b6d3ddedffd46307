// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

/// The layout of a segment: an immutable run of blocks, as columns (docs/formats/ledger.md). Txns
/// of a segment are numbered 0, 1, 2, ... in chain order ("ordinal"), addresses by their sort order
/// ("address id").
namespace cordon::ledger {

enum class ColumnId : uint8_t {
    kBlockNumber,   ///< u64 a block, rising.
    kBlockTxn,      ///< u32 a block: ordinal of its first txn; one more entry at the end, as in the
                    ///< next two.
    kBlockRow,      ///< u64 a block: transfers or outputs before it.
    kBlockBody,     ///< u64 a block: where it begins in kBody.
    kTxnHash,       ///< 32 bytes a txn.
    kTxnBody,       ///< u32 a txn: where it begins, counted from the beginning of its block.
    kBody,          ///< Block headers and txns, variable-length.
    kAddressGroup,  ///< Runs of addresses of one kind and size: u8 kind, u8 size, u32 first id, u64
                    ///< offset.
    kAddress,       ///< Payloads in address order, without gaps.
    kOutBegin,      ///< u32 an address: where its list begins in kOut; one more entry at the end.
    kOut,           ///< u32: ordinals of the txns in which the address sends, rising.
    kInBegin,       ///< The same for receiving.
    kIn,
    kTxnIndex,    ///< u32 a slot: ordinal + 1, or 0; open addressing by hash_bytes of the txn hash.
    kAssetBegin,  ///< u32 an asset: where its text begins in kAssetText; one more entry at the end.
    kAssetText,
    kSpendIndex,  ///< u32 tag, u32 ordinal + 1 a slot: the txn that spends an output.
};
inline constexpr std::size_t kColumnCount = 17;

constexpr std::array<std::string_view, kColumnCount> kColumnNames{
    "block_number", "block_txn",     "block_row",   "block_body", "txn_hash",   "txn_body",
    "body",         "address_group", "address",     "out_begin",  "out",        "in_begin",
    "in",           "txn_index",     "asset_begin", "asset_text", "spend_index"};

inline constexpr std::array<uint8_t, 8> kSegmentMagic{'C', 'O', 'R', 'D', 'S', 'E', 'G', '1'};
/// A checksum covers this much of a column: a page, so that a look-up need not read more than it
/// touches.
inline constexpr std::size_t kChunk = 4096;
inline constexpr std::size_t kGroupSize = 14;  ///< Bytes of an entry of kAddressGroup.
/// Columns begin at multiples of this; the gaps are zero.
inline constexpr std::size_t kAlignment = 64;

/// Slots of an open-addressing column for `entries`: at most two thirds full.
constexpr uint64_t slot_count(uint64_t entries) noexcept { return entries + entries / 2 + 1; }

/// The head of a segment file. On disk: magic, u32 CRC of the rest, then these fields in this
/// order, little-endian.
struct SegmentHeader {
    ChainId chain;
    uint64_t blocks = 0, txns = 0, rows = 0, addresses = 0, assets = 0;
    struct Column {
        uint64_t offset = 0, size = 0;  ///< In the file.
        uint64_t sums = 0;              ///< Where its checksums begin: u32 a chunk.
        uint32_t sums_crc = 0;          ///< Of the checksums.
    };
    std::array<Column, kColumnCount> columns;
    uint64_t file_size = 0;
};
inline constexpr std::size_t kSegmentHeaderSize = 8 + 4 + 8 + 8 + 5 * 8 + kColumnCount * 28 + 8;

Bytes encode(const SegmentHeader& header);
/// kCorrupt, kUnsupported; checks that every column lies inside the file and has the size that the
/// counts ask for.
Result<SegmentHeader> decode_segment_header(ByteView file, const std::string& name);

}  // namespace cordon::ledger
