// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/chain/evm/fact_reader.hpp>

namespace cordon::patterns {

/// Reads the calls and logs of bridges and mixers that it has signatures of
/// (docs/patterns/bridge.md lists them), whoever makes them: that a contract is what it says, a
/// label must tell. Stateless; lifetime: the program.
const chain::FactReader& contract_facts() noexcept;

}  // namespace cordon::patterns
