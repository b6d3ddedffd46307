// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <cordon/ledger/clusters.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/patterns/change.hpp>

namespace cordon::engine {

/// Why a payer and a receiver were joined, beyond what signed together.
struct ChangeTie {
    TxnPosition at;
    uint32_t output = 0;  ///< Of that txn: taken for change.
    double confidence = 0;
    std::vector<patterns::Heuristic> by;
};

/// The clusters of one chain at the height of a reader, whose address ids they speak of.
struct Clusters {
    std::shared_ptr<const ledger::Reader> reader;
    ChainId chain;
    ledger::ClusterForest forest;
    bool incremental = false;           ///< Went on from saved clusters.
    std::vector<std::string> warnings;  ///< Why clusters were made anew, or could not be saved.
    // Of tie_changes().
    std::vector<ChangeTie> ties;  ///< A union with mark n > 0 was made by ties[n - 1].
    /// Would have made one of two large clusters: not made. The mark is as above.
    std::vector<ledger::ClusterForest::Merge> refused;
};

/// The chain of outputs that a question is about: the given one, or the only one. kNotFound when
/// the ledger has none, or not that one; kConflict when it has several and none is given;
/// kInvalidParam for an account chain.
Result<ChainId> utxo_chain(const ledger::Reader& reader, std::optional<ChainId> wanted);

/// Ids of what anybody may spend (pay-to-anchor, OP_TRUE, …): whoever sweeps it shares no key with
/// others that do, so it joins nobody.
Result<std::vector<uint32_t>> keyless_ids(const ledger::Reader& reader, ChainId chain);

/// Where the clusters of a chain are kept: LEDGER/clusters-NAME.bin, outside the folders that the
/// ledger's writer tidies.
std::string clusters_path(const std::string& directory, ChainId chain);

/// How many ids a clusters file may speak of, in a ledger of so many addresses: a rewind takes ids
/// away, so it may know some that are no more, but not without bound.
constexpr uint64_t cluster_ids(uint64_t addresses) noexcept { return addresses * 2 + 1'000'000; }

/// What is kept of the clusters of a chain and still holds for `reader`; nothing when there is
/// none, or it is damaged or of another filter. Does not look at blocks that came later, writes
/// nothing.
Result<std::optional<Clusters>> kept_clusters(const std::string& directory,
                                              std::shared_ptr<const ledger::Reader> reader,
                                              ChainId chain, const ledger::JoinFilter& filter);

/// Goes on from the saved clusters of the ledger, if any: from their newest block that the chain
/// still has, so that a reorg costs what it forgot. They are made anew when they are damaged, of
/// another join filter or numbering, or of no block that the chain still has; a warning says so
/// where it matters. Outputs that need no key (pay-to-anchor, OP_TRUE) join nobody. Then saves
/// them; a ledger that cannot be written gives a warning only.
///
/// Errors of utxo_chain; kCancelled.
Result<Clusters> cluster_ledger(const std::string& directory, std::optional<ChainId> chain,
                                const ledger::JoinFilter& filter,
                                const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::engine
