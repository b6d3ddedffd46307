// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <cordon/chain/block_source.hpp>
#include <cordon/records/store.hpp>

#include "ingest.hpp"

namespace cordon::engine {

/// Takes one chain source after the other into a ledger, in batches. Its blocks are used again and
/// again. Confined to one thread.
class Intake {
public:
    /// Of all sources together, for progress.
    struct Bytes {
        uint64_t before = 0;  ///< Of the sources that are done.
        uint64_t source = 0;  ///< Of the one at hand, on disk.
        uint64_t total = 0;
    };

    Intake(ledger::Writer& writer, records::Store& store, const IngestRequest& request,
           const IngestHooks& hooks, std::vector<Resumed>& resumed)
        : writer_{writer}, store_{store}, request_{request}, hooks_{hooks}, resumed_{resumed} {}

    /// False when cancelled; everything before is acknowledged. `stored` says up to where an
    /// interrupted run of this source got.
    Result<bool> run(chain::BlockSource& source, IngestResult::PerSource& counts,
                     std::map<ChainId, BlockNum> stored, const Bytes& bytes);

private:
    Status renumber(Block& block);
    Status add(chain::BlockSource& source);
    bool is_full() const;
    void count(const Block& block);
    void note_resume(const Block& block);
    void report(const chain::BlockSource& source, const Block& block) const;
    Status flush();
    void bound_pool();

    ledger::Writer& writer_;
    records::Store& store_;
    const IngestRequest& request_;
    const IngestHooks& hooks_;
    std::vector<Resumed>& resumed_;
    std::vector<Block> pool_;  // The first used_ are the batch, the next is being filled.
    std::size_t used_ = 0;
    uint64_t batched_ = 0;  // Transfers of the batch.
    // Of the source at hand.
    IngestResult::PerSource* counts_ = nullptr;
    std::map<ChainId, BlockNum> stored_;
    Bytes bytes_;
    std::shared_ptr<const ledger::Reader> known_;  // Before this source; only for loose txns.
    BlockNum next_number_ = 0;
};

}  // namespace cordon::engine
