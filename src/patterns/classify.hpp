// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/model/block.hpp>

#include "join_params.hpp"

namespace cordon::patterns {

/// What a UTXO txn is made for, as far as its shape tells (docs/patterns/coinjoin.md and the pages
/// beside it).
enum class TxnClass : uint8_t {
    kOrdinary,
    kWasabi1,        ///< Join of strangers with one base denomination and a coordinator (ZeroLink).
    kWasabi2,        ///< Join of strangers in many standard denominations (WabiSabi).
    kWhirlpool,      ///< Join of strangers where all outputs are of one pool.
    kWhirlpoolTx0,   ///< One owner splits coins for a Whirlpool pool.
    kJoinmarket,     ///< Join of strangers: a taker pays makers.
    kStonewall,      ///< One owner, or two, spend in the shape of a join of two.
    kPayout,         ///< One payer, many receivers.
    kConsolidation,  ///< Many coins into one or two.
};
/// "wasabi1", "whirlpool_tx0", ...: part of the contract.
std::string_view to_string(TxnClass value) noexcept;
inline constexpr std::size_t kTxnClasses = 9;

/// True where strangers spend together: inputs say nothing of a common owner, and which output is
/// whose is not to be told.
constexpr bool is_join(TxnClass value) noexcept {
    return value == TxnClass::kWasabi1 || value == TxnClass::kWasabi2 ||
           value == TxnClass::kWhirlpool || value == TxnClass::kJoinmarket;
}

struct Classification {
    TxnClass what = TxnClass::kOrdinary;
    /// 0..1, how sure `what` is. Not a frequency: an order of evidence (the pages say which).
    double confidence = 1;
    std::vector<std::string> reasons;  ///< For a person, the strongest first; may be empty.
};

/// Pure, any thread. Inputs whose spent output is unknown are counted, but not judged: a reason
/// says so and the confidence is lower. Cost: a look at the counts for most txns; sorting the
/// outputs where several are equal; a search of bounded length (Params::division_steps) for the
/// rest.
Classification classify(const UtxoTxn& txn, const JoinParams& params = {});

}  // namespace cordon::patterns
