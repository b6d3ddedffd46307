// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "../json_cursor.hpp"

/// Value that a block moves without a txn: rewards, the genesis, the DAO fork, and withdrawals of
/// validators (EIP-4895). The ledger wants one, so they form a txn of their own, the last of the
/// block, whatever source they were read from (docs/formats/evm-etl.md).
namespace cordon::chain {

/// Its hash: SHA-256("CHAIN:NUMBER:system").
Hash256 system_txn_hash(ChainId chain, BlockNum number);

/// How a source writes the numbers and names of a withdrawal.
enum class WithdrawalForm : uint8_t {
    kNode,    ///< execution-apis: hex quantities, validatorIndex.
    kExport,  ///< ethereum-etl: numbers, validator_index.
};

/// Appends a mint of the chain's own coin for each withdrawal of a block: amount (Gwei) × 10^9 Wei,
/// numbered on from what `out` holds. One of nothing is left out. On chains whose validators are
/// paid in a token (Gnosis: GNO) all are: the withdrawal does not say what arrives. kMalformed,
/// kOverflow; kOrder when their own index does not rise.
Status read_withdrawals(ChainId chain, JsonCursor& list, WithdrawalForm form,
                        std::vector<Transfer>& out);

}  // namespace cordon::chain
