// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/engine/open.hpp>

#include "../peers/bitcoin_ledger.hpp"
#include "../peers/must.hpp"
#include "cases.hpp"
#include "mapped_files.hpp"
#include "measure.hpp"
#include "sampler.hpp"

namespace cordon::bench {
namespace {

constexpr uint64_t kBatchOutputs = 16'384;  // As engine::ingest.
constexpr std::size_t kRounds = 5;
// Appended one by one at the end. The generator's last block is empty and the one before not full.
constexpr std::size_t kHeldBack = 4;

/// What was seen of a chain on its way in.
struct Seen {
    explicit Seen(std::size_t queries) : addresses{queries}, txids{queries} {}

    void see(const Block& block) {
        const double begin = thread_cpu_seconds();
        for (const UtxoTxn& txn : block.utxo_txns) {
            txids.see(txn.txid);
            for (const TxOut& output : txn.outputs) {
                addresses.see(output.address);
                sum += output.value;
            }
            outputs += txn.outputs.size();
        }
        txns += block.utxo_txns.size();
        cpu += thread_cpu_seconds() - begin;
    }

    Sampler<Address> addresses;
    Sampler<Hash256> txids;
    uint64_t txns = 0, outputs = 0, sum = 0;
    double cpu = 0;  ///< What the looking took.
};

/// Reads all blocks into the ledger but the last ones, which it returns. Blocks are used again.
std::vector<Block> ingest(chain::BlockSource& source, BitcoinLedger& ledger, Seen& seen) {
    std::vector<Block> batch;
    std::size_t used = 0;
    const auto append_all_but_last = [&] {
        if (used <= kHeldBack) return;
        const std::size_t count = used - kHeldBack;
        ledger.append(std::span{batch}.first(count));
        std::rotate(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count),
                    batch.begin() + static_cast<std::ptrdiff_t>(used));
        used = kHeldBack;
    };
    uint64_t enough = kBatchOutputs;
    while (true) {
        if (used == batch.size()) batch.emplace_back();
        if (!must(source.read(batch[used]))) break;
        seen.see(batch[used++]);
        if (seen.outputs < enough) continue;
        append_all_but_last();
        enough = seen.outputs + kBatchOutputs;
    }
    append_all_but_last();
    ledger.seal();
    batch.resize(used);
    return batch;
}

/// Milliseconds of the appends of one block each.
void append_one_by_one(const std::vector<Block>& blocks, BitcoinLedger& ledger, Figures& figures) {
    std::vector<double> taken_all, unsynced_all;
    for (const Block& block : blocks) {
        const double synced = synced_seconds(), begin = wall_seconds();
        ledger.append(std::span{&block, 1});
        const double taken = wall_seconds() - begin;
        taken_all.push_back(taken);
        unsynced_all.push_back(taken - (synced_seconds() - synced));
    }
    figures.add("one_block_ms", percentiles(std::move(taken_all)).p50 * 1e3);
    figures.add("one_block_without_sync_ms", percentiles(std::move(unsynced_all)).p50 * 1e3);
}

template <typename Work>
double median_cpu_seconds(Work&& work) {
    std::vector<double> rounds;
    for (std::size_t i = 0; i < kRounds; ++i) {
        const double begin = process_cpu_seconds();
        work();
        rounds.push_back(process_cpu_seconds() - begin);
    }
    return percentiles(std::move(rounds)).p50;
}

void ask(const BitcoinLedger& ledger, const std::string& directory, const Seen& seen,
         Figures& figures) {
    const auto txids = seen.txids.values();
    const auto addresses = seen.addresses.values();
    bool known = true;
    uint64_t outputs = 0, value = 0;
    for (const bool warm : {false, true}) {
        const Percentiles txn =
            time_each(txids.size(), [&](std::size_t i) { known &= ledger.knows(txids[i]); });
        outputs = value = 0;
        const Percentiles balance = time_each(addresses.size(), [&](std::size_t i) {
            const auto found = ledger.balance(addresses[i]);
            outputs += found.outputs;
            value += found.value;
        });
        if (!warm) continue;
        figures.add("txid", txn);
        figures.add("balance", balance);
    }
    figures.add("dependent_read_ns", MappedFiles{directory}.dependent_read_ns());
    if (!known) give_up("a txn is not found by its txid");
    figures.add("answer_outputs", outputs);
    figures.add("answer_value", value);

    uint64_t sum = 0, joined = 0;
    figures.add("outputs_per_cpu_s", static_cast<double>(seen.outputs) / median_cpu_seconds([&] {
                                         sum = ledger.sum_of_outputs();
                                     }));
    if (sum != seen.sum) give_up("the pass over all outputs misses some");
    figures.add("cluster_s_per_million_txns",
                median_cpu_seconds([&] { joined = ledger.cluster(); }) * 1e6 /
                    static_cast<double>(seen.txns));
    figures.add("answer_joined", joined);
}

}  // namespace

void bitcoin_case(const CaseOptions& options) {
    touch_memory(disk_bytes(options.input) * 2 + (1U << 29));
    Seen seen{options.queries};
    Figures figures;
    std::optional<BitcoinLedger> ledger;
    {
        MemoryWatch memory;
        const double begin = process_cpu_seconds();
        const auto source = must(engine::open_chain_source(
            {engine::Schema::kBtcBlocks, options.input}, kBitcoinRegtest));
        ledger.emplace(options.directory, kBitcoinRegtest);
        const std::vector<Block> last = ingest(*source, *ledger, seen);
        const double cpu = process_cpu_seconds() - begin - seen.cpu - memory.cpu_seconds();
        const auto txns = static_cast<double>(seen.txns);
        figures.add("txns", seen.txns);
        figures.add("outputs", seen.outputs);
        figures.add("cpu_us_per_txn", cpu / txns * 1e6);
        figures.add("bytes_per_txn", static_cast<double>(disk_bytes(options.directory)) / txns);
        figures.add("peak_anonymous_bytes", memory.peak_bytes());

        append_one_by_one(last, *ledger, figures);
    }
    ledger->refresh();
    ask(*ledger, options.directory, seen, figures);
    figures.print();
}

}  // namespace cordon::bench
