// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>

#include "head.hpp"
#include "log.hpp"

namespace cordon::tlog {
namespace {

/// A place whose bytes are not what they should be.
struct Difference {
    std::string path;
    uint64_t offset = 0;
    std::string what;
};

Error damaged(const std::string& directory, const Difference& difference) {
    return {ErrorCode::kCorrupt, format("{}/{}: offset {}: {}", directory, difference.path,
                                        difference.offset, difference.what)};
}

/// Walks along the log, from its entries up: what tiles should hold comes from the level below.
class Walk {
public:
    Walk(const std::string& directory, uint64_t size, uint64_t may_miss)
        : directory_{directory}, size_{size}, may_miss_{may_miss} {}

    Status run() {
        for (uint64_t index = 0; index * kTileWidth < size_; ++index) CORDON_TRY(bundle(index));
        for (unsigned level = 1; level < levels_.size(); ++level)
            if (!levels_[level].empty()) CORDON_TRY(compare_tile(level, levels_[level].size()));
        return {};
    }
    Hash256 root() const noexcept { return frontier_.root(); }
    /// The first entry, and the first hash of a tile, that do not belong together.
    const std::optional<Difference>& entry() const noexcept { return entry_; }
    const std::optional<Difference>& hash() const noexcept { return hash_; }
    uint64_t entries() const noexcept { return frontier_.size() - left_; }
    /// Whose bytes are not there, where that is allowed.
    uint64_t left() const noexcept { return left_; }

private:
    Status bundle(uint64_t index) {
        const uint64_t width = std::min(kTileWidth, size_ - index * kTileWidth);
        const std::string path = tile_path(std::nullopt, index, width);
        const Result<Bytes> bundle = read_file(directory_ + "/" + path);
        if (!bundle && bundle.error().code == ErrorCode::kNotFound) {
            if ((index + 1) * kTileWidth <= may_miss_) return leave(index);
            return fail(
                ErrorCode::kCorrupt,
                format("{}/{}: is missing, and no anchor in the log says that entries {} "
                       "to {} left; take it from a backup",
                       directory_, path, index * kTileWidth, index * kTileWidth + width - 1));
        }
        if (!bundle) return fail(bundle.error());
        const Bytes& bytes = *bundle;
        CORDON_TRY(const std::vector<std::string> entries,
                   parse_bundle(directory_ + "/" + path, bytes));
        if (entries.size() != width)
            return fail(damaged(
                directory_, {path, bytes.size(),
                             format("it holds {} entries instead of {}", entries.size(), width)}));
        std::vector<Hash256> leaves;
        for (const std::string& entry : entries)
            leaves.push_back(
                leaf_hash({reinterpret_cast<const uint8_t*>(entry.data()), entry.size()}));
        CORDON_TRY(const std::optional<uint64_t> first, compare(0, index, leaves));
        if (first && !entry_) {
            uint64_t offset = 0;
            for (uint64_t i = 0; i < *first; ++i) offset += 2 + entries[i].size();
            entry_ = {path, offset,
                      format("entry {} is not the one whose hash was signed",
                             index * kTileWidth + *first)};
        }
        for (const Hash256& leaf : leaves) frontier_.add(leaf);
        if (width == kTileWidth) CORDON_TRY(push(1, tree_root(leaves)));
        return {};
    }

    /// Of entries that left, the hashes that stayed: the root tells whether they are right.
    Status leave(uint64_t index) {
        const std::string path = tile_path(0, index, kTileWidth);
        CORDON_TRY(const Bytes bytes, read_file(directory_ + "/" + path));
        if (bytes.size() != kTileWidth * sizeof(Hash256))
            return fail(damaged(directory_, {path, bytes.size(), "expected 256 hashes"}));
        std::vector<Hash256> leaves(kTileWidth);
        std::memcpy(leaves.data(), bytes.data(), bytes.size());
        for (const Hash256& leaf : leaves) frontier_.add(leaf);
        left_ += kTileWidth;
        return push(1, tree_root(leaves));
    }

    Status push(unsigned level, const Hash256& hash) {
        if (levels_.size() <= level) levels_.resize(level + 1), done_.resize(level + 1);
        levels_[level].push_back(hash);
        if (levels_[level].size() < kTileWidth) return {};
        CORDON_TRY(compare_tile(level, kTileWidth));
        const Hash256 root = tree_root(levels_[level]);
        levels_[level].clear();
        ++done_[level];
        return push(level + 1, root);
    }

    Status compare_tile(unsigned level, uint64_t) {
        CORDON_TRY(compare(level, done_[level], levels_[level]));
        return {};
    }

    /// Which hash of the tile is the first that differs.
    Result<std::optional<uint64_t>> compare(unsigned level, uint64_t index,
                                            std::span<const Hash256> wanted) {
        const std::string path = tile_path(level, index, wanted.size());
        CORDON_TRY(const Bytes bytes, read_file(directory_ + "/" + path));
        if (bytes.size() != wanted.size() * sizeof(Hash256))
            return fail(
                damaged(directory_,
                        {path, std::min<uint64_t>(bytes.size(), wanted.size() * sizeof(Hash256)),
                         format("expected {} hashes of 32 bytes", wanted.size())}));
        for (uint64_t i = 0; i < wanted.size(); ++i) {
            const uint8_t* stored = bytes.data() + i * sizeof(Hash256);
            const auto [own, theirs] =
                std::mismatch(wanted[i].bytes.begin(), wanted[i].bytes.end(), stored);
            if (own == wanted[i].bytes.end()) continue;
            if (!hash_)
                hash_ = {path, static_cast<uint64_t>(theirs - bytes.data()),
                         "the hash is not that of what lies below it"};
            return i;
        }
        return std::nullopt;
    }

    const std::string& directory_;
    uint64_t size_;
    uint64_t may_miss_;
    uint64_t left_ = 0;
    Frontier frontier_;
    std::vector<std::vector<Hash256>> levels_;
    std::vector<uint64_t> done_;
    std::optional<Difference> entry_, hash_;
};

/// Entries of the head beyond the checkpoint; those below it must be the signed ones.
Result<uint64_t> check_head(const std::string& directory, const Checkpoint& checkpoint) {
    const std::string path = directory + "/head";
    if (!std::filesystem::exists(path)) return 0;  // A copy for readers has none.
    CORDON_TRY(const Bytes bytes, read_file(path));
    CORDON_TRY(const Head head, parse_head(path, bytes));
    const Tiles tiles{directory, checkpoint.size};
    for (std::size_t i = 0; i < head.entries.size() && head.base + i < checkpoint.size; ++i) {
        CORDON_TRY(const std::string signed_entry, tiles.entry(head.base + i));
        if (signed_entry != head.entries[i])
            return fail(ErrorCode::kCorrupt,
                        format("{}: entry {} is not the one that was signed", path, head.base + i));
    }
    const uint64_t end = head.base + head.entries.size();
    if (end < checkpoint.size)
        return fail(ErrorCode::kCorrupt,
                    format("{}: offset {}: ends at entry {}, but the checkpoint speaks of {}", path,
                           head.size, end, checkpoint.size));
    return end - checkpoint.size;
}

Status check_trusted(const std::string& directory, const Checkpoint& checkpoint,
                     const Checkpoint& trusted) {
    const auto conflict = [&](std::string_view why) {
        return fail(ErrorCode::kConflict,
                    format("{}: its checkpoint of {} entries does not continue the one of {} that "
                           "was seen before: {}",
                           directory, checkpoint.size, trusted.size, why));
    };
    if (trusted.origin != checkpoint.origin) return conflict("another log");
    if (trusted.size > checkpoint.size) return conflict("entries were cut off");
    if (trusted.size == 0) return {};  // Every log continues an empty one.
    const Tiles tiles{directory, checkpoint.size};
    CORDON_TRY(const std::vector<Hash256> proof,
               prove_consistency(tiles, trusted.size, checkpoint.size));
    if (!verify_consistency(trusted.size, checkpoint.size, trusted.root, checkpoint.root, proof))
        return conflict("entries were changed");
    return {};
}

/// The anchor of what left: in the tree, and true of it.
Result<Anchor> check_anchor(const std::string& directory, const Checkpoint& checkpoint,
                            const Retention& retention) {
    const auto untrue = [&](std::string_view why) {
        return fail(ErrorCode::kCorrupt,
                    format("{}: says that entries before {} left by entry {}, {}: they did not "
                           "leave by intent; take them from a backup",
                           retention_path(directory), retention.until, retention.anchor, why));
    };
    if (retention.anchor >= checkpoint.size) return untrue("which no checkpoint holds yet");
    const Tiles tiles{directory, checkpoint.size};
    CORDON_TRY(const std::string entry, tiles.entry(retention.anchor));
    CORDON_TRY(std::optional<Anchor> anchor, parse_anchor(entry));
    if (!anchor) return untrue("which is no anchor");
    if (anchor->until != retention.until)
        return untrue(format("which speaks of those before {}", anchor->until));
    CORDON_TRY(const Checkpoint left, parse_checkpoint(anchor->checkpoint.text));
    CORDON_TRY(const Hash256 root, root_of(tiles, anchor->until));
    if (left.origin != checkpoint.origin || left.root != root)
        return untrue("whose checkpoint is not of them");
    return *std::move(anchor);
}

}  // namespace

Status check_continues(const std::string& directory, const Checkpoint& trusted) {
    CORDON_TRY(const SignedNote note, read_checkpoint(directory));
    CORDON_TRY(const Checkpoint checkpoint, parse_checkpoint(note.text));
    return check_trusted(directory, checkpoint, trusted);
}

Result<LogCheck> verify_log(const std::string& directory, std::span<const PublicKey> keys,
                            const std::optional<Checkpoint>& trusted) {
    CORDON_TRY(const SignedNote note, read_checkpoint(directory));
    LogCheck check;
    CORDON_TRY(check.checkpoint, parse_checkpoint(note.text));
    for (const PublicKey& key : keys)
        if (is_signed_by(note, key)) check.signers.push_back(key.name);
    if (check.signers.empty() && !keys.empty())
        return fail(ErrorCode::kChecksum,
                    format("{}/checkpoint: none of the given keys signed it", directory));
    CORDON_TRY(const Retention retention, read_retention(directory));
    Walk walk{directory, check.checkpoint.size, retention.until};
    CORDON_TRY(walk.run());
    if (walk.root() != check.checkpoint.root) {
        if (walk.entry()) return fail(damaged(directory, *walk.entry()));
        return fail(ErrorCode::kConflict,
                    format("{}: entries and tiles agree with each other, but not with the signed "
                           "checkpoint: the log was rewritten",
                           directory));
    }
    if (walk.hash()) return fail(damaged(directory, *walk.hash()));
    check.entries = walk.entries();
    check.left = walk.left();
    if (check.left > 0) {
        CORDON_TRY(const Anchor anchor, check_anchor(directory, check.checkpoint, retention));
        check.anchor = retention.anchor;
        check.left_by = anchor.by;
        check.left_why = anchor.why;
        check.left_at = anchor.time;
        check.left_archived = anchor.archived;
    }
    if (trusted) CORDON_TRY(check_trusted(directory, check.checkpoint, *trusted));
    CORDON_TRY(check.beyond, check_head(directory, check.checkpoint));
    return check;
}

Result<SignedNote> cosign(const std::string& log_directory, const std::string& witness_file,
                          const PublicKey& log_key, const SigningKey& witness, UnixMillis now,
                          Disk& disk) {
    CORDON_TRY(SignedNote note, read_checkpoint(log_directory));
    if (!is_signed_by(note, log_key))
        return fail(ErrorCode::kChecksum,
                    format("{}/checkpoint: {} did not sign it", log_directory, log_key.name));
    CORDON_TRY(const Checkpoint checkpoint, parse_checkpoint(note.text));
    const Result<Bytes> last = read_file(witness_file);
    if (!last && last.error().code != ErrorCode::kNotFound) return fail(last.error());
    if (last) {
        Result<SignedNote> before =
            parse_note({reinterpret_cast<const char*>(last->data()), last->size()});
        if (!before) return fail(before.error().in(witness_file));
        if (!is_signed_by(*before, witness.public_key()))
            return fail(ErrorCode::kChecksum,
                        format("{}: was not written by this witness", witness_file));
        CORDON_TRY(const Checkpoint trusted, parse_checkpoint(before->text));
        CORDON_TRY(check_trusted(log_directory, checkpoint, trusted));
    }
    sign_note(note, witness, now);
    const std::string text = note.format();
    {
        CORDON_TRY(const std::unique_ptr<OutFile> file, disk.create(witness_file + ".new"));
        CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        CORDON_TRY(file->sync());
    }
    CORDON_TRY(disk.rename(witness_file + ".new", witness_file));
    const std::string folder = std::filesystem::path{witness_file}.parent_path().string();
    CORDON_TRY(disk.sync_directory(folder.empty() ? "." : folder));
    return note;
}

}  // namespace cordon::tlog
