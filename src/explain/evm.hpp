// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/chain/evm/txn.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// A txn, signed or not: who signed is recovered, else taken from `context.account`. Pure.
Explanation explain_evm_txn(const chain::EvmTxn& txn, const Context& context);

/// Hex of txns of types 0 to 4 or of an EIP-7702 authorisation, one a line; JSON requests as nodes
/// and wallets take them ({"chainId","from","to","value","data",…}, or {"rawTx"}); or, where
/// `context.target` says who is called, bare calldata. kMalformed with offset or field.
Result<std::vector<Explanation>> explain_evm(std::string_view input, const Context& context);

}  // namespace cordon::explain
