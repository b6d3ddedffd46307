// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A backup is staged in a folder beside its target, store by store, and packed from there.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include <sodium.h>
#include <boost/json.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/records/files.hpp>
#include <cordon/tlog/copy.hpp>

#include "backup_parts.hpp"
#include "digest.hpp"
#include "ledger_care.hpp"
#include "sealed_text.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

/// What is copied first refers to what is copied later: a case to archives, a checkpoint of the
/// watch to alerts (it finds those after it again), a breaker in the gate's log to the alert that
/// tripped it.
enum class Rank : uint8_t { kCases, kFiles, kLogs, kAccounts, kAlerts, kLedger };

struct Found {
    Rank rank{};
    BackupPart part;
    bool is_secret = false;
};

bool is_passing(const std::string& name) {
    for (const std::string_view end :
         {".lock", ".new", ".tmp", ".part", "-wal", "-shm", "-journal"})
        if (name.ends_with(end)) return true;
    return name == "lock";
}

/// A key, or who may come in: whoever has these can speak for this installation.
bool is_key(const std::string& name) { return name.ends_with(".key"); }

bool is_sqlite(const std::string& path) {
    constexpr std::string_view kMagic = "SQLite format 3";
    const auto file = MappedFile::open(path);
    if (!file || file->bytes().size() < kMagic.size()) return false;
    return std::equal(kMagic.begin(), kMagic.end(), file->bytes().begin());
}

/// "cordon ledger N" of its file FORMAT.
Result<int64_t> ledger_version(const std::string& directory) {
    CORDON_TRY(const Bytes bytes, read_file(directory + "/FORMAT"));
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    constexpr std::string_view kBegin = "cordon ledger ";
    int64_t version = 0;
    if (text.starts_with(kBegin))
        std::from_chars(text.data() + kBegin.size(), text.data() + text.size(), version);
    if (version > 0) return version;
    return fail(ErrorCode::kCorrupt, format("{}/FORMAT: expected \"{}N\"", directory, kBegin));
}

class Survey {
public:
    explicit Survey(const BackupRequest& request) : request_{request} {}

    Result<std::vector<Found>> run() {
        CORDON_TRY(look(request_.data, ""));
        std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
            return std::pair{a.rank, a.part.path} < std::pair{b.rank, b.part.path};
        });
        return std::move(found_);
    }

private:
    Status look(const std::string& directory, const std::string& path) {
        std::error_code error;
        if (is_ledger(directory)) {
            CORDON_TRY(const int64_t version, ledger_version(directory));
            found_.push_back({Rank::kLedger, {.path = path, .kind = "ledger", .version = version}});
            return {};
        }
        if (fs::exists(directory + "/head", error)) {
            const bool is_gate = fs::exists(fs::path{directory}.parent_path() / "gate.key", error);
            found_.push_back(
                {Rank::kLogs, {.path = path, .kind = is_gate ? "gate" : "log", .version = 1}});
            return {};
        }
        CORDON_TRY(const std::vector<std::string> names, list_directory(directory));
        for (const std::string& name : names) {
            if (is_passing(name)) continue;
            const std::string full = directory + "/" + name;
            const std::string within = path.empty() ? name : path + "/" + name;
            const auto status = fs::symlink_status(full, error);
            if (fs::is_directory(status)) {
                CORDON_TRY(look(full, within));
            } else if (fs::is_regular_file(status)) {
                CORDON_TRY(file(full, within, name));
            } else if (fs::exists(status)) {
                return fail(ErrorCode::kUnsupported,
                            format("{}: is neither a file nor a directory; a backup holds no links "
                                   "and sockets: put what it points to in its place, or elsewhere",
                                   full));
            }
        }
        return {};
    }

    Status file(const std::string& full, const std::string& within, const std::string& name) {
        if (!is_member_name(within))
            return fail(ErrorCode::kInvalidParam,
                        format("{}: a backup takes names of letters, digits, '.', '_' and '-'; "
                               "rename it, or put it elsewhere",
                               full));
        if (!is_sqlite(full)) {
            found_.push_back({Rank::kFiles, {.path = within, .kind = "file"}, is_key(name)});
            return {};
        }
        const auto store = records::store_file(full);
        if (!store && store.error().code == ErrorCode::kNotFound) return {};  // Empty yet.
        // A copy that a migration kept beside it may be older than any that is read now.
        if (!store) return fail(store.error());
        const Rank rank = store->kind == "cases"      ? Rank::kCases
                          : store->kind == "accounts" ? Rank::kAccounts
                                                      : Rank::kAlerts;
        found_.push_back(
            {rank,
             {.path = within, .kind = std::string{store->kind}, .version = store->version},
             store->kind == "accounts"});
        return {};
    }

    const BackupRequest& request_;
    std::vector<Found> found_;
};

/// Removes the staging folder, whatever happens.
class Stage {
public:
    static Result<Stage> open(const std::string& path) {
        CORDON_TRY(system_disk().make_directory(path));
        Stage stage{path};
        // Another backup into the same file; one that died has left its folder, and no lock.
        CORDON_TRY(WriterLock lock, WriterLock::take(path + "/lock"));
        stage.lock_.emplace(std::move(lock));
        std::error_code error;
        fs::remove_all(path + "/data", error);
        fs::remove_all(path + "/settings", error);
        fs::permissions(path, fs::perms::owner_all, error);
        return stage;
    }
    Stage(Stage&& other) noexcept
        : path_{std::exchange(other.path_, {})}, lock_{std::move(other.lock_)} {}
    Stage& operator=(Stage&&) = delete;
    ~Stage() {
        if (!lock_) return;
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }

private:
    explicit Stage(std::string path) : path_{std::move(path)} {}
    std::string path_;
    std::optional<WriterLock> lock_;
};

Status check_cancel(const BackupRequest& request) {
    if (request.cancel == nullptr || !request.cancel->load()) return {};
    return fail(ErrorCode::kCancelled, format("{}: was not written to its end", request.target));
}

Status copy_file(const std::string& from, const std::string& to) {
    CORDON_TRY(const Bytes bytes, read_file(from));
    CORDON_TRY(const auto file, system_disk().create(to));
    return file->write(bytes);
}

/// One part into the staging folder, checked there.
Status stage_part(BackupPart& part, const std::string& from, const std::string& to) {
    std::error_code error;
    fs::create_directories(fs::path{to}.parent_path(), error);
    if (part.kind == "log" || part.kind == "gate") {
        CORDON_TRY(const tlog::LogCopy copy, tlog::copy_log(from, to));
        part.origin = copy.origin;
        part.entries = copy.entries;
        part.first = copy.first;
        if (copy.checkpoint) {
            part.checkpoint = copy.checkpoint->size;
            part.root = to_base64(copy.checkpoint->root);
        }
    } else if (part.kind == "ledger") {
        CORDON_TRY(copy_ledger(from, to));
    } else if (part.kind == "file") {
        return copy_file(from, to);
    } else {
        CORDON_TRY(records::copy_store_file(from, to));
    }
    return check_part(part, to);
}

class Maker {
public:
    explicit Maker(const BackupRequest& request) : request_{request} {}

    Result<BackupManifest> run() {
        std::error_code error;
        if (fs::exists(request_.target, error))
            return fail(ErrorCode::kConflict,
                        format("{}: is there already; name another file", request_.target));
        if (!fs::is_directory(request_.data, error))
            return fail(ErrorCode::kNotFound,
                        format("{}: is no directory; expected what cordon serve, guard or watch "
                               "keeps",
                               request_.data));
        CORDON_TRY(outside());
        CORDON_TRY(std::vector<Found> found, Survey{request_}.run());
        CORDON_TRY(const Stage stage, Stage::open(request_.target + ".part"));
        stage_ = stage.path();
        manifest_.made = request_.now;
        manifest_.cordon = request_.version;
        double done = 0;
        for (Found& each : found) {
            CORDON_TRY(check_cancel(request_));
            tell(each.part.path, 0.5 * done++ / static_cast<double>(found.size()));
            CORDON_TRY(take(each));
        }
        if (!request_.ledger.empty() && request_.with_ledger) {
            CORDON_TRY(const int64_t version, ledger_version(request_.ledger));
            Found ledger{Rank::kLedger, {.path = "ledger", .kind = "ledger", .version = version}};
            tell("ledger", 0.5);
            CORDON_TRY(stage_part(ledger.part, request_.ledger, stage_ + "/data/ledger"));
            manifest_.parts.push_back(std::move(ledger.part));
        }
        if (manifest_.parts.empty())
            return fail(ErrorCode::kNotFound,
                        format("{}: nothing to keep is in it", request_.data));
        CORDON_TRY(take_settings());
        CORDON_TRY(seal_secrets());
        CORDON_TRY(pack());
        return std::move(manifest_);
    }

private:
    void tell(std::string_view what, double share) const {
        if (request_.step) request_.step(what, share);
    }

    /// A backup inside of what it copies would hold itself the next time.
    Status outside() const {
        std::error_code error;
        const fs::path from = fs::weakly_canonical(request_.data, error);
        const fs::path to = fs::weakly_canonical(request_.target, error);
        if (std::mismatch(from.begin(), from.end(), to.begin(), to.end()).first == from.end())
            return fail(ErrorCode::kConflict,
                        format("{}: lies inside of what is backed up; name a place beside it",
                               request_.target));
        return {};
    }

    Status take(Found& found) {
        BackupPart& part = found.part;
        const std::string from =
            part.path.empty() ? request_.data : request_.data + "/" + part.path;
        if (part.kind == "ledger" && !request_.with_ledger) {
            manifest_.left_out.push_back(part.path);
            return {};
        }
        if (!found.is_secret) {
            const std::string to = stage_ + "/data" + (part.path.empty() ? "" : "/" + part.path);
            CORDON_TRY(stage_part(part, from, to));
            if (part.kind == "log" || part.kind == "gate") take_signer(from, part);
            manifest_.parts.push_back(std::move(part));
            return {};
        }
        if (request_.passphrase.empty()) {
            manifest_.left_out.push_back(part.path);
            return {};
        }
        const std::string aside = stage_ + "/secret";
        const Status staged = stage_part(part, from, aside);
        Result<Bytes> bytes = staged ? read_file(aside) : fail(staged.error());
        std::error_code ignored;
        fs::remove(aside, ignored);
        if (!bytes) return fail(bytes.error());
        secrets_[part.path] = to_base64(*bytes);
        sodium_memzero(bytes->data(), bytes->size());
        manifest_.parts.push_back(std::move(part));
        return {};
    }

    /// Whoever may copy a log may be kept from its key: such a backup is better than none, and
    /// says who did not sign it.
    void take_signer(const std::string& log, const BackupPart& part) {
        Result<tlog::SigningKey> key = key_beside(log, part.origin);
        if (!key) {
            manifest_.unsigned_by.push_back(key.error().message);
            return;
        }
        manifest_.signers.push_back(key->public_key());
        signers_.push_back(*std::move(key));
    }

    Status take_settings() {
        std::error_code error;
        for (const std::string& path : request_.settings) {
            const std::string name = "settings/" + fs::path{path}.filename().string();
            if (!is_member_name(name))
                return fail(ErrorCode::kInvalidParam, format("{}: rename it: letters, digits, '.', "
                                                             "'_' and '-' alone",
                                                             path));
            fs::create_directories(stage_ + "/settings", error);
            CORDON_TRY(copy_file(path, stage_ + "/" + name));
        }
        return {};
    }

    Status seal_secrets() {
        if (secrets_.empty()) return {};
        std::string text = boost::json::serialize(secrets_);
        const auto sealed =
            seal_text(kSecretsLine, {reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                      request_.passphrase);
        sodium_memzero(text.data(), text.size());
        if (!sealed) return fail(sealed.error());
        manifest_.has_secrets = true;
        CORDON_TRY(const auto file, system_disk().create(stage_ + "/" + std::string{kSecretsName}));
        return file->write({reinterpret_cast<const uint8_t*>(sealed->data()), sealed->size()});
    }

    Status pack() {
        std::vector<FileMember> members;
        std::error_code error;
        for (fs::recursive_directory_iterator at{stage_, error}, end; !error && at != end;
             at.increment(error)) {
            const std::string name = at->path().lexically_relative(stage_).string();
            // Empty folders and the lock are none; what a store's reader left goes with it.
            if (!at->is_regular_file() || is_passing(name)) continue;
            members.push_back({name, at->path().string(), !name.ends_with(".zip")});
        }
        if (error) return fail(ErrorCode::kIo, format("{}: {}", stage_, error.message()));
        std::sort(members.begin(), members.end(),
                  [](const FileMember& a, const FileMember& b) { return a.name < b.name; });
        for (const FileMember& each : members) {
            CORDON_TRY(check_cancel(request_));
            BackupFile file{each.name, fs::file_size(each.path), {}};
            CORDON_TRY(file.sha256, file_sha256(each.path));
            manifest_.bytes += file.bytes;
            manifest_.files.push_back(std::move(file));
        }
        const std::string text = format_manifest(manifest_);
        manifest_.sha256 =
            to_hex(crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        const std::string path = stage_ + "/" + std::string{kManifestName};
        {
            CORDON_TRY(const auto file, system_disk().create(path));
            CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        }
        members.insert(members.begin(), {std::string{kManifestName}, path});
        if (!signers_.empty()) {
            tlog::SignedNote note{manifest_note_text(manifest_), {}};
            for (const tlog::SigningKey& each : signers_) tlog::sign_note(note, each);
            const std::string written = note.format();
            const std::string beside = stage_ + "/" + std::string{kManifestNote};
            CORDON_TRY(const auto file, system_disk().create(beside));
            CORDON_TRY(
                file->write({reinterpret_cast<const uint8_t*>(written.data()), written.size()}));
            members.insert(members.begin() + 1, {std::string{kManifestNote}, beside});
        }
        const Status packed = write_zip(request_.target, members, [&](double share) {
            tell("packing", 0.5 + share / 2);
            return request_.cancel == nullptr || !request_.cancel->load();
        });
        fs::permissions(request_.target, fs::perms::owner_read | fs::perms::owner_write, error);
        if (!packed) fs::remove(request_.target + ".tmp", error);
        return packed;
    }

    const BackupRequest& request_;
    BackupManifest manifest_;
    std::string stage_;
    boost::json::object secrets_;  // Base64 by path.
    std::vector<tlog::SigningKey> signers_;
};

}  // namespace

Result<BackupManifest> make_backup(const BackupRequest& request) { return Maker{request}.run(); }

}  // namespace cordon::engine
