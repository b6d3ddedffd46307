// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/rare.hpp>
#include <cordon/base/small_vector.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/label.hpp>

namespace cordon::trace {

/// Why money is not followed further from a node. kNone: it moved on entirely.
enum class Stop : uint8_t {
    kNone,
    kLabel,  ///< The address carries a label of a stop category; Endpoint::category says which.
    kHighDegree,  ///< More counterparties than Params::service_degree: behaves like a service that
                  ///< nobody labelled.
    kUnspent,     ///< Still there at the end of the ledger.
    kBelowLimit,  ///< Sent on in movements below Params::min_purity / min_amount / min_usd /
                  ///< min_share.
    kHops,        ///< Params::max_hops reached.
    kTime,        ///< Params::until reached.
    kBudget,      ///< Params::max_nodes or max_edges reached, or cancelled.
    kFee,         ///< Paid as a fee.
    kBurned,      ///< Sent to an unspendable output or burned.
    kUnknown,     ///< Spent or crossed over, but the ledger does not hold the txn (extracts).
    kMixer,       ///< Spent in a join of strangers (LinkSource::join_of); Endpoint::why says which.
};
std::string_view to_string(Stop stop) noexcept;

/// Tainted value by asset.
struct Holding {
    Asset asset;
    Amount received;  ///< All that the walk saw arrive, clean money included.
    Amount tainted;   ///< The part of it from the seeds.
    Amount resting;   ///< Tainted and not moved on.
};

struct Node {
    ChainId chain;
    Address address;
    uint32_t hop = 0;   ///< Fewest movements from a seed.
    bool seed = false;  ///< Also the payers of a seed txn.
    Rare<Label> label;
    Stop stop = Stop::kNone;                          ///< Why the largest resting part rests.
    SmallVector<Holding, 1> holdings;                 ///< By asset order.
    std::optional<UnixMillis> first_seen, last_seen;  ///< Of tainted movements.
    bool spent_unknown = false;
    std::optional<double> score;  ///< Of a ranking; above 0.
    /// How sure it is that stolen money came here at all: the highest product of the confidences
    /// along a path of edges from a start, 0..1.
    double confidence = 1;
};

/// Where tainted money rests: what can be frozen, watched or asked for.
struct Endpoint {
    ChainId chain;
    Address address;
    Asset asset;
    Amount tainted;
    Stop stop = Stop::kNone;
    Rare<Label> label;
    std::optional<double> usd;
    Rare<OutPoint> outpoint;  ///< UTXO only, when it is one output.
    // kMixer only: the join of strangers, its kind first and then the reasons.
    Rare<Hash256> join;
    std::vector<std::string> why;
    /// Where it may have gone on by a crossing: how many candidates Params::min_confidence left
    /// out, and the confidence of the surest.
    uint32_t candidates = 0;
    double best_candidate = 0;
    double confidence = 1;  ///< Of its node.
};

}  // namespace cordon::trace
