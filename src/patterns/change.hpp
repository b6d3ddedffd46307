// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <cordon/chain/bitcoin/fingerprint.hpp>
#include <cordon/ledger/ledger.hpp>

/// Which output of a txn goes back to who paid: single heuristics, and what they agree on
/// (docs/patterns/change.md).
namespace cordon::patterns {

/// Whether strangers made a txn together (CoinJoin). Empty: nobody knows of any.
using JoinTest = std::function<bool(const UtxoTxn&)>;

/// Outputs of one txn, rising. A heuristic gives those that it cannot rule out as change.
using Candidates = std::vector<uint32_t>;
Candidates both(const Candidates& a, const Candidates& b);
Candidates either(const Candidates& a, const Candidates& b);
Candidates without(const Candidates& a, const Candidates& b);
/// The only one; nothing when there are none or several.
std::optional<uint32_t> only(const Candidates& all) noexcept;

/// The txn that spends an output, as the heuristics see it.
struct SpenderFacts {
    TxnPosition at;
    chain::Fingerprint print;
    std::size_t inputs = 0, outputs = 0;
    std::optional<uint64_t> fee;        ///< None when not all inputs are known.
    std::optional<uint64_t> kilo_rate;  ///< Satoshi for 1,000 virtual bytes, by estimated size.

    bool peels() const noexcept { return inputs == 1 && outputs == 2; }
};

struct OutputFacts {
    bool fresh = false;     ///< This txn is the first in which the ledger has its address.
    bool co_spent = false;  ///< In one cluster with an input, by common inputs of other txns.
    std::optional<SpenderFacts> spender;
};

/// A txn with all that heuristics ask about its surroundings.
struct ChangeFacts {
    ledger::PlacedUtxoTxn placed;
    bool is_join = false;       ///< Made by strangers together (CoinJoin): nobody's change.
    bool parent_peels = false;  ///< The txn that made its first input has one input, two outputs.
    SpenderFacts own;           ///< The same facts of the txn itself.
    std::vector<OutputFacts> outputs;
};

/// Large spending txns of one chain, so that who asks for many txns reads each of them once and not
/// once for every output that it gathers.
using LargeSpenders = std::map<TxnPosition, SpenderFacts>;

/// Reads them. Cost: some look-ups an output, and each spending txn once. Errors: of the Reader.
/// co_spent stays false: who has clusters fills it in. `large` may be null.
Result<ChangeFacts> change_facts(const ledger::Reader& reader, ChainId chain,
                                 ledger::PlacedUtxoTxn placed, bool is_join,
                                 LargeSpenders* large = nullptr);

/// In the order of their names.
enum class Heuristic : uint8_t {
    kAddressReuse,     ///< Pays an address that signs this txn.
    kAddressType,      ///< Of the one script kind that all inputs have.
    kClientBehaviour,  ///< Pays a fresh address.
    kDirectChange,     ///< As address reuse, while another output pays somebody else.
    kFixedFee,         ///< Unspent, or its spender pays the same fee, or fee rate.
    kLegacy,         ///< The only fresh one below the smallest input, when there are more outputs.
    kLocktime,       ///< Unspent, or its spender uses locktime as this txn does.
    kMultiInput,     ///< In one cluster with an input.
    kNone,           ///< Nothing.
    kOneTimeChange,  ///< The only one of the inputs' kind, not round, below the smallest input,
                     ///< fresh.
    kOptimalChange,  ///< Below the smallest input: else that input was not needed.
    kPeelingChain,   ///< Of a chain of txns with one input and two outputs: goes on in it.
    kPowerOfTen,     ///< Not a multiple of 10^digits: people pay round sums.
    kSpent,          ///< Helper.
    kUnspent,        ///< Helper.
    kWalletFingerprint,  ///< Spent by the same software; all others by another.
};
inline constexpr std::size_t kHeuristicCount = 16;
std::string_view to_string(Heuristic heuristic) noexcept;
/// kInvalidParam lists the names.
Result<Heuristic> parse_heuristic(std::string_view text);

struct ChangeParams {
    /// Of kPowerOfTen alone; BlockSci's default: multiples of 0.01 BTC are round.
    unsigned digits = 6;
    /// Of one-time change and the consensus: multiples of 1,000 satoshi are round. Change is by
    /// chance once in a thousand, and payments in sats are seldom finer.
    unsigned vote_digits = 3;
    /// Payout batches have no change that single outputs could tell (GraphSense: 2 to 10).
    uint32_t max_outputs = 10;
    /// A habit and a hint give 0.875, two habits 0.94, a habit alone 0.75 (change_consensus.cpp).
    double min_confidence = 0.85;
};

/// Outputs that the heuristic cannot rule out. OP_RETURN is none but for the helpers. Heuristics of
/// inputs give nothing when an input is unknown. Pure.
Candidates candidates(Heuristic heuristic, const ChangeFacts& facts,
                      const ChangeParams& params = {});

/// One heuristic that leaves one output only.
struct Vote {
    Heuristic heuristic = Heuristic::kNone;
    uint32_t output = 0;
    double weight = 0;
};

/// What the heuristics agree on.
struct Change {
    std::optional<uint32_t> output;  ///< None: unclear.
    double confidence = 0;           ///< Of the answer; 0 when unclear.
    std::vector<Vote> votes;         ///< All that were cast, by name; also when unclear.
    std::string_view unclear;        ///< Why there is no answer; static text, else empty.
};

/// The consensus. Sure evidence (direct change, common inputs elsewhere) decides alone; else votes
/// of independent kinds of evidence must all name one output and reach min_confidence. Unclear for
/// CoinJoins, coinbases, txns of one output or of more than max_outputs (but for sure evidence),
/// and on any contradiction. Pure.
Change change_of(const ChangeFacts& facts, const ChangeParams& params = {});

/// Why a txn can have no change whatever its surroundings, so that these need not be read; empty
/// when it may.
std::string_view no_change(const UtxoTxn& txn, bool is_join) noexcept;

}  // namespace cordon::patterns
