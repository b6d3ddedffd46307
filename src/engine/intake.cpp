// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <utility>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "open.hpp"

namespace cordon::engine {
namespace {

// Large enough that one fdatasync a batch costs little, small enough that a batch is acknowledged
// several times a second and fits a few megabytes.
constexpr uint64_t kBatchTransfers = 16'384;
// Blocks without transfers count as well.
constexpr std::size_t kBatchBlocks = 16'384;
// Txns that the pool may have room for. Blocks of very different sizes would in the end make every
// place as large as the largest.
constexpr std::size_t kPoolTxns = 32 * kBatchTransfers;

/// Loose txns of which all were known.
bool is_emptied(const Block& block) {
    return block.header.number_kind == BlockNumKind::kSequence && block.utxo_txns.empty();
}

/// The same outputs, and the same outputs spent. What only one of the two knows of its inputs is no
/// difference.
bool is_same(const UtxoTxn& a, const UtxoTxn& b) {
    return a.outputs == b.outputs &&
           std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                      [](const TxIn& x, const TxIn& y) {
                          return x.prevout == y.prevout &&
                                 (!x.spent || !y.spent || *x.spent == *y.spent);
                      });
}

}  // namespace

Result<bool> Intake::run(chain::BlockSource& source, IngestResult::PerSource& counts,
                         std::map<ChainId, BlockNum> stored, const Bytes& bytes) {
    counts_ = &counts;
    stored_ = std::move(stored);
    bytes_ = bytes;
    known_ = nullptr;
    used_ = 0;
    batched_ = 0;
    for (;;) {
        if (hooks_.cancel != nullptr && hooks_.cancel->load()) {
            CORDON_TRY(flush());
            return false;
        }
        if (used_ == pool_.size()) pool_.emplace_back();
        pool_[used_].facts.clear();  // Most sources know of none.
        CORDON_TRY(const bool more, source.read(pool_[used_]));
        if (!more) break;
        CORDON_TRY(add(source));
    }
    CORDON_TRY(flush());
    return true;
}

/// Takes the block that was just filled into the batch.
Status Intake::add(chain::BlockSource& source) {
    const bool sequence = pool_[used_].header.number_kind == BlockNumKind::kSequence;
    if (sequence) CORDON_TRY(renumber(pool_[used_]));
    if (used_ > 0 && pool_[0].chain != pool_[used_].chain) {
        const std::size_t at = used_;
        CORDON_TRY(flush());
        std::swap(pool_[0], pool_[at]);
    }
    const Block& block = pool_[used_];
    count(block);
    if (is_emptied(block)) return {};
    if (!stored_.empty()) note_resume(block);
    ++used_;
    report(source, block);
    if (is_full()) return flush();
    return {};
}

/// Txns that come without a block get the next free number. Those that are there already are left
/// out, so a repeated or a larger file of loose txns goes in like any other. kConflict when one
/// says something else than the ledger: JSON lines state their txid, nothing proves it.
Status Intake::renumber(Block& block) {
    if (!known_) {
        CORDON_TRY(known_, writer_.snapshot());
        const auto tip = writer_.tip(block.chain);
        next_number_ = tip ? tip->number + 1 : 0;
    }
    std::size_t fresh = 0;
    for (UtxoTxn& txn : block.utxo_txns) {
        CORDON_TRY(const auto place, known_->find_txn(block.chain, txn.txid));
        if (!place) {
            std::swap(block.utxo_txns[fresh++], txn);
            continue;
        }
        CORDON_TRY(const auto known, known_->utxo_txn(block.chain, *place));
        if (!is_same(known.txn, txn))
            return fail(ErrorCode::kConflict,
                        format("txn {} is in the ledger with other inputs or outputs",
                               chain::format_hash(block.chain, txn.txid)));
    }
    if (fresh == 0) ++counts_->skipped;
    block.utxo_txns.resize(fresh);
    block.header.number = next_number_;
    if (fresh != 0) ++next_number_;
    return {};
}

bool Intake::is_full() const {
    if (request_.batch_blocks != 0) return used_ >= request_.batch_blocks;
    return batched_ >= kBatchTransfers || used_ >= kBatchBlocks;
}

void Intake::count(const Block& block) {
    const uint64_t transfers = transfers_of(block);
    batched_ += transfers;
    counts_->rows += 1;
    counts_->transfers += transfers;
    counts_->txns += block.account_txns.size() + block.utxo_txns.size();
}

void Intake::note_resume(const Block& block) {
    const auto tip = stored_.find(block.chain);
    if (tip == stored_.end() || block.header.number <= tip->second) return;
    stored_.erase(tip);
    resumed_.push_back({counts_->source.path, block.chain, block.header.number});
    if (hooks_.resumed) hooks_.resumed(resumed_.back());
}

void Intake::report(const chain::BlockSource& source, const Block& block) const {
    if (!hooks_.progress) return;
    IngestProgress progress{counts_->source.path, source.bytes_read(), source.bytes_total(),
                            counts_->rows,        counts_->txns,       counts_->transfers,
                            block.chain,          block.header.number, 0,
                            bytes_.total};
    if (progress.bytes_total != 0)
        progress.all_bytes_read =
            bytes_.before + static_cast<uint64_t>(static_cast<double>(bytes_.source) *
                                                  static_cast<double>(progress.bytes_read) /
                                                  static_cast<double>(progress.bytes_total));
    hooks_.progress(progress);
}

Status Intake::flush() {
    if (used_ == 0) return {};
    std::vector<Fact> facts;
    for (Block& block : std::span{pool_}.first(used_))
        std::move(block.facts.begin(), block.facts.end(), std::back_inserter(facts));
    // First: facts of txns that the ledger does not hold do no harm, txns without theirs do.
    CORDON_TRY(store_.put_facts(facts));
    CORDON_TRY(const auto appended, writer_.append(std::span{pool_}.first(used_)));
    counts_->skipped += appended.skipped;
    if (hooks_.acknowledged) {
        const Block& last = pool_[used_ - 1];
        hooks_.acknowledged({last.chain, last.header.number, appended.blocks, appended.skipped});
    }
    bound_pool();
    used_ = 0;
    batched_ = 0;
    return {};
}

void Intake::bound_pool() {
    std::size_t txns = 0;
    for (Block& block : pool_) {
        txns += block.account_txns.capacity() + block.utxo_txns.capacity();
        if (txns > kPoolTxns) block = {};
    }
}

}  // namespace cordon::engine
