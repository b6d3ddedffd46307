// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// How entries leave. The order is all: archive, anchor, checkpoint, retention, and only then the
// bundles; a kill between any two leaves a log that is whole.
#include <algorithm>
#include <array>
#include <filesystem>

#include <cordon/base/format.hpp>

#include "head.hpp"
#include "link.hpp"
#include "log.hpp"

namespace cordon::tlog {
namespace {

namespace fs = std::filesystem;

/// Whole bundles, and never the last one: whoever opens the log must find its end.
uint64_t whole_bundles(uint64_t until, uint64_t sealed) {
    const uint64_t most = sealed < kTileWidth ? 0 : sealed - kTileWidth;
    return std::min(until - until % kTileWidth, most);
}

std::string bundle_path(const std::string& directory, uint64_t index) {
    return directory + "/" + tile_path(std::nullopt, index, kTileWidth);
}

}  // namespace

uint64_t Log::first() const {
    const std::lock_guard lock{mutex_};
    return retention_.until;
}

Retention Log::retention() const {
    const std::lock_guard lock{mutex_};
    return retention_;
}

Result<Log::Pruned> Log::would_prune(uint64_t until) const {
    uint64_t sealed = 0;
    Pruned out;
    {
        std::unique_lock lock{mutex_};
        // Of the head only whole bundles count: a checkpoint seals them.
        sealed = durable_ - durable_ % kTileWidth;
        out.retention = retention_;
    }
    const uint64_t end = whole_bundles(until, sealed);
    if (end <= out.retention.until) return out;
    for (uint64_t index = out.retention.until / kTileWidth; index < end / kTileWidth; ++index) {
        std::error_code error;
        const auto bytes = fs::file_size(bundle_path(directory_, index), error);
        if (!error) out.bytes += bytes;
    }
    out.entries = end - out.retention.until;
    out.retention.until = end;
    return out;
}

Result<Log::Pruned> Log::prune(const Prune& order) {
    CORDON_TRY(publish());
    uint64_t sealed = 0;
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return !is_writing_; });
        sealed = base_;  // Others may add entries meanwhile: what is in no bundle yet stays.
    }
    CORDON_TRY(Pruned out, would_prune(std::min(order.until, sealed)));
    const bool leaves = out.entries > 0;
    if (!leaves && !(order.until == 0 && order.snapshot))
        return fail(ErrorCode::kInvalidParam,
                    format("{}: nothing would leave: entries before {} are gone, and of what is "
                           "there only whole bundles of {} entries go, never the last",
                           directory_, out.retention.until, kTileWidth));
    const Tiles tiles{directory_, size()};
    Anchor anchor{.time = order.now,
                  .until = out.retention.until,
                  .checkpoint = {},
                  .snapshot = order.snapshot,
                  .archived = leaves && !order.archive.empty(),
                  .by = order.by,
                  .why = order.why};
    CORDON_TRY(const Hash256 root, root_of(tiles, anchor.until));
    anchor.checkpoint.text = Checkpoint{key_.public_key().name, anchor.until, root, {}}.text();
    sign_note(anchor.checkpoint, key_);
    if (anchor.archived) CORDON_TRY(archive_until(order.archive, anchor.until, anchor.checkpoint));
    CORDON_TRY(out.retention.anchor, append(format_anchor(anchor)));
    CORDON_TRY(publish());
    CORDON_TRY(set_retention(out.retention));
    if (leaves) CORDON_TRY(drop_bundles());
    return out;
}

Status Log::set_retention(const Retention& retention) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !is_writing_; });
    if (broken_) return fail(*broken_);
    is_writing_ = true;
    lock.unlock();
    const std::string text = format_retention(retention);
    Status done =
        write_file("retention", {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    if (done) done = sync_folders();
    lock.lock();
    is_writing_ = false;
    if (done) retention_ = retention;
    if (!done) broken_ = done.error();
    changed_.notify_all();
    return done;
}

/// The newest last: as long as it is there, open() goes on.
Status Log::drop_bundles() {
    const uint64_t end = retention_.until / kTileWidth;
    std::string folder;
    for (uint64_t index = 0; index < end; ++index) {
        const std::string path = bundle_path(directory_, index);
        const std::string parent = path.substr(0, path.rfind('/'));
        if (parent != folder && !folder.empty()) CORDON_TRY(options_.disk->sync_directory(folder));
        folder = parent;
        std::error_code error;
        if (!fs::exists(parent, error)) continue;
        if (index + 1 == end) CORDON_TRY(options_.disk->sync_directory(folder));
        if (fs::exists(path, error)) CORDON_TRY(options_.disk->remove(path));
    }
    if (!folder.empty()) CORDON_TRY(options_.disk->sync_directory(folder));
    return {};
}

/// What leaves as a log of its own, of exactly so many entries, checked before anything goes.
Status Log::archive_until(const std::string& archive, uint64_t until,
                          const SignedNote& checkpoint) {
    Disk& disk = *options_.disk;
    const uint64_t from = first();
    uint64_t there = 0;
    const Result<SignedNote> before = read_checkpoint(archive);
    if (before) {
        CORDON_TRY(const Checkpoint last, parse_checkpoint(before->text));
        there = last.size;
        if (!is_signed_by(*before, key_.public_key()))
            return fail(ErrorCode::kConflict, format("{}: is the archive of another log", archive));
    } else if (before.error().code != ErrorCode::kNotFound) {
        return fail(before.error());
    }
    if (there < from)
        return fail(ErrorCode::kConflict,
                    format("{}: ends at entry {}, but those before {} left this log already; name "
                           "the archive that has them, or drop what leaves now (--delete)",
                           archive, there, from));
    CORDON_TRY(disk.make_directory(archive));
    std::set<std::string> folders;
    const auto take = [&](const std::string& name) -> Status {
        const std::string to = archive + "/" + name;
        for (std::string at = to.substr(0, to.rfind('/')); at.size() >= archive.size();
             at.resize(at.rfind('/'))) {
            folders.insert(at);
            if (at == archive) break;
        }
        return link_file(disk, directory_ + "/" + name, to);
    };
    for (uint64_t index = from / kTileWidth; index < until / kTileWidth; ++index)
        CORDON_TRY(take(tile_path(std::nullopt, index, kTileWidth)));
    unsigned level = 0;
    for (uint64_t all = until; all >= kTileWidth; all /= kTileWidth, ++level)
        for (uint64_t index = 0; index < all / kTileWidth; ++index)
            CORDON_TRY(take(tile_path(level, index, kTileWidth)));
    const Tiles tiles{directory_, until};
    CORDON_TRY(write_partial_tiles(disk, tiles, until, archive, folders));
    for (auto at = folders.rbegin(); at != folders.rend(); ++at)
        CORDON_TRY(disk.sync_directory(*at));
    const std::string text = checkpoint.format();
    CORDON_TRY(write_whole(disk, archive + "/checkpoint",
                           {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    CORDON_TRY(disk.sync_directory(archive));
    CORDON_TRY(disk.sync_directory(fs::absolute(archive).parent_path().string()));
    const auto checked = verify_log(archive, std::array{key_.public_key()});
    if (!checked) return fail(checked.error().in("the archive, before anything left"));
    return {};
}

}  // namespace cordon::tlog
