// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/guard/prune.hpp>
#include <cordon/records/files.hpp>
#include <cordon/tlog/log.hpp>

#include "backup_parts.hpp"
#include "ledger_care.hpp"

namespace cordon::engine {

bool is_ledger(const std::string& directory) {
    std::error_code error;
    return std::filesystem::exists(directory + "/FORMAT", error) &&
           std::filesystem::is_directory(directory + "/chains", error);
}

Status check_part(const BackupPart& part, const std::string& path) {
    if (part.kind == "log" || part.kind == "gate") {
        std::error_code error;
        if (!std::filesystem::exists(path + "/checkpoint", error)) return {};
        CORDON_TRY(const tlog::LogCheck check, tlog::verify_log(path, {}));
        if (check.entries + check.left != part.checkpoint ||
            to_base64(check.checkpoint.root) != part.root ||
            check.entries + check.left + check.beyond != part.entries)
            return fail(ErrorCode::kCorrupt,
                        format("{}: has {} entries and {} beyond, not the {} of {} that the "
                               "manifest says",
                               path, check.entries + check.left, check.beyond, part.checkpoint,
                               part.entries));
        if (part.kind == "gate")
            return guard::check_gate_snapshot(std::filesystem::path{path}.parent_path().string());
        return {};
    }
    if (part.kind == "ledger") {
        CORDON_TRY(const auto seen, verify_ledger(path, {}));
        for (const Verified& each : seen)
            if (each.damage) return fail(*each.damage);
        return {};
    }
    if (part.kind == "file") return {};
    CORDON_TRY(const records::StoreFile store, records::store_file(path));
    if (store.kind != part.kind)
        return fail(ErrorCode::kCorrupt,
                    format("{}: holds {}, not {}", path, store.kind, part.kind));
    return records::verify_store_file(path);
}

}  // namespace cordon::engine
