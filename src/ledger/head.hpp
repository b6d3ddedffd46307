// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <cordon/model/block.hpp>
#include "segment_format.hpp"

namespace cordon::ledger {

/// The newest blocks of a chain, as columns in memory: what the head log holds.
///
/// Grows at the end; truncate() takes back. Numbers in the columns are those of the chain. Confined
/// to one thread while it grows; a head that is being sealed is immutable and may be read by many.
struct Head {
    struct Block {
        BlockHeader header;
        Totals begin;  ///< Of the chain, before this block.
        uint64_t amount_begin = 0, foreign_begin = 0;
    };
    /// What an input spends, where the ledger does not have the output.
    struct Foreign {
        uint64_t input = 0;
        OutPoint point;
        uint32_t address = kNoId;  ///< Unless the source knows it.
        uint64_t value = 0;
    };

    explicit Head(ChainId its_chain, const Totals& its_begin = {})
        : chain{its_chain}, begin{its_begin} {}

    ChainId chain;
    Totals begin;
    std::vector<Block> blocks;
    // Txns. Where its rows and inputs begin counts from `begin`.
    std::vector<Hash256> hash;
    std::vector<uint32_t> row_begin, input_begin;
    std::vector<uint64_t> time;  ///< 0, or 1 + zigzag of its own time less the block's.
    std::vector<uint32_t> version, locktime;
    std::vector<uint8_t> coinbase;
    // Transfers.
    std::vector<uint32_t> from, asset, gap;  ///< Gap: index less its place in the txn.
    std::vector<uint8_t> kind, amount_size;
    Bytes amount;
    // Transfers or outputs.
    std::vector<uint32_t> to;
    std::vector<uint64_t> value;
    // Inputs: the row they spend + 1, or 0, and whose it was.
    std::vector<uint64_t> spent;
    std::vector<uint32_t> sender;
    std::vector<Foreign> foreign;
    // What is new.
    std::vector<Address> addresses;
    std::vector<Asset> assets;

    Totals end() const noexcept;
    bool empty() const noexcept { return blocks.empty(); }
    /// Where block `i` begins; end() for i == blocks.size().
    Totals at(std::size_t i) const noexcept { return i < blocks.size() ? blocks[i].begin : end(); }
    uint64_t amount_at(std::size_t i) const noexcept {
        return i < blocks.size() ? blocks[i].amount_begin : amount.size();
    }
    uint64_t foreign_at(std::size_t i) const noexcept {
        return i < blocks.size() ? blocks[i].foreign_begin : foreign.size();
    }
    /// Makes room for so many rows, inputs and txns: addresses only, memory comes when it is used.
    /// Without it a column that grows is copied at once, which takes longer than all else.
    void reserve(uint64_t rows);
    /// Makes room for as much as `other` has room for.
    void reserve_like(const Head& other);
    /// Begins a block at the end.
    void begin_block(const BlockHeader& header);
    /// Leaves the first `count` blocks, and nothing of a block under construction.
    void truncate(std::size_t count);
    /// Becomes the blocks of `other` from `first` on, in the memory that it has.
    void assign_tail(const Head& other, std::size_t first);
    /// The first block whose number is at least `number`.
    std::size_t lower_block(BlockNum number) const noexcept;
};

}  // namespace cordon::ledger
