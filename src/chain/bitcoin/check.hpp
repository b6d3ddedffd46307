// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "block.hpp"

/// What `cordon ingest --dry-run` reports about Bitcoin blocks: every fact that can be compared
/// with another program's.
namespace cordon::chain {

struct BlockCheck {
    std::string file;
    uint64_t offset = 0;  ///< Of the header, in the file as decompressed.
    bool chosen =
        false;  ///< On the branch that an ingest takes. False for losing branches and duplicates.
    BlockNum number = 0;  ///< 0 for duplicates.
    BlockNumKind number_kind = BlockNumKind::kHeight;
    BlockFacts facts;
    bool reencodes = false;  ///< Writing the decoded fields again gives the same bytes.
    Hash256 txids_sha256;  ///< SHA-256 over the txids in hex as shown, one after the other without
                           ///< separator.
    std::map<std::string, uint64_t> out_types;  ///< Outputs by to_string(AddressKind).
};

/// One block alone; file, offset, chosen and number are left as they are. kTruncated, kTrailing,
/// kMalformed.
Result<BlockCheck> check_block_bytes(ByteView bytes);

/// Calls `visit` once a block, by file and offset. A false flag is reported, not an Error; an Error
/// is what keeps a block from being read at all, as in open_bitcoin_blocks. An error of `visit` is
/// passed on.
Status check_bitcoin_blocks(const std::vector<InputFile>& files, ChainId network,
                            const Bytes& xor_key,
                            const std::function<Status(const BlockCheck&)>& visit,
                            std::vector<std::string>& warnings);

}  // namespace cordon::chain
