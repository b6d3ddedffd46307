// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/block.hpp>

namespace cordon::chain {

class FactReader;

/// Blocks from somewhere, one after the other, in an order that ledger::Writer::append accepts.
///
/// Memory is bounded by the largest blocks, not by the file. Confined to one thread.
class BlockSource {
public:
    virtual ~BlockSource() = default;
    /// Puts the next block in the place of whatever `block` holds; false at the end. Give the same
    /// object, or one that was filled before, again and again: its vectors and those of its txns
    /// are used anew, so that nothing is allocated in the long run. An Error names file and line or
    /// offset, says what was expected, and is final: the blocks before it are not to be trusted as
    /// a complete file. After false and after an Error, `block` holds nothing of meaning.
    virtual Result<bool> read(Block& block) = 0;
    /// The same for a caller who keeps the blocks: the next one, or nothing at the end.
    Result<std::optional<Block>> next() {
        Block block;
        CORDON_TRY(const bool more, read(block));
        if (!more) return std::nullopt;
        return block;
    }
    /// For progress: bytes read of how many.
    virtual uint64_t bytes_read() const noexcept = 0;
    virtual uint64_t bytes_total() const noexcept = 0;
    /// What a person should know about the blocks given so far (estimated heights, orphans left
    /// out, ...).
    virtual std::vector<std::string> warnings() const { return {}; }
};

/// Canonical transfers: CSV (docs/formats/transfers.md). Several chains may interleave.
Result<std::unique_ptr<BlockSource>> open_transfers(InputFile file);

/// ethereum-etl exports: CSV or JSON lines of blocks, transactions, token_transfers, traces, logs
/// (any subset with at least one of the value-carrying ones), recognised by their columns, not by
/// their names. Merged by block. With `facts` (lifetime: the source) blocks come with the facts of
/// their logs and calls.
Result<std::unique_ptr<BlockSource>> open_evm_etl(std::vector<InputFile> files, ChainId chain,
                                                  const FactReader* facts = nullptr);

/// Raw Bitcoin blocks: one per file, or blk*.dat framing with or without XOR key. Files need not be
/// in chain order. `xor_key` is the content of Bitcoin Core's xor.dat, empty for none.
Result<std::unique_ptr<BlockSource>> open_bitcoin_blocks(std::vector<InputFile> files,
                                                         ChainId network,
                                                         std::vector<uint8_t> xor_key);

/// Bitcoin txns without blocks: JSON lines (docs/formats/btc-txs.md), or raw txns in hex, one a
/// line or one a file. Ordered so that a spent txn comes before its spender.
Result<std::unique_ptr<BlockSource>> open_bitcoin_txs(std::vector<InputFile> files,
                                                      ChainId network);

}  // namespace cordon::chain
