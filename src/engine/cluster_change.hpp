// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <cordon/patterns/change.hpp>

#include "clusters.hpp"

namespace cordon::engine {

/// What the heuristics say of one txn.
struct TxnChange {
    patterns::ChangeFacts facts;
    patterns::Change change;
};

/// `clusters` may be null; else who signed together elsewhere counts. kNotFound when the ledger
/// does not hold the txn; kInvalidParam on an account chain.
Result<TxnChange> change_in(const ledger::Reader& reader, ChainId chain, const Hash256& txid,
                            const patterns::JoinTest& is_join, const Clusters* clusters,
                            const patterns::ChangeParams& params = {});

/// The same for every txn of the chain that may have change, in order, until `visit` returns an
/// Error. Cost: reads the whole chain, and for each of these txns some look-ups an output.
Status each_change(const ledger::Reader& reader, ChainId chain, const patterns::JoinTest& is_join,
                   const Clusters* clusters, const patterns::ChangeParams& params,
                   const std::function<Status(const TxnChange&)>& visit);

struct TieParams {
    /// Two habits must agree: a wrong union spoils all that is said of both clusters.
    patterns::ChangeParams change{.min_confidence = 0.9};
    /// Two clusters of this many addresses each are never joined by a guess: super-clusters grow
    /// where services meet (Möser & Narayanan 2022, BlockSci issue 167).
    uint32_t large = 100;
};

/// Joins change with its payer wherever the consensus names one (docs/patterns/change.md), on top
/// of what signed together. The guesses are made anew at every call, for later txns settle or upset
/// them, and are not kept in the file. Cost: as each_change. kCancelled; errors of the Reader.
Status tie_changes(Clusters& clusters, const patterns::JoinTest& is_join, const TieParams& params,
                   const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::engine
