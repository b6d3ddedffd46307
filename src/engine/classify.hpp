// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <cordon/patterns/classify.hpp>

namespace cordon::engine {

struct ClassifyRequest {
    /// A file or folder of txns (btc-txs:, "-" for standard input) or of raw blocks; or else:
    std::string txs;
    std::string ledger;
    std::vector<std::string> txids;  ///< Of the ledger; none = all of its txns.
    std::optional<ChainId> chain;    ///< Needed where addresses and ledger do not say it.
    patterns::JoinParams params;
};

struct ClassifiedTxn {
    ChainId chain;
    Hash256 txid;
    patterns::Classification result;
};

/// Gives every txn's class, one after the other as the source has them, without keeping any.
/// kNotFound for a txid or chain that the ledger does not have; the source's own errors with file
/// and line; kCancelled; and what `visit` returns.
Status classify_txns(const ClassifyRequest& request,
                     const std::function<Status(const ClassifiedTxn&)>& visit,
                     const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::engine
