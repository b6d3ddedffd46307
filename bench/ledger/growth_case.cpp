// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "account.hpp"
#include "mapped_files.hpp"

namespace cordon::bench {
namespace {

constexpr double kGigabyte = 1e9;
// Between looks at the size: a look reads the directory.
constexpr unsigned kBatchesALook = 4;

}  // namespace

/// One JSON object a line, one line a point.
void growth_case(const CaseOptions& options) {
    if (!options.gigabytes.empty())
        touch_memory(static_cast<uint64_t>(options.gigabytes.back() * 1.5 * kGigabyte));
    AccountFeed feed{options};
    const std::unique_ptr<Store> store = make_store(options.store, options.directory);
    if (store == nullptr) give_up("there is no store " + options.store);
    for (const double gigabytes : options.gigabytes) {
        const uint64_t rows_before = feed.rows();
        Ingest ingest{feed, *store};
        uint64_t bytes = disk_bytes(options.directory);
        for (unsigned batch = 1; static_cast<double>(bytes) < gigabytes * kGigabyte; ++batch) {
            if (!ingest.step()) give_up("the input ends before the ledger is large enough");
            if (batch % kBatchesALook == 0) bytes = disk_bytes(options.directory);
        }
        ingest.finish();
        Figures figures;
        figures.add("store", options.store);
        figures.add("gigabytes", static_cast<double>(disk_bytes(options.directory)) / kGigabyte);
        figures.add("rows", feed.rows());
        figures.add("rows_per_cpu_s",
                    static_cast<double>(feed.rows() - rows_before) / ingest.cpu_seconds());
        figures.add("longest_append_ms", ingest.longest_append_ms());
        figures.add("peak_anonymous_bytes", ingest.memory().peak_bytes());
        const Answers answers = ask(*store, feed.addresses().values(), feed.txns().values());
        figures.add("edges", answers.edges);
        figures.add("txn", answers.txns);
        figures.add("dependent_read_ns", MappedFiles{options.directory}.dependent_read_ns());
        figures.add("answer_edges", answers.edges_hash);
        figures.add("answer_txns", answers.txns_hash);
        figures.print();
        std::fflush(stdout);
    }
}

}  // namespace cordon::bench
