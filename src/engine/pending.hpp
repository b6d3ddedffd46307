// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

namespace cordon::engine {

/// A note of LEDGER/ingest.pending: a source that is going in, and where every chain stood before
/// it. Written before the first block of a source, removed after its last, so that a source that
/// turns out bad leaves nothing behind even when an earlier run of it was killed.
struct Pending {
    std::string source;
    std::map<ChainId, BlockNum> tips;  ///< Chains that were empty are not listed.
    friend bool operator==(const Pending&, const Pending&) = default;
};

/// None when no ingest is pending; several when one that was interrupted goes on after sources that
/// come before it. kCorrupt when the file is not ours.
Result<std::vector<Pending>> load_pending(const std::string& ledger_directory);
/// Replaces all notes. Durable when it returns, but for their absence: a note too many costs
/// nothing.
Status save_pending(const std::string& ledger_directory, std::span<const Pending> notes);

}  // namespace cordon::engine
