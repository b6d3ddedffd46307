// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/model/chain_id.hpp>
#include <cordon/records/store.hpp>

#include "source.hpp"

namespace cordon::engine {

struct IngestRequest {
    std::string ledger;  ///< Directory; made when missing.
    std::vector<Source> sources;
    std::optional<ChainId>
        chain;  ///< For sources that do not say it themselves; default btc and eth.
    uint64_t batch_blocks =
        0;  ///< Blocks in one acknowledged batch; 0 = by size (about 64 Ki transfers).
};

/// How far one source is.
struct IngestProgress {
    std::string_view source;
    uint64_t bytes_read = 0, bytes_total = 0;
    uint64_t blocks = 0, txns = 0, transfers = 0;
};

/// Told after each batch that is safe on disk.
struct Acknowledged {
    ChainId chain;
    BlockNum tip = 0;
    uint64_t blocks = 0;   ///< Stored by this batch.
    uint64_t skipped = 0;  ///< Already there, equal.
};

struct IngestHooks {
    std::function<void(const IngestProgress&)> progress;
    std::function<void(const Acknowledged&)> acknowledged;
    const std::atomic<bool>* cancel = nullptr;
};

struct IngestResult {
    struct PerSource {
        Source source;
        uint64_t rows = 0;     ///< Rows of a side file; blocks of a chain source.
        uint64_t skipped = 0;  ///< Blocks that were there already.
        uint64_t txns = 0, transfers = 0;
    };
    std::vector<PerSource> sources;
    std::vector<ledger::ChainSummary> chains;
    records::Store::Counts records;
    std::vector<std::string> warnings;
    bool incomplete =
        false;  ///< Cancelled: what was acknowledged stays, the same command goes on from there.
};

/// The first street: files → chain decodes → blocks → ledger; side files → records.
///
/// Each source goes in whole or not at all: on an Error the ledger is rewound to where it stood
/// before that source, also when an earlier run of the same source was interrupted
/// (LEDGER/ingest.pending remembers). Killed at any moment, the same call resumes. Side files are
/// read before anything is stored, and stored last.
Result<IngestResult> ingest(const IngestRequest& request, const IngestHooks& hooks);

/// LEDGER/records.sqlite.
std::string records_path(const std::string& ledger_directory);

}  // namespace cordon::engine
