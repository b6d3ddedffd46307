// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/rare.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>

namespace cordon::trace {

/// One movement of value that carried taint.
struct Edge {
    ChainId chain;
    Hash256 txn;
    TxnPosition at;
    std::optional<UnixMillis> time;
    Address from;  ///< UTXO: the address of the largest tainted input.
    Address to;
    Asset asset;
    Amount amount;   ///< All that moved on this row or output.
    Amount tainted;  ///< The part that came from the seeds; at most amount.
    /// "native", "token", "internal", "mint", "burn", "fee", or of a link: "swap", ...; static
    /// text.
    std::string_view kind;
    double confidence = 1;
    uint32_t hop = 0;  ///< Of the receiver.
    // UTXO only.
    Rare<OutPoint> spends, outpoint;
    // Links only (swap, bridge, ...): what arrived, when it is not asset/amount.
    Rare<Asset> to_asset;
    Rare<Amount> to_amount, to_tainted;
    // Crossings only: where and by which txn it arrived, and who took it on the way. `tainted` is
    // what left, `to_tainted` what was found to arrive.
    std::optional<ChainId> to_chain;
    Rare<Hash256> to_txn;
    Rare<Address> via;
    std::vector<std::string> why;

    /// The chain of `to` and `to_asset`.
    ChainId arrives_on() const noexcept { return to_chain.value_or(chain); }
};

}  // namespace cordon::trace
