// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

namespace cordon::engine {

/// LEDGER/ingest.pending: which source is going in, and where every chain stood before it. Written
/// before the first block of a source, removed after its last, so that a source that turns out bad
/// leaves nothing behind even when an earlier run of it was killed.
struct Pending {
    std::string source;
    std::map<ChainId, BlockNum> tips;  ///< Chains that were empty are not listed.
};

/// Nothing when no ingest is pending. kCorrupt when the file is not ours.
Result<std::optional<Pending>> load_pending(const std::string& ledger_directory);
/// Durable when it returns.
Status save_pending(const std::string& ledger_directory, const Pending& pending);
Status remove_pending(const std::string& ledger_directory);

}  // namespace cordon::engine
