// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include <cordon/ledger/txn_shape.hpp>
#include <cordon/model/block.hpp>

#include "join_params.hpp"

namespace cordon::patterns {

/// What the rules look at. Made once for a txn; the rules then only compare.
struct JoinFacts {
    // Inputs
    uint32_t inputs = 0;
    uint32_t unknown = 0;  ///< Inputs whose spent output is not known.
    uint32_t senders = 0;  ///< Different addresses; an unknown input counts as one of its own.
    bool inputs_sorted = false;  ///< By value, the largest first. False when any is unknown.
    // Outputs. Data carriers are counted apart and in none of the others.
    uint32_t data = 0;
    uint32_t outputs = 0;
    uint32_t receivers = 0;       ///< Different addresses.
    uint32_t reused = 0;          ///< Receivers that also send.
    bool outputs_sorted = false;  ///< By value, the largest first.
    uint32_t standard = 0;        ///< WabiSabi denominations among them.
    uint32_t repeated = 0;        ///< Different values that occur more than once.
    uint32_t single = 0;          ///< Values that occur once.
    uint64_t denom = 0;           ///< The value that occurs most; of several the smallest.
    uint32_t equal = 0;           ///< How often it does.
    // Script kinds. Known of a whole txn only, not of a shape.
    bool kinds_known = false;
    /// Of most known inputs; of most outputs where no input is known.
    AddressKind kind = AddressKind::kNone;
    uint32_t foreign_inputs = 0, foreign_outputs = 0;  ///< Of another kind than that.
    uint32_t p2wpkh_outputs = 0;
    uint32_t segwit_outputs = 0;  ///< P2WPKH or P2TR.
    uint32_t segwit_inputs = 0;
    uint32_t taproot = 0;      ///< P2TR on both sides.
    bool coordinator = false;  ///< An output to a coordinator of Wasabi 1 that is publicly known.

    std::pmr::vector<uint64_t> in_values;   ///< The largest first; of known inputs only.
    std::pmr::vector<uint64_t> out_values;  ///< The smallest first, without data carriers.

    explicit JoinFacts(std::pmr::memory_resource* memory) : in_values{memory}, out_values{memory} {}

    bool values_known() const noexcept { return unknown == 0 && !in_values.empty(); }
    uint32_t others() const noexcept { return outputs - equal; }
};

JoinFacts facts_of(const UtxoTxn& txn, const JoinParams& params, std::pmr::memory_resource* memory);
/// Of a shape neither values of inputs nor script kinds are known.
JoinFacts facts_of(const ledger::TxnShape& shape, const JoinParams& params,
                   std::pmr::memory_resource* memory);

/// 2^k, 3^k, 2*3^k, 10^k, 2*10^k or 5*10^k: the denominations of WabiSabi.
bool is_standard_denomination(uint64_t value) noexcept;

/// P2WPKH or P2TR: what wallets that still make joins use.
bool is_segwit_key(AddressKind kind) noexcept;

}  // namespace cordon::patterns
