// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <cordon/model/activity.hpp>
#include <cordon/model/chain_id.hpp>

#include "../json_cursor.hpp"

/// The answers of geth's tracers, as parts of larger texts (rpc.hpp).
namespace cordon::chain::evm {

/// A call cannot be deeper (Yellow Paper, section 9.4: the depth is at most 1,024).
inline constexpr uint32_t kMaxCallDepth = 1'024;
/// Of one block: ten times what 36 M gas can pay for.
inline constexpr std::size_t kMaxFrames = 1'000'000;

/// Appends the frame and all below it to `calls`, which holds nothing or frames of the same txn.
/// `budget`: how many frames may still come; it falls. kMalformed, kLimit.
Status read_call_trace(ChainFamily family, JsonCursor& frame, std::size_t& budget,
                       std::vector<Call>& calls);
/// {pre, post}: appends the slots that differ, sorted by contract and slot.
Status read_state_diff(ChainFamily family, JsonCursor& diff, std::vector<StateChange>& changes);

/// For each frame whether it, or one above it, failed: then it has no effect.
std::vector<bool> without_effect(std::span<const Call> calls);

/// What calldata to a token contract would move: transfer and transferFrom. The index is 0.
std::optional<Transfer> token_transfer_of(ChainId chain, const Address& from,
                                          const Address& contract, ByteView input);

}  // namespace cordon::chain::evm
