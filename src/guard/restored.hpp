// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/disk.hpp>
#include <cordon/base/time.hpp>

/// A gate that came out of a backup has forgotten what it let through since. It is marked where it
/// is restored, and holds everything when it is opened, until its quorum agrees that it goes on
/// (docs/decisions/0018).
namespace cordon::guard {

struct Restored {
    UnixMillis at;         ///< When it was put back.
    UnixMillis made;       ///< When the backup was made.
    uint64_t entries = 0;  ///< Of its log, then.
    std::string backup;    ///< SHA-256 of the backup's manifest.
};
std::string restored_path(const std::string& gate_directory);
Status mark_restored(const std::string& gate_directory, const Restored& restored,
                     Disk& disk = system_disk());
/// `name` is that of the file, for the message. kCorrupt.
Result<Restored> parse_restored(std::string_view written, std::string_view name);
/// Nothing: it was not restored, or its log says so already. kCorrupt.
Result<std::optional<Restored>> read_restored(const std::string& gate_directory);

/// Who trips the breaker of a restored gate.
inline constexpr std::string_view kByRestore = "restore";

}  // namespace cordon::guard
