// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "saved_views.hpp"

#include <filesystem>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "view_document.hpp"

namespace cordon::engine {

namespace fs = std::filesystem;

Result<std::string> SavedViews::save(std::string_view json) {
    CORDON_TRY(const std::string text, canonical_view(json));
    std::string id = view_id(text);
    const fs::path directory{directory_};
    const std::string path = (directory / (id + ".json")).string();
    const std::scoped_lock lock{saving_};
    std::error_code ignored;
    if (fs::exists(path, ignored)) return id;
    Disk& disk = system_disk();
    const std::string aside = path + ".tmp";
    CORDON_TRY(const auto file, disk.create(aside));
    CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    CORDON_TRY(file->sync());
    CORDON_TRY(disk.rename(aside, path));
    CORDON_TRY(disk.sync_directory(directory.string()));
    return id;
}

Result<std::string> SavedViews::view(std::string_view id) const {
    // Also: nothing else is a name in that directory.
    if (!is_view_id(id)) return fail(ErrorCode::kNotFound, "no such view");
    const fs::path path = fs::path{directory_} / (std::string{id} + ".json");
    const auto bytes = read_file(path.string());
    if (!bytes) return fail(ErrorCode::kNotFound, "no such view");
    std::string text{bytes->begin(), bytes->end()};
    if (view_id(text) != id)
        return fail(ErrorCode::kCorrupt,
                    format("view {}: its file is not what was saved; restore it", id));
    return text;
}

}  // namespace cordon::engine
