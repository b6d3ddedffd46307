// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account.hpp"
#include "mapped_files.hpp"

namespace cordon::bench {
namespace {

constexpr int kScans = 5;

}  // namespace

void account_case(const CaseOptions& options) {
    // Stream, files, their writing twice and the process: some hundred bytes a row.
    touch_memory(options.rows * 100 + (1U << 29));
    AccountFeed feed{options};
    const std::unique_ptr<Store> store = make_store(options.store, options.directory);
    if (store == nullptr) give_up("there is no store " + options.store);
    Figures figures;
    {
        Ingest ingest{feed, *store};
        const double begin = wall_seconds();
        while (ingest.step()) continue;
        ingest.finish();
        const double cpu = ingest.cpu_seconds();
        const auto rows = static_cast<double>(feed.rows());
        figures.add("store", options.store);
        figures.add("rows", feed.rows());
        figures.add("rows_per_cpu_s", rows / cpu);
        figures.add("wall_s", wall_seconds() - begin);
        figures.add("longest_append_ms", ingest.longest_append_ms());
        figures.add("longest_append_without_sync_ms", ingest.longest_append_without_sync_ms());
        figures.add("bytes_per_row", static_cast<double>(disk_bytes(options.directory)) / rows);
        figures.add("peak_anonymous_bytes", ingest.memory().peak_bytes());
    }
    const Answers answers = ask(*store, feed.addresses().values(), feed.txns().values());
    figures.add("edges", answers.edges);
    figures.add("txn", answers.txns);

    figures.add("dependent_read_ns", MappedFiles{options.directory}.dependent_read_ns());
    std::vector<double> scans;
    uint64_t received = store->scan(feed.busy());
    for (int i = 0; i < kScans; ++i) {
        const double begin = process_cpu_seconds();
        if (store->scan(feed.busy()) != received) give_up("two scans differ");
        scans.push_back(process_cpu_seconds() - begin);
    }
    figures.add("scan_rows_per_cpu_s",
                static_cast<double>(feed.rows()) / percentiles(std::move(scans)).p50);
    figures.add("answer_edges", answers.edges_hash);
    figures.add("answer_txns", answers.txns_hash);
    figures.add("answer_scan", received);
    figures.add("edges_seen", answers.edges_seen);
    figures.print();
}

}  // namespace cordon::bench
