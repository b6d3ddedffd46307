// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../world.hpp"
#include "selectors.hpp"

/// The call tree of a txn with everybody numbered, and what moved in which frame.
namespace cordon::detect {

/// As Move::asset: the native coin, or what wraps it.
inline constexpr uint32_t kNative = ~0U - 1;

struct Frame {
    uint32_t from = ~0U, to = ~0U;   ///< Of Trace::parties; ~0: nobody.
    uint32_t parent = 0, depth = 0;  ///< As the call says, but always of an earlier frame.
    std::optional<Selector> selector;
    uint32_t kinds = 0;   ///< FunctionKind bits of the selector.
    bool failed = false;  ///< It or one around it.
};

struct Move {
    uint32_t frame = ~0U;  ///< ~0: a log that fits no frame.
    uint32_t from = 0, to = 0;
    uint32_t asset = kNative;  ///< The party that is the token's contract.
    Amount amount;
    bool token = false;   ///< Told by a token: the frame, where there is one, is a call to it.
    bool shares = false;  ///< Minted or burned: to or from the zero address, by its log.
};

struct Trace {
    std::vector<Address> parties;  ///< In the order of their first appearance.
    std::vector<Frame> frames;     ///< One for each call.
    std::vector<Move> moves;       ///< In the order of frames.
};

/// What value moved: native value of frames that took effect, and tokens: by transfer() and
/// transferFrom() calldata of frames that did not fail or say false; where there are logs, with
/// the amounts that those tell, and with what only they tell. Wrapping and unwrapping moves
/// nothing. REQUIRES: txn.activity, with at least one call. Lifetime: until another txn is asked
/// for; the last answer is kept, since several ask about one txn.
const Trace& moves_of(const TxnView& txn);

/// Tells txns apart for what is kept of them: never the same for two views, nor for one that was
/// set back (TxnView::reading).
uint64_t reading_of(const TxnView& txn) noexcept;

}  // namespace cordon::detect
