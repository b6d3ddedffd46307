// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ingest.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/chain/text.hpp>

#include "digest.hpp"
#include "open.hpp"
#include "pending.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

// Large enough that one fdatasync a batch costs little, small enough that a batch is acknowledged
// several times a second and fits a few megabytes.
constexpr uint64_t kBatchTransfers = 16'384;

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

/// One chain source on its way into the ledger.
class Intake {
public:
    Intake(ledger::Writer& writer, const IngestRequest& request, const IngestHooks& hooks,
           IngestResult::PerSource& counts)
        : writer_{writer}, request_{request}, hooks_{hooks}, counts_{counts} {}

    /// False when cancelled; everything before is acknowledged.
    Result<bool> run(chain::BlockSource& source) {
        for (;;) {
            if (hooks_.cancel != nullptr && hooks_.cancel->load()) {
                CORDON_TRY(flush());
                return false;
            }
            CORDON_TRY(auto block, source.next());
            if (!block) break;
            if (block->header.number_kind == BlockNumKind::kSequence) CORDON_TRY(renumber(*block));
            if (!batch_.empty() && batch_.back().chain != block->chain) CORDON_TRY(flush());
            count(*block);
            if (is_emptied(*block)) continue;
            batch_.push_back(std::move(*block));
            report(source);
            if (is_full()) CORDON_TRY(flush());
        }
        CORDON_TRY(flush());
        report(source);
        return true;
    }

private:
    /// Txns that come without a block get the next free number. Those that are there already are
    /// left out, so a repeated or a larger file of loose txns goes in like any other. kConflict
    /// when one says something else than the ledger: JSON lines state their txid, nothing proves
    /// it.
    Status renumber(Block& block) {
        if (!known_) {
            CORDON_TRY(known_, writer_.snapshot());
            const auto tip = writer_.tip(block.chain);
            next_number_ = tip ? tip->number + 1 : 0;
        }
        std::vector<UtxoTxn> fresh;
        for (UtxoTxn& txn : block.utxo_txns) {
            CORDON_TRY(const auto place, known_->find_txn(block.chain, txn.txid));
            if (!place) {
                fresh.push_back(std::move(txn));
                continue;
            }
            CORDON_TRY(const auto known, known_->utxo_txn(block.chain, *place));
            if (!is_same(known.txn, txn))
                return fail(ErrorCode::kConflict,
                            format("txn {} is in the ledger with other inputs or outputs",
                                   chain::format_hash(block.chain, txn.txid)));
        }
        if (fresh.empty()) ++counts_.skipped;
        block.utxo_txns = std::move(fresh);
        block.header.number = next_number_;
        if (!block.utxo_txns.empty()) ++next_number_;
        return {};
    }

    bool is_full() const {
        return request_.batch_blocks != 0 ? batch_.size() >= request_.batch_blocks
                                          : batched_ >= kBatchTransfers;
    }

    void count(const Block& block) {
        const uint64_t transfers = transfers_of(block);
        batched_ += transfers;
        counts_.rows += 1;
        counts_.transfers += transfers;
        counts_.txns += block.account_txns.size() + block.utxo_txns.size();
    }

    void report(const chain::BlockSource& source) const {
        if (!hooks_.progress) return;
        hooks_.progress({counts_.source.path, source.bytes_read(), source.bytes_total(),
                         counts_.rows, counts_.txns, counts_.transfers});
    }

    Status flush() {
        if (batch_.empty()) return {};
        CORDON_TRY(const auto appended, writer_.append(batch_));
        counts_.skipped += appended.skipped;
        if (hooks_.acknowledged)
            hooks_.acknowledged({batch_.back().chain, batch_.back().header.number, appended.blocks,
                                 appended.skipped});
        batch_.clear();
        batched_ = 0;
        return {};
    }

    ledger::Writer& writer_;
    const IngestRequest& request_;
    const IngestHooks& hooks_;
    IngestResult::PerSource& counts_;
    std::vector<Block> batch_;
    uint64_t batched_ = 0;
    std::shared_ptr<const ledger::Reader> known_;  // Before this source; only for loose txns.
    BlockNum next_number_ = 0;
};

/// Takes back what a bad source put in. The original error stays the one that is told.
Error undo(ledger::Writer& writer, const std::string& directory, const Pending& pending,
           Error cause) {
    const auto snapshot = writer.snapshot();
    if (snapshot) {
        for (const ledger::ChainSummary& chain : (*snapshot)->chains()) {
            const auto before = pending.tips.find(chain.chain);
            const bool was_empty = before == pending.tips.end();
            if (!was_empty && before->second >= chain.tip.number) continue;
            const Status done = writer.rewind(
                chain.chain, was_empty ? std::nullopt : std::optional{before->second});
            if (!done) {
                cause.message +=
                    format("; taking back what went in failed as well: {}", done.error().message);
                return cause;
            }
        }
    }
    static_cast<void>(remove_pending(directory));
    cause.message += "; the ledger is as it was before this source";
    return cause;
}

Status record_inputs(records::Store& store, const IngestResult::PerSource& done) {
    if (done.source.path == "-") return {};
    CORDON_TRY(const auto files, files_of(done.source.path));
    for (const InputFile& file : files) {
        CORDON_TRY(const std::string sha256, file_sha256(file.name));
        CORDON_TRY(store.put_input({.name = fs::path{file.name}.filename().string(),
                                    .schema = std::string{to_string(done.source.schema)},
                                    .bytes = file.size,
                                    .sha256 = sha256,
                                    .rows = files.size() == 1 ? done.rows : 0}));
    }
    return {};
}

Status store_side_rows(records::Store& store, const SideRows& rows) {
    CORDON_TRY(store.put_assets(rows.assets));
    CORDON_TRY(store.put_prices(rows.prices));
    CORDON_TRY(store.put_wallets(rows.wallets));
    return store.put_labels(rows.labels);
}

/// Notes where the chains stand, unless an interrupted run of the same source noted it already.
Result<Pending> begin_source(const ledger::Writer& writer, const std::string& directory,
                             const std::string& name, std::vector<std::string>& warnings) {
    CORDON_TRY(auto earlier, load_pending(directory));
    if (earlier && earlier->source == name) return std::move(*earlier);
    if (earlier)
        warnings.push_back(
            format("an earlier ingest of {} stopped halfway; what it stored stays: run it again to "
                   "complete it",
                   earlier->source));
    Pending pending{name, {}};
    CORDON_TRY(const auto snapshot, writer.snapshot());
    for (const ledger::ChainSummary& chain : snapshot->chains())
        pending.tips[chain.chain] = chain.tip.number;
    CORDON_TRY(save_pending(directory, pending));
    return pending;
}

/// False when cancelled.
Result<bool> take_in(ledger::Writer& writer, const IngestRequest& request, const IngestHooks& hooks,
                     IngestResult::PerSource& counts, std::vector<std::string>& warnings) {
    const Source& source = counts.source;
    std::error_code ignored;
    const std::string name =
        format("{}:{}", to_string(source.schema), fs::absolute(source.path, ignored).string());
    CORDON_TRY(const auto blocks, open_chain_source(source, request.chain));
    CORDON_TRY(const Pending pending, begin_source(writer, request.ledger, name, warnings));
    const Result<bool> finished = Intake{writer, request, hooks, counts}.run(*blocks);
    if (!finished) {
        const Error& error = finished.error();
        const bool names_it = error.message.find(source.path) != std::string::npos;
        return fail(
            undo(writer, request.ledger, pending, names_it ? error : error.in(source.path)));
    }
    for (std::string& warning : blocks->warnings()) warnings.push_back(std::move(warning));
    if (*finished) CORDON_TRY(remove_pending(request.ledger));
    return *finished;
}

}  // namespace

std::string records_path(const std::string& ledger_directory) {
    return (fs::path{ledger_directory} / "records.sqlite").string();
}

Result<IngestResult> ingest(const IngestRequest& request, const IngestHooks& hooks) {
    IngestResult result;
    SideRows rows;
    for (const Source& source : request.sources) {
        IngestResult::PerSource counts{.source = source};
        if (is_side_file(source.schema)) {
            CORDON_TRY(counts.rows, read_side_file(source, rows));
        }
        result.sources.push_back(std::move(counts));
    }

    CORDON_TRY(const auto writer, ledger::open_writer(request.ledger));
    CORDON_TRY(const auto store, records::Store::open(records_path(request.ledger)));
    for (IngestResult::PerSource& counts : result.sources) {
        if (is_side_file(counts.source.schema)) continue;
        CORDON_TRY(const bool finished, take_in(*writer, request, hooks, counts, result.warnings));
        if (!finished) {
            result.incomplete = true;
            break;
        }
    }
    if (!result.incomplete) {
        CORDON_TRY(store_side_rows(*store, rows));
        for (const IngestResult::PerSource& counts : result.sources)
            CORDON_TRY(record_inputs(*store, counts));
        CORDON_TRY(writer->seal());
    }
    CORDON_TRY(const auto snapshot, writer->snapshot());
    result.chains = snapshot->chains();
    CORDON_TRY(result.records, store->counts());
    return result;
}

}  // namespace cordon::engine
