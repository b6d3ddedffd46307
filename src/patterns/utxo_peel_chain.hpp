// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/trace.hpp>

#include "change.hpp"

namespace cordon::patterns {

struct PeelParams {
    trace::Direction direction = trace::Direction::kForward;
    uint32_t max_hops = 1'000;  ///< Steps. The longest published chains have some hundreds.
    uint64_t min_value = 0;     ///< Satoshi: what goes on below it is not followed.
    /// Of a step, the rest included: who pays many at once runs a service (see fan-out).
    uint32_t max_outputs = 3;
    /// Categories of labels at which the chain ends; empty: none.
    std::vector<Category> stop = trace::default_stop_categories();
    ChangeParams change;
};

/// Why the chain is not followed further.
enum class PeelStop : uint8_t {
    kUnspent,      ///< The rest is there at the end of the ledger.
    kLabel,        ///< The rest is at an address with a label of a stop category.
    kJoin,         ///< Went into a CoinJoin.
    kBelowValue,   ///< The rest is below PeelParams::min_value.
    kHops,         ///< PeelParams::max_hops reached.
    kAmbiguous,    ///< Two outputs may be the rest, or none can be told from a payment.
    kShape,        ///< Not one input and few outputs: gathered, swept whole, or paid out to many.
    kFingerprint,  ///< The rest is spent by other software: another owner, most likely.
    kPaid,         ///< Backward: the output is a payment of the chain, not its rest.
    kCoinbase,     ///< Backward: newly minted.
    kUnknown,      ///< Backward: the ledger does not hold the txn.
};
std::string_view to_string(PeelStop stop) noexcept;

/// One txn of the chain: it takes `spends` and keeps output `rest`.
struct PeelStep {
    TxnPosition at;
    std::optional<UnixMillis> time;
    Hash256 txid;
    OutPoint spends;
    uint64_t value = 0;  ///< Of what it spends; 0 when unknown.
    uint32_t rest = 0;
    TxOut rest_output;
    bool kept_largest = false;
    std::vector<uint32_t> peels;  ///< Its other outputs that carry value: what was paid.
    uint64_t peeled = 0;          ///< Their sum.
    double confidence = 0;
    std::vector<std::string> why;  ///< For a person.
};

struct PeelChain {
    std::vector<PeelStep> steps;  ///< In the order walked.
    OutPoint end;                 ///< Where it stopped: the rest, or backward the beginning.
    PeelStop stop = PeelStop::kUnspent;
    std::string reason;          ///< The stop, for a person.
    std::optional<Label> label;  ///< Of kLabel.
};

/// Follows the rest of an output through txns of one wallet that each pay somebody and keep the
/// rest (docs/patterns/utxo-peel-chain.md). Of each txn it goes on with the output that returns to
/// a signing address, else the one that is spent by the same wallet fingerprint in the same shape
/// from a fresh address of the same kind; two of them are told apart by the change consensus or not
/// at all.
///
/// Pure: depends on its arguments alone. `labels` may be null. Errors: kNotFound when the ledger
/// does not hold the txn of `from`; of the Reader.
Result<PeelChain> peel_chain(const ledger::Reader& reader, ChainId chain, const OutPoint& from,
                             const PeelParams& params, const JoinTest& is_join = {},
                             const trace::Context* labels = nullptr);

/// The chains that the movements of a trace run along, in chain order: each from its first traced
/// txn on, when it has at least `min_steps` txns. A txn is of one chain at most.
Result<std::vector<PeelChain>> peel_chains_of(const trace::TraceResult& traced,
                                              const ledger::Reader& reader,
                                              const PeelParams& params, std::size_t min_steps,
                                              const JoinTest& is_join = {},
                                              const trace::Context* labels = nullptr);

}  // namespace cordon::patterns
