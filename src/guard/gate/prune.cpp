// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The order is all: the snapshot is durable before the anchor that names it, the anchor before
// anything goes, and an older snapshot goes last.
#include "../prune.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../restored.hpp"
#include "replay.hpp"

namespace cordon::guard {
namespace {

/// Spends from the first entry on that stays are known, and those that a window of the policy, or
/// of one that is proposed, reaches.
Result<UnixMillis> spends_since(tlog::Log& log, const State& state, uint64_t until) {
    auto horizon = State::horizon(*state.policy);
    for (const Proposal& each : state.proposals)
        horizon = std::max(horizon, State::horizon(*each.policy));
    UnixMillis since = state.last_time - horizon;
    if (until > 0)
        CORDON_TRY(log.read(until, until + 1, [&](uint64_t, std::string_view text) -> Status {
            CORDON_TRY(const ReadEntry read, parse_entry(text));
            since = std::min(since, read.entry.time);
            return {};
        }));
    return std::max(since, state.known_since);
}

/// The digest in the anchor that the file retention of a log speaks of; nothing: nothing left.
Result<std::optional<Hash256>> snapshot_of(const std::string& directory) {
    const std::string log = directory + "/log";
    CORDON_TRY(const tlog::Retention retention, tlog::read_retention(log));
    if (retention.until == 0) return std::nullopt;
    CORDON_TRY(const tlog::SignedNote note, tlog::read_checkpoint(log));
    CORDON_TRY(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(note.text));
    const tlog::Tiles tiles{log, checkpoint.size};
    CORDON_TRY(const std::string entry, tiles.entry(retention.anchor));
    CORDON_TRY(const auto anchor, tlog::parse_anchor(entry));
    if (anchor && anchor->snapshot) return anchor->snapshot;
    return fail(ErrorCode::kCorrupt,
                format("{}: entries before {} left without a snapshot, and a gate is nothing "
                       "without them; take it from a backup",
                       log, retention.until));
}

Status remove_others(const std::string& directory, const Hash256& digest, Disk& disk) {
    const std::string folder = directory + "/snapshot";
    CORDON_TRY(const std::vector<std::string> names, list_directory(folder));
    for (const std::string& name : names)
        if (name != to_hex(digest)) CORDON_TRY(disk.remove(folder + "/" + name));
    return disk.sync_directory(folder);
}

}  // namespace

Result<tlog::Log::Pruned> prune_gate(const std::string& directory, tlog::SigningKey key,
                                     const GatePrune& order, Disk& disk) {
    CORDON_TRY(const auto restored, read_restored(directory));
    if (restored)
        return fail(ErrorCode::kConflict,
                    format("{}: came out of a backup and was not opened since: open it before "
                           "anything of it leaves",
                           directory));
    const tlog::PublicKey public_key = key.public_key();
    CORDON_TRY(const auto log,
               tlog::Log::open(directory + "/log", std::move(key), {.disk = &disk}));
    uint64_t until = 0;
    if (order.until > 0) {
        CORDON_TRY(const tlog::Log::Pruned would, log->would_prune(order.until));
        if (would.entries == 0)
            return fail(ErrorCode::kInvalidParam,
                        format("{}/log: nothing would leave: of what is there only whole bundles "
                               "of {} entries go, never the last",
                               directory, tlog::kTileWidth));
        until = would.retention.until;
    }
    CORDON_TRY(Snapshot all, replay(directory, *log, public_key, false));
    State& state = all.state;
    if (!state.policy)
        return fail(ErrorCode::kConflict, format("{}: has no policy yet", directory));
    CORDON_TRY(const UnixMillis since, spends_since(*log, state, until));
    state.close_expired(state.last_time);
    state.spending.forget(since);
    state.known_since = since;

    // Whole bundles at a time: the wanted ones come in their order.
    std::vector<std::string> bundle;
    uint64_t bundle_begin = 0;
    const auto entry = [&](uint64_t index) -> Result<std::string> {
        if (index < log->first()) return entry_text(*log, all.kept, index);
        if (bundle.empty() || index >= bundle_begin + bundle.size()) {
            bundle.clear();
            bundle_begin = index - index % tlog::kTileWidth;
            CORDON_TRY(log->read(bundle_begin, bundle_begin + tlog::kTileWidth,
                                 [&](uint64_t, std::string_view text) -> Status {
                                     bundle.emplace_back(text);
                                     return {};
                                 }));
        }
        return bundle[index - bundle_begin];
    };
    // Of a snapshot alone none: all entries are there.
    const uint64_t kept_until = until > 0 ? until : log->first();
    CORDON_TRY(const Hash256 digest, write_snapshot(directory, state, kept_until, entry, disk));
    CORDON_TRY(const tlog::Log::Pruned done,
               log->prune({.until = until,
                           .archive = order.archive,
                           .snapshot = digest,
                           .by = order.by,
                           .why = order.why,
                           .now = std::max(order.now, state.last_time)}));
    CORDON_TRY(remove_others(directory, digest, disk));
    return done;
}

Status check_gate_snapshot(const std::string& directory) {
    CORDON_TRY(const auto digest, snapshot_of(directory));
    if (!digest) return {};
    const auto snapshot = read_snapshot(directory, *digest);
    return snapshot ? Status{} : fail(snapshot.error());
}

Status each_kept_entry(const std::string& directory,
                       const std::function<Status(uint64_t, std::string_view)>& visit) {
    CORDON_TRY(const auto digest, snapshot_of(directory));
    if (!digest) return {};
    CORDON_TRY(const Snapshot snapshot, read_snapshot(directory, *digest));
    for (const KeptEntries::Place& each : snapshot.kept.places())
        CORDON_TRY(visit(each.index, *snapshot.kept.find(each.index)));
    return {};
}

}  // namespace cordon::guard
