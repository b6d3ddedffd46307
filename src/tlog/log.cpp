// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "head.hpp"

namespace cordon::tlog {
namespace {

Bytes bytes_of(std::span<const Hash256> hashes) {
    Bytes out;
    for (const Hash256& hash : hashes) out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
    return out;
}

/// The partial tiles and the partial bundle of a log of this size.
std::vector<std::string> partials_of(uint64_t size) {
    std::vector<std::string> paths;
    if (size % kTileWidth)
        paths.push_back(tile_path(std::nullopt, size / kTileWidth, size % kTileWidth));
    unsigned level = 0;
    for (uint64_t all = size; all > 0; all /= kTileWidth, ++level)
        if (all % kTileWidth) paths.push_back(tile_path(level, all / kTileWidth, all % kTileWidth));
    return paths;
}

}  // namespace

Log::Log(std::string directory, SigningKey key, LogOptions options, WriterLock lock)
    : directory_{std::move(directory)},
      key_{std::move(key)},
      options_{options},
      lock_{std::move(lock)} {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(std::string directory, SigningKey key, LogOptions options) {
    if (options.seal_entries == 0 || options.seal_entries % kTileWidth != 0)
        return fail(ErrorCode::kInvalidParam,
                    format("seal_entries: expected a multiple of {}", kTileWidth));
    CORDON_TRY(options.disk->make_directory(directory));
    const std::string above = std::filesystem::absolute(directory).parent_path().string();
    CORDON_TRY(options.disk->sync_directory(above));
    CORDON_TRY(WriterLock lock, WriterLock::take(directory + "/lock"));
    std::unique_ptr<Log> log{
        new Log{std::move(directory), std::move(key), options, std::move(lock)}};
    CORDON_TRY(log->recover());
    return log;
}

Status Log::recover() {
    levels_.resize(1);
    const std::string path = directory_ + "/head";
    CORDON_TRY(retention_, read_retention(directory_));
    Result<Bytes> bytes = read_file(path);
    if (!bytes && bytes.error().code != ErrorCode::kNotFound) return fail(bytes.error());
    if (!bytes) {
        if (std::filesystem::exists(directory_ + "/checkpoint"))
            return fail(
                ErrorCode::kCorrupt,
                format("{}: is missing, but the log has a checkpoint; take it from a backup",
                       path));
        return begin_head();
    }
    CORDON_TRY(Head head, parse_head(path, *bytes));
    if (head.origin != key_.public_key().name)
        return fail(ErrorCode::kConflict, format("{}: is the log \"{}\", not \"{}\"", directory_,
                                                 head.origin, key_.public_key().name));
    base_ = head.base;
    const Tiles tiles{directory_, base_};
    CORDON_TRY(frontier_, Frontier::of(tiles, base_));
    // What upper levels hold beyond their full tiles.
    for (uint64_t all = base_ / kTileWidth; all > 0; all /= kTileWidth) {
        const auto level = static_cast<unsigned>(levels_.size()) * kTileHeight;
        std::vector<Hash256>& hashes = levels_.emplace_back();
        for (uint64_t i = all - all % kTileWidth; i < all; ++i) {
            CORDON_TRY(const Hash256 hash, tiles.node(level, i));
            hashes.push_back(hash);
        }
    }
    take(std::move(head.entries));
    durable_ = next_ = frontier_.size();
    // Before anything is cut off: what a checkpoint speaks of was acknowledged, and the end of a
    // head that has lost it is evidence.
    const Result<SignedNote> note = read_checkpoint(directory_);
    if (!note && note.error().code != ErrorCode::kNotFound) return fail(note.error());
    if (note) {
        CORDON_TRY(const Checkpoint last, parse_checkpoint(note->text));
        if (last.size > frontier_.size())
            return fail(ErrorCode::kCorrupt,
                        format("{}: offset {}: ends at entry {}, but a checkpoint speaks of {}; "
                               "take it from a backup",
                               path, head.size, frontier_.size(), last.size));
        published_ = last.size;
    }
    // What was not acknowledged is cut off before anything is written behind it.
    CORDON_TRY(file_, options_.disk->extend(path, head.size));
    CORDON_TRY(file_->sync());
    if (retention_.anchor > 0 && retention_.anchor >= frontier_.size())
        return fail(ErrorCode::kCorrupt,
                    format("{}: speaks of an anchor at entry {}, but the log ends at {}",
                           retention_path(directory_), retention_.anchor, frontier_.size()));
    // It was killed while it dropped them.
    if (retention_.until > 0 &&
        std::filesystem::exists(
            directory_ + "/" +
            tile_path(std::nullopt, retention_.until / kTileWidth - 1, kTileWidth)))
        CORDON_TRY(drop_bundles());
    return {};
}

Status Log::begin_head() {
    const std::string path = directory_ + "/head";
    CORDON_TRY(file_, options_.disk->create(path + ".new"));
    Bytes bytes = head_begin(key_.public_key().name, base_);
    if (!head_.empty()) {
        const Bytes group = head_group(head_);
        bytes.insert(bytes.end(), group.begin(), group.end());
    }
    CORDON_TRY(file_->write(bytes));
    CORDON_TRY(file_->sync());
    CORDON_TRY(options_.disk->rename(path + ".new", path));
    return options_.disk->sync_directory(directory_);
}

void Log::take(std::vector<std::string> entries) {
    for (std::string& entry : entries) {
        const Hash256 hash =
            leaf_hash({reinterpret_cast<const uint8_t*>(entry.data()), entry.size()});
        levels_[0].push_back(hash);
        frontier_.add(hash);
        head_.push_back(std::move(entry));
    }
}

Status Log::write_group(std::vector<std::string> entries) {
    CORDON_TRY(file_->write(head_group(entries)));
    CORDON_TRY(file_->sync());
    take(std::move(entries));
    if (head_.size() >= options_.seal_entries) return seal();
    return {};
}

Status Log::write_file(const std::string& name, ByteView bytes) {
    const std::string path = directory_ + "/" + name;
    const std::string folder = path.substr(0, path.rfind('/'));
    CORDON_TRY(options_.disk->make_directory(folder));
    {
        CORDON_TRY(const std::unique_ptr<OutFile> file, options_.disk->create(path + ".new"));
        CORDON_TRY(file->write(bytes));
        CORDON_TRY(file->sync());
    }
    CORDON_TRY(options_.disk->rename(path + ".new", path));
    // Also the folders above: they may be new.
    for (std::string at = folder; at.size() >= directory_.size(); at.resize(at.rfind('/'))) {
        folders_.insert(at);
        if (at == directory_) break;
    }
    return {};
}

/// One sync for all names of a folder: sealing writes dozens of files.
Status Log::sync_folders() {
    // The deepest first: a name is there when its folder's own is.
    for (auto at = folders_.rbegin(); at != folders_.rend(); ++at)
        CORDON_TRY(options_.disk->sync_directory(*at));
    folders_.clear();
    return {};
}

Status Log::push(std::size_t level, const Hash256& hash) {
    if (levels_.size() <= level) levels_.resize(level + 1);
    levels_[level].push_back(hash);
    if (levels_[level].size() < kTileWidth) return {};
    const uint64_t index = (base_ + kTileWidth) / kTileWidth;  // Level-0 tiles that are full now.
    uint64_t tile = index;
    for (std::size_t i = 0; i < level; ++i) tile /= kTileWidth;
    CORDON_TRY(write_file(tile_path(static_cast<unsigned>(level), tile - 1, kTileWidth),
                          bytes_of(levels_[level])));
    const Hash256 root = tree_root(levels_[level]);
    levels_[level].clear();
    return push(level + 1, root);
}

/// The first kTileWidth entries of the head into a bundle and a tile.
Status Log::seal_one() {
    const std::span<const std::string> entries{head_.data(), kTileWidth};
    const std::span<const Hash256> leaves{levels_[0].data(), kTileWidth};
    const uint64_t index = base_ / kTileWidth;
    CORDON_TRY(write_file(tile_path(std::nullopt, index, kTileWidth), format_bundle(entries)));
    CORDON_TRY(write_file(tile_path(0, index, kTileWidth), bytes_of(leaves)));
    CORDON_TRY(push(1, tree_root(leaves)));
    head_.erase(head_.begin(), head_.begin() + kTileWidth);
    levels_[0].erase(levels_[0].begin(), levels_[0].begin() + kTileWidth);
    base_ += kTileWidth;
    return {};
}

Status Log::seal() {
    if (head_.size() < kTileWidth) return {};
    while (head_.size() >= kTileWidth) CORDON_TRY(seal_one());
    CORDON_TRY(sync_folders());
    return begin_head();
}

Result<uint64_t> Log::enqueue(std::string entry) {
    if (entry.size() > kMaxEntry)
        return fail(ErrorCode::kLimit, format("log entry of {} bytes: at most {}; put its digest "
                                              "into the log and the rest beside it",
                                              entry.size(), kMaxEntry));
    const std::lock_guard lock{mutex_};
    if (broken_) return fail(*broken_);
    waiting_.push_back(std::move(entry));
    return next_++;
}

Status Log::wait(uint64_t index) {
    std::unique_lock lock{mutex_};
    CORDON_CHECK(index < next_);
    while (index >= durable_) {
        if (broken_) return fail(*broken_);
        if (!is_writing_) {  // Nobody writes: this thread does, for all who wait.
            write_waiting(lock);
            lock.lock();
            continue;
        }
        const std::shared_ptr<Turn> turn = writing_ && index < writing_end_ ? writing_ : gathering_;
        ++turn->waiting;
        lock.unlock();
        {
            std::unique_lock of_turn{turn->mutex};
            turn->changed.wait(of_turn, [&] { return turn->is_over || turn->needs_leader; });
            if (turn->is_over) return turn->error ? Status{fail(*turn->error)} : Status{};
            turn->needs_leader = false;
        }
        lock.lock();
    }
    return {};
}

void Log::write_waiting(std::unique_lock<std::mutex>& lock) {
    is_writing_ = true;
    std::vector<std::string> group = std::exchange(waiting_, {});
    writing_ = std::exchange(gathering_, std::make_shared<Turn>());
    writing_end_ = next_;
    lock.unlock();
    const Status written = write_group(std::move(group));
    lock.lock();
    durable_ = frontier_.size();
    if (!written) broken_ = written.error();
    stop_writing(lock);
}

void Log::end_turn(Turn& turn, const std::optional<Error>& error) {
    {
        const std::lock_guard lock{turn.mutex};
        turn.is_over = true;
        turn.error = error;
    }
    turn.changed.notify_all();
}

void Log::stop_writing(std::unique_lock<std::mutex>& lock) {
    is_writing_ = false;
    const std::shared_ptr<Turn> over = std::exchange(writing_, nullptr);
    const std::shared_ptr<Turn> next = gathering_;
    const bool somebody_waits = next->waiting > 0;
    const std::optional<Error> error = broken_;
    // A group may be durable although what came after it failed.
    const std::optional<Error> error_over = durable_ >= writing_end_ ? std::nullopt : broken_;
    lock.unlock();
    changed_.notify_all();
    // The next leader first: the medium should not rest while the others wake up.
    if (somebody_waits) {
        if (error) {
            end_turn(*next, error);
        } else {
            const std::lock_guard of_turn{next->mutex};
            next->needs_leader = true;
            next->changed.notify_one();
        }
    }
    if (over) end_turn(*over, error_over);
}

Result<uint64_t> Log::append(std::string entry) {
    CORDON_TRY(const uint64_t index, enqueue(std::move(entry)));
    CORDON_TRY(wait(index));
    return index;
}

Status Log::read(uint64_t begin, uint64_t end,
                 const std::function<Status(uint64_t, std::string_view)>& visit) {
    uint64_t sealed = 0;
    std::vector<std::string> newest;  // Of the head, from `begin` on.
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return !is_writing_; });
        sealed = base_;
        end = std::min(end, durable_);
        if (begin < std::min(end, retention_.until))
            return fail(ErrorCode::kNotFound,
                        format("{}: entries before {} left by retention (anchor: entry {}); their "
                               "archive has them, if one was made",
                               directory_, retention_.until, retention_.anchor));
        for (uint64_t at = std::max(begin, base_); at < end; ++at)
            newest.push_back(head_[at - base_]);
    }
    const Tiles tiles{directory_, sealed};
    uint64_t at = begin;
    while (at < std::min(end, sealed)) {
        CORDON_TRY(const std::vector<std::string> entries, tiles.bundle(at / kTileWidth));
        for (uint64_t i = at % kTileWidth; i < entries.size() && at < end; ++i, ++at)
            CORDON_TRY(visit(at, entries[i]));
    }
    for (const std::string& entry : newest) CORDON_TRY(visit(at++, entry));
    return {};
}

uint64_t Log::size() const {
    const std::lock_guard lock{mutex_};
    return durable_;
}

Status Log::write_partials() {
    const uint64_t size = frontier_.size();
    if (!head_.empty())
        CORDON_TRY(write_file(tile_path(std::nullopt, base_ / kTileWidth, head_.size()),
                              format_bundle(head_)));
    uint64_t all = size;
    for (unsigned level = 0; level < levels_.size(); ++level, all /= kTileWidth)
        if (!levels_[level].empty())
            CORDON_TRY(write_file(tile_path(level, all / kTileWidth, levels_[level].size()),
                                  bytes_of(levels_[level])));
    return {};
}

Status Log::remove_partials(uint64_t size, uint64_t but) {
    const std::vector<std::string> kept = partials_of(but);
    for (const std::string& path : partials_of(size)) {
        if (std::find(kept.begin(), kept.end(), path) != kept.end()) continue;
        const std::string full = directory_ + "/" + path;
        if (std::filesystem::exists(full)) CORDON_TRY(options_.disk->remove(full));
    }
    return {};
}

Result<SignedNote> Log::publish() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !is_writing_; });
    if (broken_) return fail(*broken_);
    is_writing_ = true;
    lock.unlock();
    SignedNote note;
    const auto write = [&]() -> Status {
        CORDON_TRY(seal());
        CORDON_TRY(write_partials());
        CORDON_TRY(sync_folders());
        note.text =
            Checkpoint{key_.public_key().name, frontier_.size(), frontier_.root(), {}}.text();
        sign_note(note, key_);
        const std::string text = note.format();
        CORDON_TRY(
            write_file("checkpoint", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        CORDON_TRY(sync_folders());
        const uint64_t before = std::exchange(published_, frontier_.size());
        return remove_partials(before, published_);
    };
    const Status written = write();
    lock.lock();
    if (!written) broken_ = written.error();
    stop_writing(lock);
    if (!written) return fail(written.error());
    return note;
}

}  // namespace cordon::tlog
