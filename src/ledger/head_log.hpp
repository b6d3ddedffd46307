// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/base/result.hpp>

#include "head.hpp"
#include "log.hpp"

/// The records of a head log: batches of blocks, and rewinds (docs/formats/ledger.md).
namespace cordon::ledger {

enum class RecordType : uint8_t {
    kAppend = 3,  ///< Columns of some blocks, as the head has them.
    kRewind = 2,  ///< varint: the number of the last block that stays + 1; 0 when none does.
};

/// The blocks of a head from `first` on, as a record.
void put_batch(Bytes& out, const Head& head, std::size_t first);
void put_rewind(Bytes& out, BlockNum first_bad);

/// What a log holds.
struct HeadLog {
    Head head;
    uint64_t end = 0;  ///< Where the next record goes; what follows was torn by a crash.
};
/// What is left after all records of a log that goes on behind `begin` and block number `tip`.
/// kCorrupt when a record does not decode, goes on from elsewhere, or names what is not there.
Result<HeadLog> read_head(ByteView log, const std::string& name, ChainId chain, const Totals& begin,
                          std::optional<BlockNum> tip);

}  // namespace cordon::ledger
