// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "clusters.hpp"

/// The clusters of one chain as a file, so that the next call goes on where the last one ended. A
/// cache: it can always be made again from the ledger.
///
/// Version 1, little-endian, exactly as long as its counts say:
///
///     8       "CORDCLU1"
///     4       u32 CRC-32C (RFC 3720) of all bytes that follow
///     4       u32 which numbering of addresses the ids are of
///     4       u32 identity of the join filter
///     4       u32 number of marks
///     8, 8    u64 chain: family (0 Bitcoin), reference
///     8, 8    u64 number of blocks with unions, u64 number of unions
///     marks   40 each: u64 block number, 32 bytes hash of the block as the hash function puts it
///             out; rising. All blocks up to the last mark are in the clusters; when the chain no
///             more has that block, an earlier mark says from where they must be made again.
///     blocks  16 each: u64 block number, u64 its first union; both rising, the first union is 0
///     unions  12 each: u32 id, u32 id, u32 place of the txn in its block; in the order of the
///     chain
namespace cordon::ledger {

/// A block that the clusters know: when the chain still has it, they hold up to there.
struct ClusterMark {
    BlockNum number = 0;
    Hash256 hash;
    friend bool operator==(const ClusterMark&, const ClusterMark&) = default;
};

/// What a file holds.
struct SavedClusters {
    ChainId chain;
    uint32_t numbering = 0;  ///< Which numbering of addresses the ids are of.
    uint32_t filter = 0;     ///< JoinFilter::identity().
    std::vector<ClusterMark> marks;
    ClusterForest forest;
};

/// Without ties, which are guesses: who wants them makes them again.
Bytes encode_clusters(const SavedClusters& saved);

/// Bytes of any content. kUnsupported for another version; kCorrupt (with `name` and offset) when
/// the checksum fails or what is behind it makes no sense: ids from `ids` on, unions out of order,
/// above the last mark, or of what is one cluster already. Memory: bound by `ids` and the bytes.
Result<SavedClusters> decode_clusters(ByteView bytes, const std::string& name, uint64_t ids);

/// Replaces the file as a whole, durably: a crash leaves the old one or the new one.
Status save_clusters(const std::string& path, const SavedClusters& saved);
/// kNotFound when there is none; else as decode_clusters.
Result<SavedClusters> load_clusters(const std::string& path, uint64_t ids);

}  // namespace cordon::ledger
