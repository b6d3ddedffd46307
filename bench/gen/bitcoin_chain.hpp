// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "bitcoin_txns.hpp"

/// Chains of regtest blocks shaped like main net's, as many txns as asked for.
namespace cordon::gen {

/// From the genesis of regtest on: 200 blocks that only pay miners, in 64 outputs each, so that
/// there is something to spend when it is mature (100 blocks); then blocks of about 2,000 txns
/// (fewer where weight ends them); last an empty block, so that no fork is at the tip. Real merkle
/// roots, witness commitments, heights (BIP-34) and proof of work; scripts are of real size, but
/// not signed. Subsidy and halving are main net's.
///
/// Memory: about 150 MiB for any length. A longer chain begins with the same blocks, but for the
/// last one with txns. Confined to one thread.
class BitcoinChain {
public:
    struct Params {
        uint64_t txns = 0;  ///< Without coinbases; exactly so many come.
        uint64_t seed = 42;
    };
    explicit BitcoinChain(Params params);
    // The parts draw from one source of random numbers and point at it.
    BitcoinChain(const BitcoinChain&) = delete;
    BitcoinChain& operator=(const BitcoinChain&) = delete;

    /// The next block in place of `raw_block`; false at the end.
    bool next(Bytes& raw_block);
    /// A block that lost against the one given last: the same parent, nine of ten of its txns,
    /// another coinbase. REQUIRES: next() gave a block above 0.
    void stale(Bytes& raw_block);

    uint64_t height() const noexcept { return next_height_ - 1; }  ///< Of the block given last.
    uint64_t txns() const noexcept { return txns_; }               ///< So far, without coinbases.

private:
    struct Salt {
        Owner miner;
        uint64_t nonce = 0;
        uint64_t value = 0;
        std::size_t outputs = 1;
    };
    struct Place {
        std::size_t end = 0;  // In body_.
        bool witness = false;
    };

    void add_txn();
    void write_txn(const PlannedTxn& txn);
    Hash256 write_coinbase(const Salt& salt, std::size_t txns);
    Hash256 write_block(Bytes& raw_block, const Salt& salt, std::size_t txns);
    void genesis(Bytes& raw_block);

    Params params_;
    Random random_;
    Economy economy_;
    uint64_t next_height_ = 0;
    uint64_t txns_ = 0;
    bool closed_ = false;
    Hash256 tip_;
    Hash256 parent_;  // Of the block given last.
    std::deque<std::vector<Coin>> immature_;

    // The block in the making, or given last.
    uint32_t time_ = 0;
    uint64_t stale_ = 0;  // Stale blocks given beside it.
    Bytes body_;          // All txns but the coinbase.
    std::vector<Place> places_;
    std::vector<Hash256> txids_;   // The first is the coinbase's.
    std::vector<Hash256> wtxids_;  // As above, zero.
    uint64_t weight_ = 0;
    uint64_t fees_ = 0;
    PlannedTxn plan_;
    Bytes stripped_;
    Bytes witness_;
    Bytes coinbase_;
};

struct BlockFilesOptions {
    bool shuffle = false;  ///< Out of order within windows of 64 blocks, as nodes store them.
    uint64_t orphans = 0;  ///< Stale blocks, spread evenly over the txns.
    bool xor_key = false;  ///< Under a key in xor.dat (Bitcoin Core 28 and later).
    uint64_t file_size = 128 << 20;  ///< Of a blk file at most; as Bitcoin Core.
};
struct BlockFilesSummary {
    uint64_t blocks = 0;  ///< With stale ones.
    uint64_t orphans = 0;
    uint64_t txns = 0;  ///< Of the chain, without coinbases.
    uint64_t bytes = 0;
    uint64_t files = 0;
};
/// Writes blk00000.dat, ... (and xor.dat) into a directory, which is made when missing. `progress`
/// is called once a block with the txns so far. kConflict when there are blk files already, kIo,
/// kNoSpace.
Result<BlockFilesSummary> write_block_files(const std::string& directory,
                                            BitcoinChain::Params params,
                                            const BlockFilesOptions& options,
                                            const std::function<void(uint64_t)>& progress = {});

}  // namespace cordon::gen
