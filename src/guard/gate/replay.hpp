// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/tlog/log.hpp>

#include "snapshot.hpp"

/// How a gate remembers: from its snapshot, where entries left, and from the entries since. Private
/// to the gate.
namespace cordon::guard {

/// The state at the log's end. The entries are compared with the log's checkpoint, and the snapshot
/// with the anchor under it; without `snapshot` it is looked at only where entries left.
Result<Snapshot> replay(const std::string& directory, tlog::Log& log, const tlog::PublicKey& key,
                        bool snapshot = true);

/// An entry, wherever it is: in the log, or among those that were kept. kNotFound: it left.
Result<std::string> entry_text(tlog::Log& log, const KeptEntries& kept, uint64_t index);

}  // namespace cordon::guard
