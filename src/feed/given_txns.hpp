// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include <cordon/model/feed_event.hpp>

namespace cordon::feed {

/// The txns of the last blocks that were given. Nodes tell of a txn that waits on another way than
/// of blocks, and may do so when its block is long given: what it moves has moved, and whoever took
/// it for waiting would count it twice.
///
/// On EVM chains a txn also has no place any more where another one with its sender and nonce, if
/// these are told, is in a block. On UTXO chains only the txn itself is looked for: their mempools
/// are asked after their blocks.
///
/// Memory: 32 bytes for each txn of so many blocks, and kMostHeld txns. Cost: a binary search in
/// each block for a txn that waits, 19 µs over 256 blocks of 200 txns, 64 µs over as many of 3,500.
/// Confined to one thread.
class GivenTxns {
public:
    /// Beyond them the one that was told first is let go: it would be missed only in a reorg of
    /// its block, and only where the node does not tell it again then.
    static constexpr std::size_t kMostHeld = 1'000;

    /// `blocks`: as many as can be undone, and so as many as are remembered.
    explicit GivenTxns(std::size_t blocks) : most_{blocks} {}

    /// REQUIRES: its number is above those before it.
    void add(const SeenBlock& seen);
    /// Keeps a txn that has no place any more until its block is undone or forgotten; false, and
    /// nothing is kept: it waits.
    bool hold(PendingTxn& txn);
    /// Forgets the blocks above `keep`. Gives the txns that were held for them, in the order in
    /// which they were told: as far as those blocks go, they wait again.
    std::vector<PendingTxn> rewind(BlockNum keep);

private:
    using Key = std::array<uint8_t, 32>;
    static Key key_of(const TxnActivity& txn);

    std::size_t most_;
    std::deque<std::pair<BlockNum, std::vector<Key>>> blocks_;  // Keys sorted.
    std::deque<std::pair<BlockNum, PendingTxn>> held_;
};

}  // namespace cordon::feed
