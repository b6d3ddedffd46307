// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "network.hpp"

/// Finds the blocks in files without reading their txns: the first of two passes.
namespace cordon::chain {

/// Where a block lies and what its header says. About 110 bytes, one per block of the input.
struct BlockEntry {
    Hash256 hash;
    Hash256 parent;
    uint32_t time = 0;
    uint32_t bits = 0;
    std::optional<uint32_t> height;  ///< From the coinbase (BIP-34), where plausible.
    uint32_t file = 0;               ///< Index into the files given.
    uint32_t size = 0;
    uint64_t offset = 0;  ///< Of the header, in the file as decompressed.
};

struct BlockScan {
    std::vector<BlockEntry> entries;  ///< By file and offset; every block as often as it occurs.
    std::vector<Bytes> keys;          ///< One per file: the XOR key that it needs, empty for none.
    std::vector<std::string> warnings;  ///< Files left out, and why.
};

/// Reads the head of every block, several files at a time, and passes over the bodies where a file
/// is not compressed; the result is that of one after the other. A file starts with a block, starts
/// with a network's magic bytes (plain or under `key`), or is no block at all: then it is left out
/// with a warning, unless it is the only one or named blk*.dat. A file "xor.dat" of 8 bytes among
/// the others is the key when none is given.
///
/// A single block of another network is left out with a warning too, unless it is the only file;
/// kWrongChain otherwise, naming the network found. kTruncated: a file ends inside a block.
/// kMalformed: bytes between the blocks of a blk file that are neither a block nor zero padding, an
/// absurd size, or no block in any file. All with the offset.
Result<BlockScan> scan_blocks(const std::vector<InputFile>& files, ChainId chain, const Bytes& key);

/// The most bytes that a block can have (MAX_BLOCK_SERIALIZED_SIZE).
inline constexpr uint32_t kMaxBlockBytes = 4'000'000;

}  // namespace cordon::chain
