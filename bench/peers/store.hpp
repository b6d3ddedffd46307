// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cordon/model/block.hpp>

/// Stores of an account stream, so that the ledger and its peers are asked the same questions and
/// have to give the same answers. A store that fails ends the program: there is nothing to measure.
namespace cordon::bench {

/// What a trace reads of one transfer, seen from its sender.
struct Edge {
    TxnPosition at;
    Address to;
    Asset asset;
    Amount amount;
};

/// Confined to one thread, but for threads of its own.
class Store {
public:
    virtual ~Store() = default;

    /// Adds blocks in chain order.
    virtual void add(std::span<const Block> blocks) = 0;
    /// All of it durable and in the form in which it is read best. More may be added afterwards.
    virtual void finish() = 0;

    // Answers of what was finished. The buffer is the caller's: it is the same for all stores.

    /// The first `limit` transfers that `sender` sent, in chain order.
    virtual void out_edges(const Address& sender, std::size_t limit, std::vector<Edge>& edges) = 0;
    virtual std::optional<TxnPosition> find_txn(const Hash256& hash) = 0;
    /// How many rows `receiver` received, by reading that column of every row: what an analysis of
    /// a whole chain costs, so no index may help.
    virtual uint64_t scan(const Address& receiver) = 0;
};

/// "cordon", "rocksdb", "lmdb" or "sqlite", in a directory that exists and is empty; null for
/// another name.
std::unique_ptr<Store> make_store(const std::string& name, const std::string& directory);

std::unique_ptr<Store> make_cordon_store(const std::string& directory);
std::unique_ptr<Store> make_rocksdb_store(const std::string& directory);
std::unique_ptr<Store> make_lmdb_store(const std::string& directory);
std::unique_ptr<Store> make_sqlite_store(const std::string& directory);

/// Prints why and ends the program.
[[noreturn]] void give_up(const std::string& why);

}  // namespace cordon::bench
