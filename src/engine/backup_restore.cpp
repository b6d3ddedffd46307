// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <sodium.h>
#include <boost/json.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/private_file.hpp>
#include <cordon/guard/restored.hpp>
#include <cordon/records/files.hpp>

#include "backup_parts.hpp"
#include "sealed_text.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

/// A new directory that appears whole: made beside, then renamed.
class Draft {
public:
    explicit Draft(std::string path) : path_{std::move(path)} {}
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    const std::string& path() const noexcept { return path_; }
    void keep() noexcept { path_.clear(); }

private:
    std::string path_;
};

Status sync_all(const std::string& directory) {
    std::error_code error;
    std::vector<std::string> folders{directory};
    for (fs::recursive_directory_iterator at{directory, error}, end; !error && at != end;
         at.increment(error))
        if (at->is_directory()) folders.push_back(at->path().string());
    for (auto at = folders.rbegin(); at != folders.rend(); ++at)
        CORDON_TRY(system_disk().sync_directory(*at));
    return {};
}

Status open_secrets(const OpenedBackup& backup, const RestoreRequest& request,
                    const std::string& directory) {
    std::string text;
    CORDON_TRY(
        backup.zip->read(backup.places.find(kSecretsName)->second, [&](ByteView piece) -> Status {
            text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            return {};
        }));
    Result<Bytes> opened = unseal_text(kSecretsLine, text, request.passphrase);
    if (!opened) return fail(opened.error().in(format("{}: {}", request.path, kSecretsName)));
    boost::system::error_code error;
    const boost::json::value root = boost::json::parse(
        std::string_view{reinterpret_cast<const char*>(opened->data()), opened->size()}, error);
    sodium_memzero(opened->data(), opened->size());
    if (error || !root.is_object())
        return fail(ErrorCode::kMalformed,
                    format("{}: {}: no secrets", request.path, kSecretsName));
    for (const auto& [name, value] : root.get_object()) {
        const std::string within{name};
        if (!is_member_name(within) || !value.is_string())
            return fail(ErrorCode::kMalformed,
                        format("{}: {}: a name leads elsewhere", request.path, kSecretsName));
        CORDON_TRY(Bytes bytes, parse_base64(std::string_view{value.get_string()}));
        const std::string to = directory + "/" + within;
        std::error_code ignored;
        fs::create_directories(fs::path{to}.parent_path(), ignored);
        const Status written =
            write_private_file(to, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        sodium_memzero(bytes.data(), bytes.size());
        CORDON_TRY(written);
    }
    return {};
}

}  // namespace

Result<BackupManifest> restore_backup(const RestoreRequest& request) {
    std::error_code error;
    const bool was_there = fs::exists(request.directory, error);
    if (was_there &&
        (!fs::is_directory(request.directory, error) || !fs::is_empty(request.directory, error)))
        return fail(ErrorCode::kConflict,
                    format("{}: is there and not empty; a backup is restored beside what it "
                           "replaces, never over it: name a new directory",
                           request.directory));
    CORDON_TRY(OpenedBackup backup, OpenedBackup::open(request.path, request.trust));
    const BackupManifest& manifest = backup.manifest;
    fs::path normal = fs::absolute(request.directory).lexically_normal();
    if (!normal.has_filename()) normal = normal.parent_path();
    const std::string directory = normal.string();
    Draft draft{directory + ".part"};
    fs::remove_all(draft.path(), error);
    CORDON_TRY(system_disk().make_directory(draft.path()));
    fs::permissions(draft.path(), fs::perms::owner_all, error);

    std::unique_ptr<OutFile> file;
    std::string open_name;
    const auto path_of = [&](const std::string& name) {
        return draft.path() + "/" +
               (name.starts_with(kDataFolder) ? name.substr(kDataFolder.size()) : name);
    };
    const auto begin = [&](const BackupFile& each) -> Status {
        if (open_name == each.name) return {};
        const std::string to = path_of(each.name);
        fs::create_directories(fs::path{to}.parent_path(), error);
        CORDON_TRY(file, system_disk().create(to));
        open_name = each.name;
        return {};
    };
    CORDON_TRY(backup.each_file(
        request.step,
        [&](const BackupFile& each, ByteView piece) -> Status {
            if (each.name == kSecretsName) return {};
            CORDON_TRY(begin(each));
            return file->write(piece);
        },
        [&](const BackupFile& each) -> Status {
            if (each.name == kSecretsName) return {};
            CORDON_TRY(begin(each));  // An empty one has no pieces.
            CORDON_TRY(file->sync());
            file.reset();
            open_name.clear();
            return {};
        }));
    const bool opens = manifest.has_secrets && !request.passphrase.empty();
    if (opens) CORDON_TRY(open_secrets(backup, request, draft.path()));
    for (const BackupPart& part : manifest.parts) {
        const bool is_secret =
            part.kind == "accounts" || (part.kind == "file" && part.path.ends_with(".key"));
        if (is_secret && !opens) continue;
        const std::string path = part.path.empty() ? draft.path() : draft.path() + "/" + part.path;
        if (request.step) request.step("checking " + part.path, 1);
        CORDON_TRY(check_part(part, path));
        if (part.kind != "gate") continue;
        CORDON_TRY(
            guard::mark_restored(fs::path{path}.parent_path().string(),
                                 {request.now, manifest.made, part.entries, manifest.sha256}));
    }
    CORDON_TRY(sync_all(draft.path()));
    if (was_there) fs::remove(directory, error);
    CORDON_TRY(system_disk().rename(draft.path(), directory));
    draft.keep();
    CORDON_TRY(system_disk().sync_directory(normal.parent_path().string()));
    return std::move(backup.manifest);
}

}  // namespace cordon::engine
