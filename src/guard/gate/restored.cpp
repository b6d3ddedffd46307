// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../restored.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>

namespace cordon::guard {

namespace json = boost::json;

std::string restored_path(const std::string& gate_directory) {
    return gate_directory + "/restored";
}

Status mark_restored(const std::string& gate_directory, const Restored& restored, Disk& disk) {
    const std::string text = json::serialize(json::object{{"v", 1},
                                                          {"at", format_rfc3339(restored.at)},
                                                          {"made", format_rfc3339(restored.made)},
                                                          {"entries", restored.entries},
                                                          {"backup", restored.backup}}) +
                             "\n";
    const std::string path = restored_path(gate_directory);
    {
        CORDON_TRY(const auto file, disk.create(path + ".new"));
        CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        CORDON_TRY(file->sync());
    }
    CORDON_TRY(disk.rename(path + ".new", path));
    return disk.sync_directory(gate_directory);
}

Result<Restored> parse_restored(std::string_view written, std::string_view name) {
    boost::system::error_code error;
    const json::value root = json::parse(written, error);
    const auto bad = [&] {
        return fail(ErrorCode::kCorrupt,
                    format("{}: cannot be read: the gate does not open before somebody knows what "
                           "was restored; restore it again",
                           name));
    };
    if (error || !root.is_object()) return bad();
    const json::object& in = root.get_object();
    const auto text = [&](std::string_view key) -> std::string_view {
        const json::value* value = in.if_contains(key);
        return value && value->is_string() ? std::string_view{value->get_string()} : "";
    };
    const json::value* entries = in.if_contains("entries");
    const auto at = parse_time(text("at"));
    const auto made = parse_time(text("made"));
    if (!at || !made || !entries || !entries->is_int64() || entries->get_int64() < 0) return bad();
    return Restored{*at, *made, static_cast<uint64_t>(entries->get_int64()),
                    std::string{text("backup")}};
}

Result<std::optional<Restored>> read_restored(const std::string& gate_directory) {
    const std::string path = restored_path(gate_directory);
    const Result<Bytes> bytes = read_file(path);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) return std::nullopt;
    if (!bytes) return fail(bytes.error());
    CORDON_TRY(Restored restored,
               parse_restored({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path));
    return restored;
}

}  // namespace cordon::guard
