// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <cordon/model/block.hpp>

namespace cordon::ledger {

/// A txn of a UTXO chain as the multi-input heuristic sees it, addresses as ids.
struct TxnShape {
    TxnPosition at;
    std::span<const uint32_t> senders;    ///< One for each input whose output is known.
    std::span<const uint32_t> receivers;  ///< One for each output.
    std::span<const uint64_t> values;     ///< One for each output, satoshi.
};

}  // namespace cordon::ledger
