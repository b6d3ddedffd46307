// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <cordon/feed/chain_feed.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

namespace cordon::engine {

/// The ledger into which a live watch puts what it sees, so that a trace from an alert finds its
/// txns. Holds the ledger's one writer until it is destroyed; readers see each block at once.
/// Confined to one thread.
class LiveLedger {
public:
    using Tell = std::function<void(const std::string&)>;
    /// Makes the directory when it is missing. `tell` gets what a person should know, at once.
    /// kLocked: somebody else writes to it.
    static Result<std::unique_ptr<LiveLedger>> open(const std::string& directory, Tell tell);

    /// The last blocks that it holds of each chain, where their hashes are the chain's own: a
    /// stream of which nothing else was seen goes on behind them, so that nothing is left out.
    Result<std::map<ChainId, std::vector<feed::BlockRef>>> seen() const;

    /// Stores a block with its facts; durable when it returns. One that is there already changes
    /// nothing. Where another one is there that has the same parent, the chain was reorganised:
    /// that one goes, and all above it. Call it before anything else takes the event: then the
    /// ledger is never behind a checkpoint.
    ///
    /// kConflict: the ledger holds blocks of another chain, or numbers that are no heights.
    Status take(const SeenBlock& seen);

private:
    explicit LiveLedger(Tell tell) : tell_{std::move(tell)} {}
    Status make_room(const Block& block);

    Tell tell_;
    std::string directory_;
    std::unique_ptr<ledger::Writer> writer_;
    std::unique_ptr<records::Store> store_;
};

}  // namespace cordon::engine
