// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "backup_parts.hpp"

namespace cordon::engine {
namespace {

// A log of a billion entries has eight million files; its manifest a gigabyte.
constexpr ZipReader::Bounds kBounds{.entries = 10'000'000, .bytes = 64ULL << 40U};
constexpr uint64_t kMaxManifest = 2ULL << 30U;
constexpr uint64_t kMaxNote = 1ULL << 20U;  // As of any signed note.

Result<std::string> text_of(ZipReader& zip, std::size_t place) {
    std::string text;
    CORDON_TRY(zip.read(place, [&](ByteView piece) -> Status {
        text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return {};
    }));
    return text;
}

/// What differs between manifest and archive by name alone.
Status same_names(const OpenedBackup& backup) {
    std::string wrong;
    const auto add = [&](std::string_view what) {
        wrong += (wrong.empty() ? "" : "; ") + std::string{what};
    };
    std::map<std::string_view, uint64_t> told;
    for (const BackupFile& each : backup.manifest.files)
        if (!told.emplace(each.name, each.bytes).second) add(format("{} stands twice", each.name));
    for (const auto& [name, place] : backup.places) {
        if (name == kManifestName) continue;
        if (name == kManifestNote && !backup.manifest.signers.empty()) continue;
        const auto at = told.find(name);
        if (at == told.end())
            add(format("{} is not in its manifest", name));
        else if (at->second != backup.zip->entries()[place].bytes)
            add(format("{} has {} bytes instead of {}", name, backup.zip->entries()[place].bytes,
                       at->second));
    }
    for (const auto& [name, bytes] : told)
        if (!backup.places.contains(name) || name == kManifestName || name == kManifestNote)
            add(format("{} is missing", name));
    // Else whoever has the passphrase looks for what is not there.
    if (backup.manifest.has_secrets != told.contains(kSecretsName))
        add(format("its manifest says otherwise than its files whether {} is there", kSecretsName));
    if (wrong.empty()) return {};
    return fail(ErrorCode::kCorrupt, format("{}: {}", backup.path, wrong));
}

}  // namespace

Result<OpenedBackup> OpenedBackup::open(const std::string& path, const BackupTrust& trust) {
    CORDON_TRY(auto zip, ZipReader::open(path, kBounds));
    return of(path, std::move(zip), trust);
}

Result<OpenedBackup> OpenedBackup::of(std::string path, std::unique_ptr<ZipReader> zip,
                                      const BackupTrust& trust) {
    OpenedBackup out{std::move(path), std::move(zip), {}, {}};
    const auto& entries = out.zip->entries();
    for (std::size_t i = 0; i < entries.size(); ++i) out.places[entries[i].name] = i;
    const auto at = out.places.find(kManifestName);
    if (at == out.places.end() || entries[at->second].bytes > kMaxManifest)
        return fail(ErrorCode::kMalformed,
                    format("{}: is no backup of Cordon: {} is not in it", out.path, kManifestName));
    const Result<std::string> text = text_of(*out.zip, at->second);
    if (!text) return fail(text.error().in(out.path));
    Result<BackupManifest> manifest = parse_manifest(*text);
    if (!manifest) return fail(manifest.error().in(out.path));
    out.manifest = *std::move(manifest);
    std::string note;
    const auto of_note = out.places.find(kManifestNote);
    if (of_note != out.places.end()) {
        if (entries[of_note->second].bytes == 0 || entries[of_note->second].bytes > kMaxNote)
            return fail(ErrorCode::kCorrupt,
                        format("{}: {} is no signed note", out.path, kManifestNote));
        Result<std::string> read = text_of(*out.zip, of_note->second);
        if (!read) return fail(read.error().in(out.path));
        note = *std::move(read);
    }
    const Status is_signed = check_manifest_note(out.manifest, note, trust);
    if (!is_signed) return fail(is_signed.error().in(out.path));
    CORDON_TRY(same_names(out));
    return out;
}

Status OpenedBackup::each_file(const BackupStep& step,
                               const std::function<Status(const BackupFile&, ByteView)>& take,
                               const std::function<Status(const BackupFile&)>& end) const {
    std::string wrong;
    uint64_t done = 0;
    for (const BackupFile& each : manifest.files) {
        if (step)
            step(each.name, static_cast<double>(done) /
                                static_cast<double>(std::max<uint64_t>(manifest.bytes, 1)));
        crypto::Sha256 digest;
        const Status read =
            zip->read(places.find(each.name)->second, [&](ByteView piece) -> Status {
                digest.update(piece);
                return take ? take(each, piece) : Status{};
            });
        if (!read && read.error().code != ErrorCode::kMalformed) return read;
        if (!read || to_hex(digest.finish()) != each.sha256)
            wrong += format("{}{} is not what was backed up", wrong.empty() ? "" : "; ", each.name);
        else if (end)
            CORDON_TRY(end(each));
        done += each.bytes;
    }
    if (wrong.empty()) return {};
    return fail(ErrorCode::kCorrupt, format("{}: {}; take another copy of it", path, wrong));
}

Result<BackupManifest> verify_backup(const std::string& path, const BackupTrust& trust,
                                     const BackupStep& step) {
    CORDON_TRY(OpenedBackup backup, OpenedBackup::open(path, trust));
    CORDON_TRY(backup.each_file(step));
    return std::move(backup.manifest);
}

Result<BackupManifest> verify_backup_bytes(ByteView bytes) {
    CORDON_TRY(auto zip, ZipReader::of(bytes));
    CORDON_TRY(OpenedBackup backup, OpenedBackup::of("backup", std::move(zip), {}));
    CORDON_TRY(backup.each_file({}));
    return std::move(backup.manifest);
}

}  // namespace cordon::engine
