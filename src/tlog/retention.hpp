// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/time.hpp>

#include "note.hpp"

/// What may leave a log, and what stands for it then (docs/formats/tlog.md#retention): old entries,
/// in whole bundles. Their hashes stay, so every proof stays possible.
namespace cordon::tlog {

/// The entry that says so, in the log before anything goes.
struct Anchor {
    UnixMillis time;
    uint64_t until = 0;  ///< The entries before it may be gone.
    /// Of `until` entries, signed by the log: its root is the hash of all that leaves.
    SignedNote checkpoint;
    /// SHA-256 of a file that stands for all entries before the anchor.
    std::optional<Hash256> snapshot = {};
    bool archived = false;  ///< What leaves lies in a folder of its own; otherwise it is deleted.
    std::string by, why;    ///< Who ordered it.
};
/// One line of JSON.
std::string format_anchor(const Anchor& anchor);
/// Nothing: another entry. kMalformed: one that calls itself an anchor and is none.
Result<std::optional<Anchor>> parse_anchor(std::string_view entry);

/// The file `retention` of a log: where its anchor stands. Nobody believes it without the anchor.
struct Retention {
    uint64_t until = 0;
    uint64_t anchor = 0;  ///< Index of its entry.
    friend bool operator==(const Retention&, const Retention&) = default;
};
std::string format_retention(const Retention& retention);
/// `name` is that of the file, for the message. kCorrupt.
Result<Retention> parse_retention(std::string_view text, std::string_view name);
/// Nothing was ever dropped: both 0. kCorrupt.
Result<Retention> read_retention(const std::string& directory);
std::string retention_path(const std::string& directory);

}  // namespace cordon::tlog
