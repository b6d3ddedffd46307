// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/tlog/key_file.hpp>
#include <cordon/tlog/log.hpp>

#include "backup_parts.hpp"

namespace cordon::engine {

/// Its second line is no number, so that no checkpoint is ever taken for it, nor it for one: the
/// same key signs both.
std::string manifest_note_text(const BackupManifest& manifest) {
    return format("cordon backup manifest v1\nsha256 {}\nmade {}\n", manifest.sha256,
                  format_rfc3339(manifest.made));
}

Status check_manifest_note(const BackupManifest& manifest, std::string_view note,
                           const BackupTrust& trust) {
    const auto wrong = [](std::string what) { return fail(ErrorCode::kCorrupt, std::move(what)); };
    if (!trust.sha256.empty() && trust.sha256 != manifest.sha256)
        return wrong(format("is another backup: its sha256 is {}", manifest.sha256));
    if (note.empty()) {
        if (!manifest.signers.empty())
            return wrong(
                format("{} signed it, and {} is missing: it was taken out; take another copy of it",
                       manifest.signers.front().name, kManifestNote));
        if (trust.log_key)
            return wrong(
                format("is not signed, and {} must have signed it: older Cordons did not "
                       "sign; without --log-key, --sha256 alone says that it is the one "
                       "that was made",
                       trust.log_key->name));
        return {};
    }
    const Result<tlog::SignedNote> read = tlog::parse_note(note);
    if (!read) return wrong(format("{}: {}", kManifestNote, read.error().message));
    if (read->text != manifest_note_text(manifest))
        return wrong(format("{} was signed for another manifest than {}: one of them was exchanged",
                            kManifestNote, kManifestName));
    if (manifest.signers.empty())
        return wrong(format("{} is there, and its manifest names nobody who signs", kManifestNote));
    for (const tlog::PublicKey& each : manifest.signers)
        if (!tlog::is_signed_by(*read, each))
            return wrong(
                format("{}: the signature of {} is missing or false", kManifestNote, each.name));
    if (trust.log_key && !tlog::is_signed_by(*read, *trust.log_key))
        return wrong(format("was signed by {}, not by {}: another key made it",
                            manifest.signers.front().text(), trust.log_key->text()));
    return {};
}

Result<tlog::SigningKey> key_beside(const std::string& log_directory, const std::string& origin) {
    const std::filesystem::path folder = std::filesystem::path{log_directory}.parent_path();
    std::error_code ignored;
    for (const char* name : {"gate.key", "log.key"}) {
        const std::string path = folder / name;
        if (!std::filesystem::exists(path, ignored)) continue;
        CORDON_TRY(tlog::SigningKey key, tlog::read_key_file(path));
        const auto checkpoint = tlog::read_checkpoint(log_directory);
        if (key.public_key().kind == tlog::PublicKey::Kind::kLog &&
            key.public_key().name == origin &&
            (!checkpoint || tlog::is_signed_by(*checkpoint, key.public_key())))
            return key;
        return fail(ErrorCode::kConflict, format("{}: is not the key of {}", path, log_directory));
    }
    return fail(ErrorCode::kNotFound,
                format("{}: no gate.key or log.key is beside it", log_directory));
}

}  // namespace cordon::engine
