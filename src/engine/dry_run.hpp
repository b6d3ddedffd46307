// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <cordon/chain/bitcoin/check.hpp>

#include "ingest.hpp"

namespace cordon::engine {

struct DryRun {
    uint64_t blocks = 0, txns = 0, transfers = 0;
    uint64_t rows = 0;     ///< Of side files.
    uint64_t unsound = 0;  ///< Raw blocks that fail a check of theirs.
    std::vector<std::string> warnings;
};

/// True when merkle root, witness commitment, proof of work, coinbase and re-encoding all hold.
bool is_sound(const chain::BlockCheck& check) noexcept;

/// Reads and checks everything that ingest would read, and stores nothing; request.ledger is not
/// looked at. `visit` is called once a raw Bitcoin block, unsound ones included. Errors are those
/// of reading.
Result<DryRun> dry_run(const IngestRequest& request,
                       const std::function<Status(const chain::BlockCheck&)>& visit,
                       const std::atomic<bool>* cancel);

}  // namespace cordon::engine
