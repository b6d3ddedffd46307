// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/feed_event.hpp>

namespace cordon::feed {

using Millis = std::chrono::milliseconds;
/// What time it is: the only clock of the room. It is told in FeedStatus and PendingTxn, and never
/// decides what a block says.
using WallClock = std::function<UnixMillis()>;
UnixMillis wall_clock();

/// A block as one endpoint gives it.
struct NodeBlock {
    SeenBlock seen;
    /// What the endpoint usually gives and did not give for this block, and why.
    std::vector<std::string> missing;
};

/// One endpoint of one chain: answers questions, remembers nothing of what it was asked. An Error
/// says that it did not answer, or that what it answered cannot be read: another endpoint may.
/// kCancelled ends all. Confined to one thread.
class Node {
public:
    virtual ~Node() = default;
    /// As it may be shown.
    virtual std::string name() const = 0;
    /// Which chain it is of. Asked before anything else, and after every failure.
    virtual Result<ChainId> chain() = 0;
    /// The tip of its best chain.
    virtual Result<BlockHeader> head() = 0;
    /// The block of its best chain with that number; nothing when it has none.
    virtual Result<std::optional<BlockHeader>> header_at(BlockNum number) = 0;
    /// The parent of a block that was lost in a reorg; nothing when it does not have it any more.
    virtual Result<std::optional<Hash256>> parent_of(const Hash256& hash) = 0;
    /// Blocks of its best chain from `first` on, at most `count`, at least one unless it does not
    /// have `first`. They may not link when a reorg comes in between: the caller looks.
    virtual Result<std::vector<NodeBlock>> range(BlockNum first, unsigned count) = 0;
    /// Comes back when something may have changed, at the latest after `wait`. What came into the
    /// mempool is appended to `pending`.
    virtual Status wait(Millis wait, std::vector<PendingTxn>& pending) = 0;
    /// How many pending txns it could not tell, since it was made.
    virtual uint64_t dropped() const { return 0; }
    /// What a person should know, e.g. which traces it does not give.
    virtual std::vector<std::string> warnings() const { return {}; }
};

}  // namespace cordon::feed
