// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cordon::ledger {

/// Guesses which of the last few thousand txns has a hash, from memory that stays in the caches:
/// most outputs are spent within a few blocks. It only says where to look; nothing is ever taken
/// out, and an answer may name a txn that is gone. Confined to one thread.
class RecentTxns {
public:
    static constexpr uint64_t kNone = UINT64_MAX;

    RecentTxns() : slots_(kSlots) {}

    /// REQUIRES: txn < 2^40 - 1.
    void add(uint64_t hash, uint64_t txn) noexcept {
        slots_[hash % kSlots] = (hash & ~kTxn) | (txn + 1);
    }
    /// kNone for none.
    uint64_t guess(uint64_t hash) const noexcept {
        const uint64_t slot = slots_[hash % kSlots];
        return ((slot ^ hash) & ~kTxn) == 0 ? (slot & kTxn) - 1 : kNone;
    }

private:
    static constexpr std::size_t kSlots = std::size_t{1} << 14;  // 128 KB.
    static constexpr uint64_t kTxn = (uint64_t{1} << 40) - 1;    // Above it: of the hash.

    std::vector<uint64_t> slots_;  // Txn + 1; 0 is empty.
};

}  // namespace cordon::ledger
