// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "chain_view.hpp"

namespace cordon::ledger {

// As in Reader. REQUIRES: rows of the chain have the field; a UTXO chain for shapes.
Status scan_field(const ChainView& view, Field field,
                  const std::function<Status(uint64_t, std::span<const uint64_t>)>& visit);
Status scan_shapes(const ChainView& view, TxnPosition from, bool with_outputs,
                   const std::function<Status(const TxnShape&)>& visit);

}  // namespace cordon::ledger
