// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

namespace cordon::engine {

/// What a copy holds.
struct LedgerCopy {
    std::vector<ledger::ChainSummary> chains;
    std::optional<records::Store::Counts> records;  ///< Nothing when the ledger has none.
    std::vector<std::string> pending;  ///< Sources that were going in: the copy may hold a part.
};

/// Copies what a ledger holds now, chains and records, into a new one at `target`, while an ingest
/// may go on. Each chain ends at a batch that was acknowledged. Clusters are not copied: they are
/// made anew when asked for. kConflict when `target` exists and is not empty; after another Error
/// `target` holds nothing of ours.
Result<LedgerCopy> copy_ledger(const std::string& directory, const std::string& target);

/// One kind of file of a ledger, read in full.
struct Verified {
    std::string what;  ///< "chains", "records.sqlite", "clusters-btc.bin", "ingest.pending".
    std::optional<Error> damage;  ///< The first one; names the file and the place in it.
};

/// Reads every stored byte of a ledger against its checksums: the chains, and what is there of
/// records, clusters and the note of a pending ingest. All kinds are looked at, also when one is
/// damaged. `begin` is told of each before it is read. An Error is only what keeps us from looking:
/// kNotFound where there is no ledger, kUnsupported, kIo, kPermission.
Result<std::vector<Verified>> verify_ledger(const std::string& directory,
                                            const std::function<void(std::string_view)>& begin);

}  // namespace cordon::engine
