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
    /// The two hashes of a txn among hashes_: one and the same without witness, or where no wtxid
    /// is asked for.
    struct Place {
        uint32_t txid;
        uint32_t wtxid;
    };

    /// Takes the txns, one after the other. The facts of hash() are still missing.
    template <typename TakeTxn>
    Result<BlockFacts> walk(ByteView bytes, TakeTxn take_txn);
    /// Takes the next one apart into txn_; false when the cursor has failed.
    bool view_txn(Cursor& cursor, BlockFacts& facts, uint32_t index);
    void view_first(BlockFacts& facts);
    /// Notes what is to be hashed of a txn: wtxids only where the coinbase commits to them.
    void remember(ByteView raw, ByteView body, bool segwit);
    void hash(BlockFacts& facts);

    TxnView txn_;
    // Of the block at hand. Views into its bytes.
    std::vector<crypto::Pieces> messages_;
    std::vector<Place> places_;    // By txn.
    std::vector<Hash256> hashes_;  // Of messages_.
    std::vector<Hash256> leaves_;  // Of the merkle tree under way.
    bool any_witness_ = false;
    std::optional<Hash256> commitment_;  // Of the coinbase (BIP-141).
    std::optional<Hash256> nonce_;
    TxnSlots<UtxoTxn> slots_;
};

}  // namespace cordon::chain
