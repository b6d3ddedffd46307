// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <cordon/model/block.hpp>

namespace cordon::chain {

/// The columns of canonical transfers, in canonical order (docs/formats/transfers.md).
enum class TransferColumn : uint8_t {
    kChain,
    kBlock,
    kTime,
    kTx,
    kIndex,
    kFrom,
    kTo,
    kAsset,
    kAmount,
    kKind
};
inline constexpr std::array<std::string_view, 10> kTransferColumns{
    "chain", "block", "time", "tx", "index", "from", "to", "asset", "amount", "kind"};

/// What all rows of one txn share, as text. Views; never outlive the call.
struct TransferRowHead {
    std::string_view chain;
    BlockNum block = 0;
    int64_t time = 0;  ///< Unix seconds.
    Hash256 hash;
};

/// Appends the row in its one canonical form, with LF. The block hash of a file of transfers is
/// taken over these bytes.
void append_transfer_row(std::string& out, ChainId chain, const TransferRowHead& head,
                         const Transfer& transfer);

}  // namespace cordon::chain
