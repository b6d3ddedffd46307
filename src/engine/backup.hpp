// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>

/// One file that holds all that a data directory keeps, made while it is in use
/// (docs/formats/backup.md, docs/decisions/0018).
namespace cordon::engine {

/// Something that is kept: a store, a log, a ledger, a file.
struct BackupPart {
    std::string path;  ///< In the data directory: "gate/log", "cases.sqlite".
    /// "log", "gate" (the log of a gate), "ledger", "records", "alerts", "cases", "accounts",
    /// "file".
    std::string kind;
    int64_t version = 0;  ///< Of its form; 0: it has none.
    /// Of a log.
    std::string origin = {};
    uint64_t entries = 0;     ///< That were durable.
    uint64_t checkpoint = 0;  ///< Entries under its checkpoint.
    uint64_t first = 0;       ///< Entries before it left by retention.
    std::string root = {};    ///< Of the checkpoint, in base64.
};

struct BackupFile {
    std::string name;
    uint64_t bytes = 0;
    std::string sha256;
};

/// What a backup says of itself.
struct BackupManifest {
    UnixMillis made;
    std::string cordon;  ///< The version that made it.
    std::vector<BackupPart> parts;
    std::vector<std::string> left_out;  ///< Paths of secrets and of what was not wanted.
    bool has_secrets = false;
    std::vector<BackupFile> files;
    uint64_t bytes = 0;  ///< Of all files.
    std::string sha256;  ///< Of the manifest itself, and so of everything. Not in it.
};

/// How far a long call is: what it does, 0 to 1.
using BackupStep = std::function<void(std::string_view what, double share)>;

struct BackupRequest {
    std::string data;  ///< A data directory of `serve`, the state of a gate, of a watch, a ledger.
    std::string ledger;  ///< One that lies elsewhere; empty: none.
    bool with_ledger = true;
    /// Files beside it that belong to it, kept under settings/ for people: restore puts them there.
    std::vector<std::string> settings;
    std::string target;
    std::string passphrase;  ///< Secrets go in, sealed with it; empty: they stay out.
    std::string version;
    UnixMillis now;
    BackupStep step;
    const std::atomic<bool>* cancel = nullptr;
};

/// Each store as it was at one moment of the call, in an order in which nothing refers to what is
/// not there. Writers go on. Each copy is checked before it goes in. `target` appears whole or not
/// at all. kConflict: it is there; kCorrupt: a store is damaged, and nothing was written.
Result<BackupManifest> make_backup(const BackupRequest& request);

/// Its manifest alone. kMalformed: no backup; kUnsupported: a newer Cordon wrote it, or a store in
/// it.
Result<BackupManifest> read_backup(const std::string& path);
/// Every byte against the manifest. kCorrupt names all that differs.
Result<BackupManifest> verify_backup(const std::string& path, const BackupStep& step);

struct RestoreRequest {
    std::string path;        ///< Of the backup.
    std::string directory;   ///< Empty or not there.
    std::string passphrase;  ///< Opens its secrets; empty: they stay closed.
    UnixMillis now;
    BackupStep step;
};
/// Puts everything back, checks it again store by store, and marks each gate: it holds all until
/// people agree that it goes on (guard::restored_path). The directory appears whole or not at all.
/// kConflict: it is not empty; kPermission: another passphrase.
Result<BackupManifest> restore_backup(const RestoreRequest& request);

/// JSON; the same facts are the same bytes. Private to backup_*.cpp.
std::string format_manifest(const BackupManifest& manifest);
Result<BackupManifest> parse_manifest(std::string_view text);
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kSecretsName = "secrets.sealed";
inline constexpr std::string_view kSecretsLine = "cordon backup secrets v1";
inline constexpr std::string_view kDataFolder = "data/";
/// Of each store and log that lies in a folder, whatever was said before. kCorrupt, kUnsupported.
Status check_part(const BackupPart& part, const std::string& path);
bool is_ledger(const std::string& directory);

}  // namespace cordon::engine
