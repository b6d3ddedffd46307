// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

#include <cordon/base/time.hpp>
#include <cordon/model/block.hpp>

namespace cordon::trace {

/// When something happened on its chain. What has no time, or that of 1970 as formats write it that
/// must have one, stands anywhere in its block: an extract without times puts all that it has into
/// one, in no order.
struct Moment {
    static constexpr uint32_t kAnywhere = std::numeric_limits<uint32_t>::max();

    BlockNum block = 0;
    uint32_t txn = 0;  ///< Place in the block, or kAnywhere.

    static Moment of(TxnPosition at, std::optional<UnixMillis> time) noexcept {
        return {at.block, time && *time > UnixMillis{} ? at.txn : kAnywhere};
    }
    /// By block, then place, kAnywhere last: for sorting.
    friend auto operator<=>(const Moment&, const Moment&) = default;
    /// May have come after the other, or with it. Rows in order have those for which it is false
    /// first.
    bool not_before(const Moment& other) const noexcept {
        if (block != other.block) return block > other.block;
        return txn == kAnywhere || other.txn == kAnywhere || txn >= other.txn;
    }
    /// Whatever is not before the other is not before this one either.
    bool no_later(const Moment& other) const noexcept {
        if (block != other.block) return block < other.block;
        return txn == kAnywhere || (other.txn != kAnywhere && txn <= other.txn);
    }
};

}  // namespace cordon::trace
