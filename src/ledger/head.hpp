// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "chain_view.hpp"
#include "flat_index.hpp"
#include "head_log.hpp"

namespace cordon::ledger {

/// The writer's side of the head log: the same bytes in memory, and what append() must look up in
/// them.
///
/// A batch is built at the end of the bytes, block by block, then either written or taken back by
/// truncate(). Memory: the log, and about 80 bytes a txn, 50 an input. Confined to one thread.
class Head {
public:
    explicit Head(ChainId chain) : chain_{chain}, bytes_{kLogMagic.begin(), kLogMagic.end()} {}

    /// Takes over what the log file holds after a crash or an orderly end.
    Status recover(Bytes bytes, const std::string& name);

    struct BlockEntry {
        BlockHeader header;
        uint64_t at = 0;  // Of the encoded block in the log.
        uint32_t size = 0;
        uint32_t first_txn = 0, first_spend = 0;
        uint64_t first_row = 0;
    };
    const std::vector<BlockEntry>& blocks() const noexcept { return blocks_; }
    std::size_t log_size() const noexcept { return bytes_.size(); }
    uint64_t rows() const noexcept { return rows_; }
    /// What it holds in memory, roughly.
    uint64_t weight() const noexcept;

    // Building a batch.
    void begin_batch();
    void begin_block(const BlockHeader& header, std::size_t txns);
    void add(const AccountTxn& txn);
    /// REQUIRES: add_spend() for each of its inputs, before or after.
    void add(const UtxoTxn& txn);
    void add_spend(const OutPoint& point);
    void end_block();
    /// The frame to write, complete but for its header.
    std::span<uint8_t> end_batch();
    /// A rewind record instead of a batch.
    std::span<uint8_t> rewind_record(BlockNum first_bad);

    /// Forgets all but the first `blocks`, without touching the log.
    void truncate(std::size_t blocks);
    /// Drops a frame that was not written.
    void drop_frame() { bytes_.resize(frame_); }

    bool has_txn(const Hash256& hash) const { return find(hash) != FlatIndex::kNone; }
    bool has_spend(const OutPoint& point) const;
    /// An output of a txn of the head; `count` is how many it has. Nothing, and count 0, when the
    /// txn is not here.
    std::optional<TxOut> output(const OutPoint& point, uint32_t& count) const;

    /// Segments in memory that show all blocks. Built as needed: small ones are folded into their
    /// neighbours, so that a snapshot after every block costs O(log n) a block.
    Result<std::vector<Part>> images();
    /// The blocks from `first` on, decoded one by one.
    template <typename Visit>
    Status decode(std::size_t first, Visit&& visit) const;

private:
    struct Image {
        std::size_t first = 0, end = 0;          // Blocks it shows.
        std::shared_ptr<const Segment> segment;  // Owners: the snapshots that show it, and this.
    };
    uint32_t find(const Hash256& hash) const;

    ChainId chain_;
    Bytes bytes_;            // The log file.
    std::size_t frame_ = 0;  // Where the frame under construction begins.
    std::vector<BlockEntry> blocks_;
    std::vector<Hash256> txn_hashes_;
    std::vector<uint64_t> txn_at_;
    FlatIndex txn_index_;
    std::vector<OutPoint> spends_;
    FlatIndex spend_index_;
    uint64_t rows_ = 0;
    std::vector<Image> images_;
};

template <typename Visit>
Status Head::decode(std::size_t first, Visit&& visit) const {
    Block block;
    for (std::size_t i = first; i < blocks_.size(); ++i) {
        const LoggedBlock logged{blocks_[i].header.number,
                                 ByteView{bytes_}.subspan(blocks_[i].at, blocks_[i].size)};
        CORDON_TRY(decode_block(logged, chain_, "head", block));
        visit(block);
    }
    return {};
}

}  // namespace cordon::ledger
