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

#include "label_source.hpp"
#include "source.hpp"

namespace cordon::engine {

struct IngestRequest {
    std::string ledger;  ///< Directory; made when missing.
    std::vector<Source> sources;
    std::optional<ChainId>
        chain;  ///< For sources that do not say it themselves; default btc and eth.
    uint64_t batch_blocks =
        0;  ///< Blocks in one acknowledged batch; 0 = by size (about 16 Ki transfers).
    ListSettings lists = {};
};

/// How far it is.
struct IngestProgress {
    std::string_view source;                   ///< The one at hand.
    uint64_t bytes_read = 0, bytes_total = 0;  ///< Of it; total is 0 when nobody knows (a pipe).
    uint64_t blocks = 0, txns = 0, transfers = 0;
    ChainId chain;  ///< Of the last block, and its height.
    BlockNum height = 0;
    /// Of all chain sources together, as they lie on disk; total is 0 when nobody knows.
    uint64_t all_bytes_read = 0, all_bytes_total = 0;
};

/// An interrupted ingest goes on: the first block that is not in the ledger yet.
struct Resumed {
    std::string source;
    ChainId chain;
    BlockNum block = 0;
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
    std::function<void(const Resumed&)> resumed;
    /// All blocks are in; what follows may take seconds. How much of the index at hand is written,
    /// 0 at first.
    std::function<void(double)> sealing;
    const std::atomic<bool>* cancel = nullptr;
};

struct IngestResult {
    struct PerSource {
        Source source;
        uint64_t rows = 0;     ///< Rows of a side file; blocks of a chain source.
        uint64_t skipped = 0;  ///< Blocks that were there already.
        uint64_t txns = 0, transfers = 0;
    };
    /// A published list: what was read of it, and what it changed. Its labels are stored, not here.
    struct PerList {
        ReadList read;
        records::ListChange change;
    };
    std::vector<PerSource> sources;
    std::vector<PerList> lists;  ///< In the order of the sources.
    std::vector<ledger::ChainSummary> chains;
    records::Store::Counts records;
    std::vector<std::string> warnings;
    std::vector<Resumed> resumed;
    bool incomplete =
        false;  ///< Cancelled: what was acknowledged stays, the same command goes on from there.
};

/// The first street: files → chain decodes → blocks → ledger; side files → records.
///
/// A thread of its own decodes ahead while the caller's appends; the next source is opened and read
/// ahead meanwhile. What is stored, told and refused is as if it were done one after the other.
/// Hooks are called on the caller's thread.
///
/// Each source goes in whole or not at all: on an Error the ledger is rewound to where it stood
/// before that source, also when an earlier run of the same source was interrupted
/// (LEDGER/ingest.pending remembers). Killed at any moment, the same call resumes. Side files are
/// read before anything is stored, and stored last.
Result<IngestResult> ingest(const IngestRequest& request, const IngestHooks& hooks);

/// LEDGER/records.sqlite.
std::string records_path(const std::string& ledger_directory);

}  // namespace cordon::engine
