// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/detect/watch.hpp>
#include <cordon/feed/balances.hpp>
#include <cordon/records/alert_store.hpp>

namespace cordon::engine {

/// How far a checkpoint is, and what it was made with.
struct CheckpointHead {
    /// Digest of what the tables mean: wallets, detectors' parameters, rules. Another one: the
    /// tables are of no use.
    std::string settings;
    uint64_t events = 0, blocks = 0, txns = 0, transfers = 0;
    std::map<ChainId, BlockNum> beginnings;  ///< First block of each chain.
    /// Of a live watch: the last blocks of each chain, and how far files were read.
    std::map<ChainId, std::vector<feed::BlockRef>> seen;
    std::map<std::string, feed::TailPlace> tails;
    std::vector<feed::Holding> holdings;  ///< What nodes said that we held at the beginnings.
    /// Alerts of later events, in blocks that are not seen, were told and have to be found again.
    uint64_t settled = 0;
    friend bool operator==(const CheckpointHead&, const CheckpointHead&) = default;
};

/// The directory of --state: alerts.sqlite, watch.checkpoint, and the lock of the one watch that
/// writes to it. Confined to one thread.
class WatchState {
public:
    /// Makes the directory when it is missing. kLocked: another watch has it.
    static Result<std::unique_ptr<WatchState>> open(const std::string& directory);
    ~WatchState();

    records::AlertStore& alerts() noexcept { return *alerts_; }
    const std::string& directory() const noexcept { return directory_; }

    /// Checkpoints that are kept of a live watch: 0 is the newest. A reorg that came while it was
    /// away cannot be undone in the newest, since that has no steps: an older one is gone back to.
    static constexpr unsigned kKept = 3;

    /// Written aside, synced, renamed: there is always a whole one. Its SHA-256 stands at its end.
    /// Of a live watch older ones are kept: the oldest is a finalised epoch behind, and at most
    /// about two.
    Status save(const CheckpointHead& head, const detect::Watch& watch);
    /// What a checkpoint says of itself; none: there is no such. Reads and checks all of it:
    /// kCorrupt.
    Result<std::optional<CheckpointHead>> head(unsigned age = 0) const;
    /// REQUIRES: head() gave one.
    Status load(detect::Watch& watch, unsigned age = 0) const;

private:
    explicit WatchState(std::string directory) : directory_{std::move(directory)} {}
    std::string path(unsigned age = 0) const;
    Status keep_older(const CheckpointHead& head);

    std::string directory_;
    int lock_ = -1;
    std::unique_ptr<records::AlertStore> alerts_;
};

}  // namespace cordon::engine
