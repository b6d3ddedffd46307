// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "../gen/account_stream.hpp"
#include "../peers/store.hpp"
#include "cases.hpp"
#include "measure.hpp"
#include "sampler.hpp"

/// The parts that the cases of account chains share.
namespace cordon::bench {

/// The account stream, from a file or made in the process, and samples of what it held.
class AccountFeed {
public:
    AccountFeed(const CaseOptions& options);

    /// Blocks of about 64 Ki rows, what `cordon ingest` appends at once; empty at the end.
    std::span<const Block> next_batch();
    uint64_t rows() const { return rows_; }
    /// CPU seconds that the stream and the samples took, not the store.
    double cpu_seconds() const { return cpu_; }
    const Sampler<Address>& addresses() const { return addresses_; }
    const Sampler<Hash256>& txns() const { return txns_; }
    /// Takes part in very much: the receiver of the first transfer.
    const Address& busy() const { return busy_; }

private:
    bool next(Block& block);

    std::optional<gen::AccountStreamReader> reader_;
    std::optional<gen::AccountStream> stream_;
    std::vector<Block> batch_;  // Its blocks are used again.
    uint64_t rows_ = 0, rows_wanted_;
    double cpu_ = 0;
    Sampler<Address> addresses_;
    Sampler<Hash256> txns_;
    Address busy_;
};

/// What ingest has cost so far.
class Ingest {
public:
    Ingest(AccountFeed& feed, Store& store);
    /// Adds one batch; false at the end of the feed.
    bool step();
    void finish();
    /// Of the store alone: without the feed and the watching of memory.
    double cpu_seconds() const;
    double longest_append_ms() const { return longest_ * 1e3; }
    double longest_append_without_sync_ms() const { return longest_unsynced_ * 1e3; }
    MemoryWatch& memory() { return memory_; }

private:
    AccountFeed& feed_;
    Store& store_;
    MemoryWatch memory_;
    double begin_ = process_cpu_seconds();
    double feed_begin_;
    double longest_ = 0, longest_unsynced_ = 0;
};

/// Answers as one number a question, equal for all stores.
struct Answers {
    Percentiles edges, txns;  ///< Microseconds.
    uint64_t edges_hash = 0, txns_hash = 0, edges_seen = 0;
};
/// Every question once unmeasured, then once measured.
Answers ask(Store& store, const std::vector<Address>& addresses, const std::vector<Hash256>& txns);

}  // namespace cordon::bench
