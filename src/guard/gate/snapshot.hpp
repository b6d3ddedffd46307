// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/disk.hpp>

#include "state.hpp"

/// All that a gate knows, in one file that stands for the entries before it
/// (docs/formats/guard-log.md#snapshot). Private to the gate.
namespace cordon::guard {

/// The entries that somebody still asks for after they left: the first and last of each request,
/// payments that nobody asked for. As they stood in the log, but for long payloads.
class KeptEntries {
public:
    std::optional<std::string_view> find(uint64_t index) const;
    struct Place {
        uint64_t index = 0;
        std::size_t at = 0, size = 0;
    };
    const std::vector<Place>& places() const noexcept { return places_; }

private:
    friend class SnapshotReader;
    MappedFile file_;
    std::string_view text_;
    std::vector<Place> places_;  // By index.
};

struct Snapshot {
    State state;  ///< `next`: the first entry that it does not know.
    KeptEntries kept;
};

/// GATE/snapshot/SHA256.
std::string snapshot_path(const std::string& gate_directory, const Hash256& digest);

/// Durable when it returns. `entry` gives the text of an entry before `until`, asked for in their
/// order.
Result<Hash256> write_snapshot(const std::string& gate_directory, const State& state,
                               uint64_t until,
                               const std::function<Result<std::string>(uint64_t)>& entry,
                               Disk& disk);
/// kNotFound: it is not there; kChecksum: it was changed; kUnsupported: a newer Cordon wrote it;
/// kCorrupt: it was never one.
Result<Snapshot> read_snapshot(const std::string& gate_directory, const Hash256& digest);
/// The same of its text, whose digest is nobody's matter. For fuzzing.
Result<Snapshot> parse_snapshot(std::string_view text);

}  // namespace cordon::guard
