// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <cordon/base/disk.hpp>

#include "note.hpp"
#include "tree.hpp"

/// The tamper-evident log: entries that can be added and never changed, in the layout of C2SP
/// tlog-tiles (docs/formats/tlog.md), so that anybody can prove what is in it from its files.
namespace cordon::tlog {

inline constexpr uint64_t kTileWidth = 256;      ///< Hashes of a tile, entries of a bundle.
inline constexpr unsigned kTileHeight = 8;       ///< Levels of the tree in a tile.
inline constexpr std::size_t kMaxEntry = 65535;  ///< Bytes of an entry (tlog-tiles).

/// "tile/0/x001/234", "tile/entries/067.p/12": the path of a tile of a level, or of a bundle of
/// entries (level none), with `width` hashes or entries (1..256).
std::string tile_path(std::optional<unsigned> level, uint64_t index, uint64_t width);

struct LogOptions {
    Disk* disk = &system_disk();
    /// The newest entries lie in one file of whole groups (`head`) until so many are there; then
    /// they go into tiles. Multiple of kTileWidth.
    uint64_t seal_entries = 16 * kTileWidth;
};

/// The only writer of a log. Thread safety: every call, from any number of threads.
class Log {
public:
    /// Opens or creates the log in a directory. What was acknowledged before is there; a group that
    /// was being written when the process or the machine died is gone. `key` signs its checkpoints;
    /// its name is the origin. kLocked: another process writes; kCorrupt with file and offset:
    /// acknowledged bytes are damaged; kConflict: the log has another origin.
    static Result<std::unique_ptr<Log>> open(std::string directory, SigningKey key,
                                             LogOptions options = {});
    ~Log();

    /// Puts an entry behind all that were given before, and gives its index. Cheap: for callers who
    /// decide under a lock of their own, so that the order of entries is that of decisions. Nobody
    /// may hear of it before wait(). kLimit above kMaxEntry bytes; the Error that stopped the log.
    Result<uint64_t> enqueue(std::string entry);
    /// Until the entry of this index, and every one before it, is durable. Those who wait at the
    /// same time share one sync (group commit). kIo, kNoSpace: it is not acknowledged (opening the
    /// log again tells whether it is there), and nothing can be added any more until then.
    /// REQUIRES: enqueue() gave the index.
    Status wait(uint64_t index);
    /// enqueue() and wait().
    Result<uint64_t> append(std::string entry);
    /// How many entries are durable.
    uint64_t size() const;
    /// Visits the durable entries [begin, end), in order; `end` beyond size() means size(). Entries
    /// that are added meanwhile are not visited. The first Error of `visit` ends it and is given.
    /// kNotFound: retention has dropped them.
    Status read(uint64_t begin, uint64_t end,
                const std::function<Status(uint64_t index, std::string_view entry)>& visit);
    /// Signs the tree as it is, writes its partial tiles, then the file `checkpoint`.
    Result<SignedNote> publish();

private:
    Log(std::string directory, SigningKey key, LogOptions options, WriterLock lock);

    Status recover();
    void write_waiting(std::unique_lock<std::mutex>& lock);
    Status write_group(const std::vector<std::string>& entries);
    void take(const std::vector<std::string>& entries);
    Status seal();
    Status seal_one();
    Status begin_head();
    Status write_file(const std::string& path, ByteView bytes);
    Status sync_folders();
    Status push(std::size_t level, const Hash256& hash);
    Status write_partials();
    Status remove_partials(uint64_t size, uint64_t but);

    const std::string directory_;
    const SigningKey key_;
    const LogOptions options_;
    const WriterLock lock_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> waiting_;  // Entries that nobody writes yet.
    uint64_t next_ = 0;                 // Index of the entry that is given next.
    bool is_writing_ = false;           // A leader is at it, publish() or read().
    std::optional<Error> broken_;       // What made the log stop.
    uint64_t durable_ = 0;              // Entries, as size() tells.
    // Changed by whoever set is_writing_, and by nobody else.
    uint64_t base_ = 0;              // First entry of the head: a multiple of kTileWidth.
    std::vector<std::string> head_;  // Entries from base_ on.
    // levels_[L]: hashes at level L * kTileHeight that are in no full tile yet. levels_[0] are the
    // leaves of head_.
    std::vector<std::vector<Hash256>> levels_;
    Frontier frontier_;
    std::unique_ptr<OutFile> file_;
    std::set<std::string> folders_;  // With new names that are not synced yet.
    uint64_t published_ = 0;
};

/// The files of a log, for readers: as a copy, a backup or a live directory. Confined to one
/// thread.
class Tiles final : public NodeSource {
public:
    explicit Tiles(std::string directory, uint64_t size) noexcept
        : directory_{std::move(directory)}, size_{size} {}
    Result<Hash256> node(unsigned level, uint64_t index) const override;
    Result<std::string> entry(uint64_t index) const;
    /// The entries [index * kTileWidth, (index + 1) * kTileWidth), or those that there are.
    Result<std::vector<std::string>> bundle(uint64_t index) const;

private:
    Result<const Bytes*> tile(std::optional<unsigned> level, uint64_t index) const;
    std::string directory_;
    uint64_t size_;
    mutable std::map<std::string, Bytes> cache_;
};

/// The signed checkpoint of a directory. kNotFound: it was never published.
Result<SignedNote> read_checkpoint(const std::string& directory);

struct LogCheck {
    Checkpoint checkpoint;
    std::vector<std::string> signers;  ///< Of the keys that were asked for.
    uint64_t entries = 0;              ///< Whose hashes were compared.
    uint64_t beyond = 0;               ///< Durable in the head, not yet under a checkpoint.
};

/// Reads every entry and every hash of a log and compares them with its checkpoint: works on a
/// copied folder alone. kCorrupt names the file and the first byte that is not what was signed;
/// kChecksum: none of `keys` signed it (empty: signatures are not looked at). `trusted`, a
/// checkpoint seen earlier, must be a beginning of it (kConflict: the log was cut or forked).
Result<LogCheck> verify_log(const std::string& directory, std::span<const PublicKey> keys,
                            const std::optional<Checkpoint>& trusted = {});

/// A witness: cosigns a checkpoint when it continues the last one it saw, which it keeps in a file
/// of its own (a USB stick, another site). kConflict, with both sizes: it does not; nothing is
/// signed and nothing is kept.
Result<SignedNote> cosign(const std::string& log_directory, const std::string& witness_file,
                          const PublicKey& log_key, const SigningKey& witness, UnixMillis now,
                          Disk& disk = system_disk());

}  // namespace cordon::tlog
