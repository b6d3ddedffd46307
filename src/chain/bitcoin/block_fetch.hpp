// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <vector>

#include "block_scan.hpp"
#include "file_stream.hpp"

namespace cordon::chain {

/// Reads the bytes of blocks again, in any order that is near to that of the files: the second of
/// two passes.
///
/// Nodes store blocks as they come in, a few hundred out of place. Blocks passed over on the way to
/// another are kept, as long as they fit kKeep; beyond that a file is opened again. Memory: kKeep
/// and one block. Confined to one thread. Lifetime: files, keys and entries must outlive it.
class BlockFetch {
public:
    static constexpr std::size_t kKeep = 64 * 1024 * 1024;
    static constexpr std::size_t kOpenFiles = 4;

    /// `wanted` holds, in the order of the calls to come, indexes into the entries.
    BlockFetch(const std::vector<InputFile>& files, const BlockScan& scan,
               std::vector<uint32_t> wanted);

    /// The bytes of the next wanted block, in the room that `bytes` has. kConflict when a file has
    /// become shorter since the scan.
    Status next(Bytes& bytes);

private:
    struct Open {
        uint32_t file;
        uint32_t next_entry;  ///< The first entry at or behind the stream's offset.
        FileStream stream;
    };
    Result<Open*> open_before(uint32_t entry);
    Status read_entry(Open& open, uint32_t entry, Bytes& bytes);

    const std::vector<InputFile>& files_;
    const BlockScan& scan_;
    std::vector<uint32_t> wanted_;
    std::vector<uint32_t> rank_;      // By entry: its place in wanted_, or none.
    std::vector<uint32_t> first_;     // By file: its first entry.
    std::vector<Open> open_;          // The most recently used last.
    std::map<uint32_t, Bytes> kept_;  // By entry.
    std::size_t kept_bytes_ = 0;
    std::size_t at_ = 0;  // The next of wanted_.
};

}  // namespace cordon::chain
