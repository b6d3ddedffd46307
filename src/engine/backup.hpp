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
#include <cordon/tlog/note.hpp>

#include <boost/json/object.hpp>

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
    /// The keys of its logs, which signed it. None: older Cordons did not sign, and a data
    /// directory without a log has nobody who could.
    std::vector<tlog::PublicKey> signers;
    std::vector<std::string> unsigned_by;  ///< Of make alone: logs whose key did not sign, and why.
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

/// What whoever holds a backup knows of it from elsewhere.
struct BackupTrust {
    std::string sha256 = {};                      ///< As make said it; empty: not known.
    std::optional<tlog::PublicKey> log_key = {};  ///< Who must have signed it.
};
/// Every byte against the manifest, and the manifest against its signatures. kCorrupt names all
/// that differs: from the manifest, or from what is known of it; kMalformed: no backup;
/// kUnsupported: a newer Cordon wrote it, or a store in it.
Result<BackupManifest> verify_backup(const std::string& path, const BackupTrust& trust = {},
                                     const BackupStep& step = {});
/// The same of its bytes. For fuzzing.
Result<BackupManifest> verify_backup_bytes(ByteView bytes);

struct RestoreRequest {
    std::string path;        ///< Of the backup.
    std::string directory;   ///< Empty or not there.
    std::string passphrase;  ///< Opens its secrets; empty: they stay closed.
    UnixMillis now;
    BackupStep step;
    BackupTrust trust = {};  ///< Looked at before anything is written.
};
/// Puts everything back, checks it again store by store, and marks each gate: it holds all until
/// people agree that it goes on (guard::restored_path). The directory appears whole or not at all.
/// kConflict: it is not empty; kPermission: another passphrase.
Result<BackupManifest> restore_backup(const RestoreRequest& request);

/// The manifest as it stands in the file.
boost::json::object manifest_json(const BackupManifest& manifest);

}  // namespace cordon::engine
