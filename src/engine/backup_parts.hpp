// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "backup.hpp"
#include "zip.hpp"

/// Private to backup_*.cpp.
namespace cordon::engine {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kManifestNote = "manifest.note";
inline constexpr std::string_view kSecretsName = "secrets.sealed";
inline constexpr std::string_view kSecretsLine = "cordon backup secrets v1";
inline constexpr std::string_view kDataFolder = "data/";

/// JSON; the same facts are the same bytes.
std::string format_manifest(const BackupManifest& manifest);
Result<BackupManifest> parse_manifest(std::string_view text);
/// What the keys of the logs sign: the manifest's digest.
std::string manifest_note_text(const BackupManifest& manifest);
/// Each signer that the manifest names, and the key that is known from elsewhere. Empty `note`:
/// there is none. kCorrupt.
Status check_manifest_note(const BackupManifest& manifest, std::string_view note,
                           const BackupTrust& trust);
/// The key beside a log, if it signed the log's checkpoint. Why not, else.
Result<tlog::SigningKey> key_beside(const std::string& log_directory, const std::string& origin);

/// Of each store and log that lies in a folder, whatever was said before. kCorrupt, kUnsupported.
Status check_part(const BackupPart& part, const std::string& path);
bool is_ledger(const std::string& directory);

/// A backup whose manifest was read and is what its signatures say.
struct OpenedBackup {
    std::string path;
    std::unique_ptr<ZipReader> zip;
    BackupManifest manifest;
    std::map<std::string, std::size_t, std::less<>> places;

    static Result<OpenedBackup> open(const std::string& path, const BackupTrust& trust);
    static Result<OpenedBackup> of(std::string path, std::unique_ptr<ZipReader> zip,
                                   const BackupTrust& trust);
    /// Reads every file and compares; `take` gets the pieces, `end` is called after the last one.
    Status each_file(const BackupStep& step,
                     const std::function<Status(const BackupFile&, ByteView)>& take = {},
                     const std::function<Status(const BackupFile&)>& end = {}) const;
};

}  // namespace cordon::engine
