// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

/// Blocks of account chains as canonical transfers (docs/formats/transfers.md): what
/// open_transfers() reads back.
namespace cordon::chain {

/// "chain,block,...,kind" with LF: the first line of every file.
std::string_view transfers_header() noexcept;

/// Appends the rows of one block, in its order. Write the blocks of a chain in chain order.
///
/// kUnsupported for UTXO chains, kInvalidParam for a txn without any time: the format has no place
/// for either. On an error nothing is appended. Times are written in whole seconds; txns without
/// transfers have no row and are lost.
Status append_transfers(std::string& out, const Block& block);

/// The SHA-256 of the block's canonical rows, which open_transfers() gives as its hash. Errors as
/// append_transfers.
Result<Hash256> transfers_hash(const Block& block);

}  // namespace cordon::chain
