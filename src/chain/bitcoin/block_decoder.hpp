// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <cordon/crypto/hash_many.hpp>

#include "../txn_slots.hpp"
#include "block.hpp"

namespace cordon::chain {

/// read_block and parse_block for one block after the other: it keeps its room, so that nothing is
/// allocated for each txn. The txids and wtxids of a block are hashed together, when all its txns
/// are known. Confined to one thread.
class BlockDecoder {
public:
    /// As parse_block. `block` may hold what an earlier call put there: its vectors are used anew.
    /// After an Error it holds nothing of meaning.
    Result<BlockFacts> decode(ByteView bytes, ChainId chain, Block& block);
    /// As read_block.
    Result<BlockFacts> read(ByteView bytes, const TxnVisitor& visit);

private:
    /// Takes the txns apart, one after the other, into txn_. The facts of hash() are still missing.
    template <typename PerTxn>
    Result<BlockFacts> walk(ByteView bytes, PerTxn per_txn);
    void remember(uint32_t index);
    void hash(BlockFacts& facts);

    TxnView txn_;
    // Of the block at hand. Views into its bytes.
    std::vector<crypto::Pieces> txids_of_;
    std::vector<crypto::Pieces> wtxids_of_;
    std::vector<uint32_t> with_witness_;  // The txns that wtxids_of_ belongs to.
    std::vector<Hash256> hashes_;         // The txids, and behind them the wtxids where checked.
    std::vector<Hash256> leaves_;         // Of the merkle tree under way.
    std::optional<Hash256> commitment_;   // Of the coinbase (BIP-141).
    std::optional<Hash256> nonce_;
    TxnSlots<UtxoTxn> slots_;
};

}  // namespace cordon::chain
