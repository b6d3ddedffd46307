// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <cordon/base/format.hpp>

namespace cordon::guard {
namespace {

tl::unexpected<Error> not_as_signed(const std::string& directory, std::string_view what) {
    return fail(ErrorCode::kCorrupt,
                format("{}/log: {}: cordon log verify names the place; take it from a backup",
                       directory, what));
}

/// Compares what is read with the last checkpoint, so that a gate does not begin with a past that
/// was edited: the log itself opens by its hashes, which an editor would have edited as well.
class Past {
public:
    static Result<Past> of(const std::string& directory, const tlog::PublicKey& key) {
        Past out;
        const auto note = tlog::read_checkpoint(directory + "/log");
        if (!note && note.error().code == ErrorCode::kNotFound) return out;
        if (!note) return fail(note.error());
        CORDON_TRY(out.signed_, tlog::parse_checkpoint(note->text));
        if (!tlog::is_signed_by(*note, key))
            return fail(ErrorCode::kChecksum,
                        format("{}/log/checkpoint: the gate's key did not sign it", directory));
        return out;
    }
    /// Of what stands before `begin` the hashes are enough.
    Status begin_at(const std::string& log_directory, uint64_t begin) {
        CORDON_TRY(tree_, tlog::Frontier::of(tlog::Tiles{log_directory, begin}, begin));
        return {};
    }
    bool covers(uint64_t entry) const { return signed_ && signed_->size > entry; }
    bool take(std::string_view entry) {
        tree_.add(tlog::leaf_hash({reinterpret_cast<const uint8_t*>(entry.data()), entry.size()}));
        return !signed_ || tree_.size() != signed_->size || tree_.root() == signed_->root;
    }

private:
    std::optional<tlog::Checkpoint> signed_;
    tlog::Frontier tree_;
};

/// The snapshot that the log's last anchor stands for. Whether the anchor itself is one, reading on
/// to the checkpoint tells.
Result<Snapshot> anchored_snapshot(const std::string& directory, tlog::Log& log, const Past& past) {
    const tlog::Retention retention = log.retention();
    if (!past.covers(retention.anchor))
        return not_as_signed(directory, format("its checkpoint does not reach to the anchor at "
                                               "entry {} that its file retention speaks of",
                                               retention.anchor));
    std::optional<tlog::Anchor> anchor;
    CORDON_TRY(log.read(retention.anchor, retention.anchor + 1,
                        [&](uint64_t, std::string_view text) -> Status {
                            CORDON_TRY(anchor, tlog::parse_anchor(text));
                            return {};
                        }));
    if (!anchor || anchor->until != retention.until)
        return not_as_signed(directory, format("entry {} is not the anchor that its file retention "
                                               "speaks of",
                                               retention.anchor));
    if (!anchor->snapshot)
        return fail(ErrorCode::kCorrupt,
                    format("{}/log: entries before {} left without a snapshot, and a gate is "
                           "nothing without them; take it from a backup",
                           directory, retention.until));
    CORDON_TRY(Snapshot snapshot, read_snapshot(directory, *anchor->snapshot));
    const uint64_t next = snapshot.state.next;
    if (next < retention.until || next > retention.anchor)
        return fail(ErrorCode::kCorrupt, format("{}: ends at entry {}: expected {} to {}",
                                                snapshot_path(directory, *anchor->snapshot), next,
                                                retention.until, retention.anchor));
    return snapshot;
}

}  // namespace

Result<Snapshot> replay(const std::string& directory, tlog::Log& log, const tlog::PublicKey& key,
                        bool with_snapshot) {
    CORDON_TRY(Past past, Past::of(directory, key));
    const tlog::Retention retention = log.retention();
    Snapshot out;
    if (retention.until > 0 || (with_snapshot && retention.anchor > 0)) {
        Result<Snapshot> snapshot = anchored_snapshot(directory, log, past);
        // Where nothing left, the entries say the same.
        if (!snapshot && retention.until > 0) return fail(snapshot.error());
        if (snapshot) out = *std::move(snapshot);
    }
    State& state = out.state;
    const uint64_t known = state.next;
    const uint64_t begin = known - known % tlog::kTileWidth;
    if (begin > 0) CORDON_TRY(past.begin_at(directory + "/log", begin));
    CORDON_TRY(log.read(begin, UINT64_MAX, [&](uint64_t index, std::string_view text) -> Status {
        if (!past.take(text))
            return not_as_signed(
                directory, format("up to entry {} it is not what its checkpoint says", index));
        if (index < known) return {};
        Result<ReadEntry> entry = parse_entry(text);
        if (!entry) return fail(entry.error().in(format("{}/log: entry {}", directory, index)));
        const Status taken = state.apply_read(index, std::move(*entry));
        return taken ? Status{} : fail(taken.error().in(directory + "/log"));
    }));
    return out;
}

Result<std::string> entry_text(tlog::Log& log, const KeptEntries& kept, uint64_t index) {
    if (index < log.first()) {
        if (const auto text = kept.find(index)) return std::string{*text};
        return fail(ErrorCode::kNotFound,
                    format("entry {} left the log by retention; its archive has it, if one was "
                           "made",
                           index));
    }
    std::string out;
    CORDON_TRY(log.read(index, index + 1, [&](uint64_t, std::string_view text) -> Status {
        out = text;
        return {};
    }));
    return out;
}

}  // namespace cordon::guard
