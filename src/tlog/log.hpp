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
#include "retention.hpp"
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
    /// kNotFound: entries from `begin` on left by retention; first() is there.
    Status read(uint64_t begin, uint64_t end,
                const std::function<Status(uint64_t index, std::string_view entry)>& visit);
    /// Signs the tree as it is, writes its partial tiles, then the file `checkpoint`.
    Result<SignedNote> publish();

    struct Prune {
        /// The entries before it go: rounded down to whole bundles, and never the last one.
        uint64_t until = 0;
        /// A folder that becomes, or is, a log of all that left: it verifies alone. Empty: what
        /// leaves is deleted.
        std::string archive;
        std::optional<Hash256> snapshot;  ///< As the anchor says it.
        std::string by, why;
        UnixMillis now;
    };
    struct Pruned {
        Retention retention;
        uint64_t entries = 0, bytes = 0;  ///< That left now.
    };
    /// What prune() of so many entries would do; nothing is changed.
    Result<Pruned> would_prune(uint64_t until) const;
    /// Puts the anchor into the log, under a checkpoint, and drops the bundles before `until`; the
    /// hashes stay. Whenever it is killed, the log is whole: either nothing left yet, or open()
    /// goes on with it. With `until` 0 nothing leaves, and the anchor stands for its snapshot.
    /// kInvalidParam: nothing would leave; kConflict: the archive is another log's, or ends before
    /// what was dropped last time.
    Result<Pruned> prune(const Prune& order);
    /// The first entry that is there; those before it left.
    uint64_t first() const;
    Retention retention() const;

private:
    Log(std::string directory, SigningKey key, LogOptions options, WriterLock lock);

    /// Those who wait for one group, apart from the log's own lock: a hundred that wake up together
    /// would else stand in the way of whoever adds the next entries.
    struct Turn {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_over = false;        // Written, or failed.
        bool needs_leader = false;   // One of those who wait has to write it.
        std::optional<Error> error;  // With is_over.
        std::size_t waiting = 0;     // Under the log's lock.
    };
    static void end_turn(Turn& turn, const std::optional<Error>& error);
    /// Nobody writes any more: whoever has to go on is woken. Gives up the lock.
    void stop_writing(std::unique_lock<std::mutex>& lock);

    Status recover();
    void write_waiting(std::unique_lock<std::mutex>& lock);
    Status write_group(std::vector<std::string> entries);
    void take(std::vector<std::string> entries);
    Status seal();
    Status seal_one();
    Status begin_head();
    Status write_file(const std::string& path, ByteView bytes);
    Status sync_folders();
    Status push(std::size_t level, const Hash256& hash);
    Status write_partials();
    Status remove_partials(uint64_t size, uint64_t but);
    Status archive_until(const std::string& archive, uint64_t until, const SignedNote& checkpoint);
    Status set_retention(const Retention& retention);
    Status drop_bundles();

    const std::string directory_;
    const SigningKey key_;
    const LogOptions options_;
    const WriterLock lock_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;   // Nobody writes: for publish() and read().
    std::vector<std::string> waiting_;  // Entries that nobody writes yet.
    // Of those entries, and of the group that is being written: its leader and all who wait for it.
    std::shared_ptr<Turn> gathering_ = std::make_shared<Turn>();
    std::shared_ptr<Turn> writing_;
    uint64_t writing_end_ = 0;     // The first entry that is not in that group.
    uint64_t next_ = 0;            // Index of the entry that is given next.
    bool is_writing_ = false;      // A leader is at it, publish() or read().
    std::optional<Error> broken_;  // What made the log stop.
    uint64_t durable_ = 0;         // Entries, as size() tells.
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
    Retention retention_;  // Guarded by mutex_.
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
    /// Entries whose bytes left by retention, as an anchor in the log says: their hashes were
    /// compared.
    uint64_t left = 0;
    std::optional<uint64_t> anchor = {};  ///< Its entry.
    std::string left_by, left_why;
    UnixMillis left_at = {};
    bool left_archived = false;
};

/// Reads every entry and every hash of a log and compares them with its checkpoint: works on a
/// copied folder alone. kCorrupt names the file and the first byte that is not what was signed;
/// kChecksum: none of `keys` signed it (empty: signatures are not looked at). `trusted`, a
/// checkpoint seen earlier, must be a beginning of it (kConflict: the log was cut or forked).
/// Entries may be missing where an anchor in the log says so, and nowhere else.
Result<LogCheck> verify_log(const std::string& directory, std::span<const PublicKey> keys,
                            const std::optional<Checkpoint>& trusted = {});

/// That a log continues a checkpoint that was seen earlier, from its hashes alone. kConflict.
Status check_continues(const std::string& directory, const Checkpoint& trusted);

/// A witness: cosigns a checkpoint when it continues the last one it saw, which it keeps in a file
/// of its own (a USB stick, another site). kConflict, with both sizes: it does not; nothing is
/// signed and nothing is kept.
Result<SignedNote> cosign(const std::string& log_directory, const std::string& witness_file,
                          const PublicKey& log_key, const SigningKey& witness, UnixMillis now,
                          Disk& disk = system_disk());

}  // namespace cordon::tlog
