// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "head.hpp"
#include "log.hpp"

namespace cordon::tlog {

std::string tile_path(std::optional<unsigned> level, uint64_t index, uint64_t width) {
    CORDON_CHECK(width >= 1 && width <= kTileWidth);
    std::string number = format("{:03}", index % 1000);
    for (uint64_t rest = index / 1000; rest > 0; rest /= 1000)
        number = format("x{:03}/{}", rest % 1000, number);
    std::string path =
        level ? format("tile/{}/{}", *level, number) : format("tile/entries/{}", number);
    if (width < kTileWidth) path += format(".p/{}", width);
    return path;
}

Result<const Bytes*> Tiles::tile(std::optional<unsigned> level, uint64_t index) const {
    const uint64_t all = size_ >> (level.value_or(0) * kTileHeight);
    const uint64_t begin = index * kTileWidth;
    if (begin >= all)
        return fail(ErrorCode::kNotFound, format("{}: the log ends before tile {} of level {}",
                                                 directory_, index, level.value_or(0)));
    const uint64_t width = std::min(kTileWidth, all - begin);
    const std::string path = tile_path(level, index, width);
    if (const auto known = cache_.find(path); known != cache_.end()) return &known->second;
    constexpr std::size_t kCached = 1024;  // 8 MiB of hashes: a walk along the log does not grow.
    if (cache_.size() >= kCached) cache_.clear();
    CORDON_TRY(Bytes bytes, read_file(directory_ + "/" + path));
    if (level && bytes.size() != width * sizeof(Hash256))
        return fail(ErrorCode::kCorrupt,
                    format("{}/{}: offset {}: expected {} hashes of 32 bytes", directory_, path,
                           std::min<uint64_t>(bytes.size(), width * sizeof(Hash256)), width));
    return &cache_.emplace(path, std::move(bytes)).first->second;
}

Result<Hash256> Tiles::node(unsigned level, uint64_t index) const {
    const unsigned tile_level = level / kTileHeight;
    const unsigned height = level % kTileHeight;
    const uint64_t first = index << height;
    const Result<const Bytes*> bytes = tile(tile_level, first / kTileWidth);
    if (!bytes) {
        // Partial tiles of upper levels are written with a checkpoint only: the tiles below tell.
        if (tile_level == 0 || bytes.error().code != ErrorCode::kNotFound)
            return fail(bytes.error());
        CORDON_TRY(const Hash256 left, node(level - 1, index * 2));
        CORDON_TRY(const Hash256 right, node(level - 1, index * 2 + 1));
        return node_hash(left, right);
    }
    std::vector<Hash256> hashes(std::size_t{1} << height);
    const std::size_t offset = first % kTileWidth * sizeof(Hash256);
    if (offset + hashes.size() * sizeof(Hash256) > (*bytes)->size())
        return fail(ErrorCode::kNotFound, format("{}: the log ends before node {} of level {}",
                                                 directory_, index, level));
    std::memcpy(hashes.data(), (*bytes)->data() + offset, hashes.size() * sizeof(Hash256));
    return tree_root(hashes);
}

Result<std::vector<std::string>> Tiles::bundle(uint64_t index) const {
    CORDON_TRY(const Bytes* bytes, tile(std::nullopt, index));
    const uint64_t count = std::min(kTileWidth, size_ - index * kTileWidth);
    const std::string path = directory_ + "/" + tile_path(std::nullopt, index, count);
    CORDON_TRY(std::vector<std::string> entries, parse_bundle(path, *bytes));
    if (entries.size() != count)
        return fail(ErrorCode::kCorrupt, format("{}: offset {}: it holds {} entries instead of {}",
                                                path, bytes->size(), entries.size(), count));
    return entries;
}

Result<std::string> Tiles::entry(uint64_t index) const {
    if (index >= size_)
        return fail(ErrorCode::kNotFound,
                    format("{}: no entry {}: the log has {}", directory_, index, size_));
    CORDON_TRY(std::vector<std::string> entries, bundle(index / kTileWidth));
    return std::move(entries[index % kTileWidth]);
}

Result<SignedNote> read_checkpoint(const std::string& directory) {
    const std::string path = directory + "/checkpoint";
    CORDON_TRY(const Bytes bytes, read_file(path));
    Result<SignedNote> note =
        parse_note({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    // It was written whole: what is none any more was damaged since.
    if (!note) return fail(Error{ErrorCode::kCorrupt, note.error().message}.in(path));
    if (const auto checkpoint = parse_checkpoint(note->text); !checkpoint)
        return fail(Error{ErrorCode::kCorrupt, checkpoint.error().message}.in(path));
    return note;
}

}  // namespace cordon::tlog
