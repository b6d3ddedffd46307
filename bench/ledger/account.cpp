// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account.hpp"

#include <algorithm>

namespace cordon::bench {
namespace {

constexpr uint64_t kBatchRows = 16'384;  // As engine::ingest.
constexpr std::size_t kEdgeLimit = 1000;

uint64_t fold(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ (hash >> 29);
}

uint64_t fold(uint64_t hash, const Edge& edge) {
    hash = fold(fold(hash, edge.at.block), edge.at.txn);
    hash = fold(hash, std::hash<Address>{}(edge.to));
    for (const char letter : edge.asset.text()) hash = fold(hash, static_cast<uint8_t>(letter));
    for (const uint64_t limb : edge.amount.limbs()) hash = fold(hash, limb);
    return hash;
}

}  // namespace

AccountFeed::AccountFeed(const CaseOptions& options)
    : rows_wanted_{options.rows}, addresses_{options.queries}, txns_{options.queries} {
    if (options.input.empty()) {
        stream_.emplace(options.rows);
        return;
    }
    auto reader = gen::AccountStreamReader::open(options.input);
    if (!reader) give_up(reader.error().message);
    reader_.emplace(std::move(*reader));
}

bool AccountFeed::next(Block& block) {
    if (rows_ >= rows_wanted_) return false;
    if (stream_) return stream_->next(block);
    const auto more = reader_->next(block);
    if (!more) give_up(more.error().message);
    return *more;
}

std::span<const Block> AccountFeed::next_batch() {
    const double begin = thread_cpu_seconds();
    std::size_t blocks = 0;
    const uint64_t enough = rows_ + kBatchRows;
    for (; rows_ < enough; ++blocks) {
        if (blocks == batch_.size()) batch_.emplace_back();
        Block& block = batch_[blocks];
        if (!next(block)) break;
        for (const AccountTxn& txn : block.account_txns) {
            txns_.see(txn.hash);
            for (const Transfer& transfer : txn.transfers) {
                addresses_.see(transfer.from);
                addresses_.see(transfer.to);
            }
            rows_ += txn.transfers.size();
        }
    }
    if (busy_.empty() && blocks > 0) busy_ = batch_[0].account_txns.at(0).transfers.at(0).to;
    cpu_ += thread_cpu_seconds() - begin;
    return std::span{batch_}.first(blocks);
}

Ingest::Ingest(AccountFeed& feed, Store& store)
    : feed_{feed}, store_{store}, feed_begin_{feed.cpu_seconds()} {}

bool Ingest::step() {
    const std::span<const Block> batch = feed_.next_batch();
    if (batch.empty()) return false;
    const double synced = synced_seconds(), begin = wall_seconds();
    store_.add(batch);
    const double taken = wall_seconds() - begin;
    longest_ = std::max(longest_, taken);
    longest_unsynced_ = std::max(longest_unsynced_, taken - (synced_seconds() - synced));
    return true;
}

void Ingest::finish() { store_.finish(); }

double Ingest::cpu_seconds() const {
    return process_cpu_seconds() - begin_ - (feed_.cpu_seconds() - feed_begin_) -
           memory_.cpu_seconds();
}

Answers ask(Store& store, const std::vector<Address>& addresses, const std::vector<Hash256>& txns) {
    Answers answers;
    std::vector<Edge> edges;
    for (const Address& address : addresses) {
        store.out_edges(address, kEdgeLimit, edges);
        for (const Edge& edge : edges) answers.edges_hash = fold(answers.edges_hash, edge);
        answers.edges_seen += edges.size();
    }
    answers.edges = time_each(
        addresses.size(), [&](std::size_t i) { store.out_edges(addresses[i], kEdgeLimit, edges); });
    std::optional<TxnPosition> at;
    for (const Hash256& hash : txns) {
        at = store.find_txn(hash);
        if (!at) give_up("a txn is not found by its hash");
        answers.txns_hash = fold(fold(answers.txns_hash, at->block), at->txn);
    }
    answers.txns = time_each(txns.size(), [&](std::size_t i) { at = store.find_txn(txns[i]); });
    return answers;
}

}  // namespace cordon::bench
