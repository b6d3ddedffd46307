// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <cordon/detect/watch.hpp>
#include <cordon/records/alert_store.hpp>

namespace cordon::engine {

/// How far a checkpoint is, and what it was made with.
struct CheckpointHead {
    /// Digest of what the tables mean: wallets, detectors' parameters, rules. Another one: the
    /// tables are of no use.
    std::string settings;
    uint64_t events = 0, blocks = 0, txns = 0, transfers = 0;
    std::map<ChainId, BlockNum> beginnings;  ///< First block of each chain.
    std::map<ChainId, BlockNum> tips;        ///< Last block of each chain.
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

    /// Written aside, synced, renamed: there is always a whole one. Its SHA-256 stands at its end.
    Status save(const CheckpointHead& head, const detect::Watch& watch) const;
    /// What the checkpoint says of itself; none: there is no checkpoint. Reads and checks all of
    /// it: kCorrupt.
    Result<std::optional<CheckpointHead>> head() const;
    /// REQUIRES: head() gave one.
    Status load(detect::Watch& watch) const;

private:
    explicit WatchState(std::string directory) : directory_{std::move(directory)} {}
    std::string path() const;

    std::string directory_;
    int lock_ = -1;
    std::unique_ptr<records::AlertStore> alerts_;
};

}  // namespace cordon::engine
