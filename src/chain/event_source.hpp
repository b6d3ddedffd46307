// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/feed_event.hpp>

#include "block_source.hpp"

namespace cordon::chain {

/// What a watch reads, from files or live: events one after the other, in an order in which
/// detection may take them. Within a chain blocks come by rising number, except after a Rewind.
/// Memory is bounded by the largest blocks. Confined to one thread.
class EventSource {
public:
    virtual ~EventSource() = default;
    /// Puts the next event in the place of whatever `event` holds; false at the end. An Error names
    /// file and line or offset and is final.
    virtual Result<bool> read(FeedEvent& event) = 0;
    /// For progress: bytes read of how many; 0 of 0 where nobody knows (live).
    virtual uint64_t bytes_read() const noexcept = 0;
    virtual uint64_t bytes_total() const noexcept = 0;
    virtual std::vector<std::string> warnings() const { return {}; }
};

/// The block in `event`, which is made one if it is none: what it holds is of no meaning, but its
/// memory is used again. Its activity is empty. For sources.
SeenBlock& block_in(FeedEvent& event);

/// Blocks as events: what only moves value (transfers:, Bitcoin blocks, ...).
std::unique_ptr<EventSource> events_of(std::unique_ptr<BlockSource> blocks);

/// Sees to it that within a chain blocks come by rising number, except after a Rewind.
class BlockOrder {
public:
    /// kOrder.
    Status take(const FeedEvent& event);

private:
    std::map<ChainId, BlockNum> last_;
};

/// Canonical events: JSON lines (docs/formats/events.md): blocks with txns, logs, calls and
/// changes; rewinds, pending txns, withdrawals, liabilities, signing requests, prices. All that a
/// live feed can tell can be written so, and read again.
Result<std::unique_ptr<EventSource>> open_events(InputFile file);

/// One event as its line of events:, with the newline. read(format(event)) == event, without the
/// facts of blocks, which are for records.
std::string format_event(const FeedEvent& event);

/// Answers of an EVM node as they were recorded: JSON lines (docs/formats/rpc-blocks.md).
Result<std::unique_ptr<EventSource>> open_rpc_blocks(InputFile file);

/// ethereum-etl exports with all that detection wants of them: txns, logs, traces beside value.
Result<std::unique_ptr<EventSource>> open_evm_etl_events(std::vector<InputFile> files,
                                                         ChainId chain);

/// callTracer results (debug_traceTransaction): JSON files of one txn each, bare frames, or RPC
/// answers around them. A file says no block and no time: blocks are numbered as they come
/// (BlockNumKind::kSequence), the txn hash is taken from the file's name where it holds one
/// ("eth_0x….json", which also tells the chain), otherwise from its content's digest. An index.csv
/// beside them with the columns tx and chain (others are not read) puts them in its order. Files
/// that hold no call trace are passed over, with a warning; kNotFound when all are.
Result<std::unique_ptr<EventSource>> open_evm_traces(std::vector<InputFile> files, ChainId chain);

}  // namespace cordon::chain
