// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "../world.hpp"

/// What detectors ask about a protocol that we guard.
namespace cordon::detect {

/// Among its admins or timelocks, or one of its own contracts.
bool is_trusted(const Protocol& protocol, ChainId chain, const Address& address) noexcept;
/// The txn goes through one of its timelocks, so that it was announced. Whether long enough before:
/// D17.
bool is_by_timelock(const TxnView& txn, const Protocol& protocol) noexcept;
/// What lies in it: as configured, else what its contracts are known to hold; none: nobody knows.
std::optional<Cents> value_of(const TxnView& txn, const World& world, const Protocol& protocol);

/// The bridge that mints this token; nullptr when none does.
const WatchedBridge* bridge_of_token(const World& world, ChainId chain, const Address& token);

}  // namespace cordon::detect
