// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "in_ledger.hpp"

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <unordered_set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/theft.hpp>
#include <cordon/records/store.hpp>

#include "../gen/account_stream.hpp"
#include "theft.hpp"

namespace cordon::bench {
namespace {

constexpr uint64_t kFirstTxn = uint64_t{1} << 41;  // Numbers that no txn of the stream reaches.
constexpr std::size_t kBatchBlocks = 256;          // 64 Ki rows, as `cordon ingest` appends.
constexpr double kRowsPerBlock = 250;              // Of the stream, on average.
constexpr double kPaymentsPerMove = 1.2;           // Strangers' included, with something to spare.

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int give_up(const Error& error) {
    std::fprintf(stderr, "trace_bench: %s\n", error.message.c_str());
    return 1;
}

Status make(const TheftOptions& options) {
    CORDON_TRY(const auto writer, ledger::open_writer(options.directory));
    CORDON_TRY(const auto records, records::Store::open(engine::records_path(options.directory)));
    gen::AccountStream stream{options.rows - options.moves};
    Theft theft{options.moves, [&](gen::Random& random) {
                    return gen::AccountStream::address(random.below(stream.addresses()));
                }};
    std::ofstream csv;
    if (!options.csv.empty()) csv.open(options.csv);
    // Spread evenly over the blocks.
    const double blocks = static_cast<double>(options.rows - options.moves) / kRowsPerBlock;
    const double per_block = kPaymentsPerMove * static_cast<double>(options.moves) / blocks;
    double due = 0;
    uint64_t rows = 0, txns = 0;
    bool more = true;
    while (more) {
        std::vector<Block> batch(kBatchBlocks);
        std::size_t used = 0;
        for (; used < kBatchBlocks && more; ++used) {
            more = stream.next(batch[used]);
            if (!more) break;
            due += per_block;
            for (; due >= 1; --due) {
                Transfer payment;
                if (!theft.next(payment)) break;
                batch[used].account_txns.push_back(
                    {gen::AccountStream::txn_hash(kFirstTxn + txns++), {payment}});
            }
            for (const AccountTxn& txn : batch[used].account_txns)
                for (const Transfer& row : txn.transfers) {
                    ++rows;
                    if (csv.is_open())
                        csv << chain::format_address(kEthereum, row.from) << ','
                            << chain::format_address(kEthereum, row.to) << ',' << row.asset.text()
                            << ',' << row.amount.to_string() << '\n';
                }
        }
        batch.resize(used);
        CORDON_TRY(writer->append(batch));
    }
    CORDON_TRY(writer->seal());
    std::printf("{\"rows\": %llu, \"theft\": %llu, \"seed\": \"%s\"}\n",
                static_cast<unsigned long long>(rows), static_cast<unsigned long long>(txns),
                chain::format_address(kEthereum, Theft::thief()).c_str());
    return {};
}

/// What the walk cannot do without, in its order and in numbers as it does: the txn of each
/// movement, its rows, and the rows of whom it reaches for the first time. Nothing is kept of them.
Result<double> read_once(const std::string& directory, const trace::TraceResult& result) {
    struct Step {
        uint64_t txn = 0;
        std::optional<uint32_t> reaches;
    };
    CORDON_TRY(const auto ledger, ledger::open_reader(directory));
    const ChainId chain = result.nodes.front().chain;
    const auto rows = ledger->numbered(chain);
    std::vector<Step> steps;
    std::unordered_set<uint32_t> reached;
    for (const trace::Edge& edge : result.edges) {
        Step& step = steps.emplace_back();
        CORDON_TRY(step.txn, rows->number(edge.at));
        CORDON_TRY(const auto address, ledger->address_id(chain, edge.to));
        if (address && reached.insert(*address).second) step.reaches = address;
    }
    std::vector<ledger::NumberedRow> of_txn;
    std::array<ledger::NumberedRow, 32> page;
    const double begin = cpu_seconds();
    for (const Step& step : steps) {
        CORDON_TRY(rows->txn(step.txn));
        CORDON_TRY(rows->rows_in(step.txn, of_txn));
        std::size_t count = step.reaches ? page.size() : 0;
        for (uint64_t from = 0; count == page.size(); from = page.back().row + 1) {
            CORDON_TRY(count, rows->rows_of(*step.reaches, from, page));
        }
    }
    return cpu_seconds() - begin;
}

Status follow(const std::string& directory) {
    engine::TheftRequest request;
    request.ledger = directory;
    request.seeds = "eth:" + chain::format_address(kEthereum, Theft::thief());
    // All of it: no bound that ends the walk, and no share below which it looks away.
    request.params.max_hops = 1'000'000;
    request.params.max_nodes = request.params.max_edges = 100'000'000;
    request.params.min_share = 0;
    request.params.stop = trace::default_stop_categories();
    const double begin = cpu_seconds();
    CORDON_TRY(const engine::Theft theft, engine::follow_theft(request, {}, nullptr));
    const double cpu = cpu_seconds() - begin;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    CORDON_TRY(const double floor, read_once(directory, theft.result));
    const auto edges = static_cast<double>(theft.result.edges.size());
    std::printf(
        "{\"edges\": %.0f, \"nodes\": %zu, \"cpu_s\": %.3f, \"edges_per_cpu_s\": %.0f, "
        "\"peak_mib\": %.0f, \"floor_cpu_s\": %.3f}\n",
        edges, theft.result.nodes.size(), cpu, edges / cpu,
        static_cast<double>(usage.ru_maxrss) / 1024, floor);
    return {};
}

}  // namespace

int make_theft(const TheftOptions& options) {
    const Status done = make(options);
    return done ? 0 : give_up(done.error());
}

int follow_theft(const std::string& directory) {
    const Status done = follow(directory);
    return done ? 0 : give_up(done.error());
}

}  // namespace cordon::bench
