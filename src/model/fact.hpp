// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "address.hpp"
#include "asset.hpp"
#include "chain_id.hpp"

namespace cordon {

/// What a log or a call says has happened. The order is alphabetical.
enum class FactKind : uint8_t {
    kBridgeDeposit,
    kBridgeWithdrawal,
    kMixerDeposit,
    kMixerWithdrawal,
};
inline constexpr std::size_t kFactKinds = 4;
std::string_view to_string(FactKind kind) noexcept;
/// kMalformed lists the kinds.
Result<FactKind> parse_fact_kind(std::string_view text);

/// What a contract said about a movement of value beside the movement itself: a bridge's message, a
/// mixer's commitment (docs/decisions/0009). Said by a contract, so as true as the contract; who
/// the contract is, a label must tell.
struct Fact {
    ChainId chain;
    Hash256 txn;
    uint32_t index = 0;  ///< Place in the txn: 0 is the call, n + 1 the log n.
    FactKind kind{};
    /// What the other side says too: "celer:0x…". Empty when it says nothing of the sort.
    std::string key;
    Address contract;          ///< Who said it.
    Address sender, receiver;  ///< Who paid, and who is to get it. Empty: not said.
    Asset asset;               ///< On `chain`.
    Amount amount;             ///< In smallest units of `asset`; zero: not said.
    Amount fee;
    std::optional<ChainId> far_chain;  ///< Where the other side is.
    std::optional<Asset> far_asset;
    friend bool operator==(const Fact&, const Fact&) = default;
};

}  // namespace cordon
