// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "copy.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>

#include "head.hpp"
#include "link.hpp"

namespace cordon::tlog {
namespace {

namespace fs = std::filesystem;

ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Full tiles and, behind them, the entries of a head.
class WithHead final : public NodeSource {
public:
    WithHead(const Tiles& tiles, const Head& head) : tiles_{tiles}, base_{head.base} {
        for (const std::string& entry : head.entries) leaves_.push_back(leaf_hash(bytes_of(entry)));
    }
    Result<Hash256> node(unsigned level, uint64_t index) const override {
        if ((index + 1) << level <= base_) return tiles_.node(level, index);
        if (level == 0) {
            if (index - base_ < leaves_.size()) return leaves_[index - base_];
            return fail(ErrorCode::kNotFound, format("the log ends before entry {}", index));
        }
        CORDON_TRY(const Hash256 left, node(level - 1, index * 2));
        CORDON_TRY(const Hash256 right, node(level - 1, index * 2 + 1));
        return node_hash(left, right);
    }

private:
    const Tiles& tiles_;
    uint64_t base_;
    std::vector<Hash256> leaves_;
};

Result<LogCopy> copy_once(const std::string& from, const std::string& to, Disk& disk) {
    LogCopy copy;
    std::optional<SignedNote> note;
    // In this order: tiles only ever grow, so those that the head builds on are there.
    if (auto read = read_checkpoint(from)) {
        note = std::move(*read);
        CORDON_TRY(copy.checkpoint, parse_checkpoint(note->text));
    } else if (read.error().code != ErrorCode::kNotFound) {
        return fail(read.error());
    }
    CORDON_TRY(const Bytes bytes, read_file(from + "/head", true));
    CORDON_TRY(const Head head, parse_head(from + "/head", bytes));
    copy.origin = head.origin;
    copy.entries = head.base + head.entries.size();
    if (copy.checkpoint && copy.checkpoint->size > copy.entries)
        return fail(ErrorCode::kCorrupt,
                    format("{}/head: ends at entry {}, but the checkpoint speaks of {}", from,
                           copy.entries, copy.checkpoint->size));
    CORDON_TRY(disk.make_directory(to));
    std::set<std::string> folders{to};
    const auto take = [&](const std::string& name) -> Status {
        const std::string path = to + "/" + name;
        for (std::string at = path.substr(0, path.rfind('/')); at != to; at.resize(at.rfind('/')))
            folders.insert(at);
        return link_file(disk, from + "/" + name, path);
    };
    unsigned level = 0;
    for (uint64_t all = head.base; all >= kTileWidth; all /= kTileWidth, ++level)
        for (uint64_t index = 0; index < all / kTileWidth; ++index)
            CORDON_TRY(take(tile_path(level, index, kTileWidth)));
    // The newest first: retention takes the oldest, and says so before.
    for (uint64_t index = head.base / kTileWidth; index-- > 0;) {
        const Status taken = take(tile_path(std::nullopt, index, kTileWidth));
        if (taken) continue;
        if (taken.error().code != ErrorCode::kNotFound) return fail(taken.error());
        CORDON_TRY(const Retention retention, read_retention(from));
        if ((index + 1) * kTileWidth > retention.until) return fail(taken.error());
        copy.first = std::max(copy.first, (index + 1) * kTileWidth);
    }
    CORDON_TRY(const Retention retention, read_retention(from));
    if (retention != Retention{})
        CORDON_TRY(write_whole(disk, retention_path(to), bytes_of(format_retention(retention))));
    if (copy.checkpoint) {
        const uint64_t size = copy.checkpoint->size;
        if (retention.anchor >= size && retention != Retention{})
            return fail(ErrorCode::kNotFound,
                        format("{}: entries left while it was copied; try again", from));
        const Tiles tiles{to, head.base};
        CORDON_TRY(write_partial_tiles(disk, WithHead{tiles, head}, size, to, folders));
        if (size % kTileWidth != 0) {
            const uint64_t begin = size - size % kTileWidth;
            std::vector<std::string> entries;
            if (begin >= head.base) {
                const auto at =
                    head.entries.begin() + static_cast<std::ptrdiff_t>(begin - head.base);
                entries.assign(at, at + static_cast<std::ptrdiff_t>(size - begin));
            } else {
                CORDON_TRY(entries, tiles.bundle(begin / kTileWidth));
                entries.resize(size - begin);
            }
            const std::string path =
                to + "/" + tile_path(std::nullopt, begin / kTileWidth, size - begin);
            for (std::string at = path.substr(0, path.rfind('/')); at != to;
                 at.resize(at.rfind('/')))
                folders.insert(at);
            CORDON_TRY(write_whole(disk, path, format_bundle(entries)));
        }
        CORDON_TRY(write_whole(disk, to + "/checkpoint", bytes_of(note->format())));
    }
    CORDON_TRY(write_whole(disk, to + "/head", ByteView{bytes}.first(head.size)));
    for (auto at = folders.rbegin(); at != folders.rend(); ++at)
        CORDON_TRY(disk.sync_directory(*at));
    return copy;
}

}  // namespace

Status link_file(Disk& disk, const std::string& from, const std::string& to) {
    std::error_code error;
    if (fs::exists(to, error)) return {};
    CORDON_TRY(disk.make_directory(to.substr(0, to.rfind('/'))));
    fs::create_hard_link(from, to, error);
    if (!error) return {};
    if (error == std::errc::no_such_file_or_directory)
        return fail(ErrorCode::kNotFound, format("{}: is not there", from));
    CORDON_TRY(const Bytes bytes, read_file(from));
    return write_whole(disk, to, bytes);
}

Status write_whole(Disk& disk, const std::string& path, ByteView bytes) {
    CORDON_TRY(disk.make_directory(path.substr(0, path.rfind('/'))));
    {
        CORDON_TRY(const std::unique_ptr<OutFile> file, disk.create(path + ".new"));
        CORDON_TRY(file->write(bytes));
        CORDON_TRY(file->sync());
    }
    return disk.rename(path + ".new", path);
}

Status write_partial_tiles(Disk& disk, const NodeSource& nodes, uint64_t size,
                           const std::string& directory, std::set<std::string>& folders) {
    unsigned level = 0;
    for (uint64_t all = size; all > 0; all /= kTileWidth, ++level) {
        const uint64_t width = all % kTileWidth;
        if (width == 0) continue;
        Bytes bytes;
        for (uint64_t index = all - width; index < all; ++index) {
            CORDON_TRY(const Hash256 hash, nodes.node(level * kTileHeight, index));
            bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
        }
        const std::string path = directory + "/" + tile_path(level, all / kTileWidth, width);
        for (std::string at = path.substr(0, path.rfind('/')); at != directory;
             at.resize(at.rfind('/')))
            folders.insert(at);
        CORDON_TRY(write_whole(disk, path, bytes));
    }
    return {};
}

Result<LogCopy> copy_log(const std::string& from, const std::string& to, Disk& disk) {
    std::error_code error;
    if (fs::exists(to, error))
        return fail(ErrorCode::kConflict, format("{}: is there already", to));
    // Its writer may seal, publish or drop in between.
    constexpr int kTries = 5;
    for (int tried = 1;; ++tried) {
        Result<LogCopy> copy = copy_once(from, to, disk);
        if (copy) return copy;
        fs::remove_all(to, error);
        if (copy.error().code != ErrorCode::kNotFound || tried == kTries ||
            !fs::exists(from + "/head", error))
            return copy;
    }
}

}  // namespace cordon::tlog
