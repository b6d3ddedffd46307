// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include <cordon/tlog/log.hpp>

/// What may leave a gate's log: a snapshot of all that the gate knows stands for it afterwards
/// (docs/formats/guard-log.md#snapshot).
namespace cordon::guard {

struct GatePrune {
    /// The entries before it go, as Log::prune() takes them; 0: none, a snapshot alone, from which
    /// the gate opens faster.
    uint64_t until = 0;
    std::string archive;  ///< As there.
    std::string by, why;
    UnixMillis now;
};
/// Of a gate that nobody has open (kLocked). Killed at any moment, the gate is whole and answers
/// the same. kConflict: it came out of a backup and was not opened since.
Result<tlog::Log::Pruned> prune_gate(const std::string& directory, tlog::SigningKey key,
                                     const GatePrune& order, Disk& disk = system_disk());

/// That the snapshot which a gate's log stands on is there and whole: of a copy, without its key.
/// Nothing to check where no entry left.
Status check_gate_snapshot(const std::string& directory);

/// The verdicts and payments that left a gate's log and are kept in its snapshot, in their order.
Status each_kept_entry(const std::string& directory,
                       const std::function<Status(uint64_t index, std::string_view entry)>& visit);

}  // namespace cordon::guard
