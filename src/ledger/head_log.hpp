// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "log.hpp"

/// The records of a head log: blocks appended, and rewinds (docs/formats/ledger.md).
namespace cordon::ledger {

enum class RecordType : uint8_t {
    kAppend = 1,  ///< u32 number of blocks, then for each u32 size and the block.
    kRewind = 2,  ///< varint: the number of the last block that stays + 1; 0 when none does.
};

/// A block of a log that no later rewind took back.
struct LoggedBlock {
    BlockNum number = 0;
    ByteView bytes;  ///< As take_block reads it. Lifetime: the log's bytes.
};

/// What is left after all records. kCorrupt when a record does not decode or block numbers do not
/// rise.
Result<std::vector<LoggedBlock>> replay(const LogContent& log, const std::string& name);

/// kCorrupt.
Status decode_block(const LoggedBlock& logged, ChainId chain, const std::string& name, Block& out);

}  // namespace cordon::ledger
