// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>

#include "../block_source.hpp"
#include "../text.hpp"
#include "block_decoder.hpp"
#include "block_fetch.hpp"
#include "block_order.hpp"
#include "block_scan.hpp"

namespace cordon::chain {
namespace {

/// Blocks of files, in chain order: the index was built when it was opened, each block is read
/// again when its turn comes.
class BitcoinBlocks final : public BlockSource {
public:
    BitcoinBlocks(std::vector<InputFile> files, ChainId chain, BlockScan scan)
        : files_{std::move(files)},
          chain_{chain},
          scan_{std::move(scan)},
          order_{order_blocks(scan_.entries, chain)},
          fetch_{files_, scan_, wanted()} {
        for (const OrderedBlock& block : order_.blocks) total_ += scan_.entries[block.entry].size;
    }

    Result<bool> read(Block& block) override {
        if (at_ == order_.blocks.size()) return false;
        const OrderedBlock& ordered = order_.blocks[at_++];
        const BlockEntry& entry = scan_.entries[ordered.entry];
        CORDON_TRY(fetch_.next(bytes_));
        const Result<BlockFacts> facts = decoder_.decode(bytes_, chain_, block);
        if (!facts) return fail(facts.error().in(where(entry)));
        if (facts->header.hash != entry.hash)
            return fail(
                ErrorCode::kConflict,
                format("{}: the file changed while it was read; leave it alone and start again",
                       where(entry)));
        block.header.number = ordered.number;
        block.header.number_kind = ordered.kind;
        read_ += entry.size;
        return true;
    }

    uint64_t bytes_read() const noexcept override { return read_; }
    uint64_t bytes_total() const noexcept override { return total_; }

    std::vector<std::string> warnings() const override {
        std::vector<std::string> all = scan_.warnings;
        all.insert(all.end(), order_.warnings.begin(), order_.warnings.end());
        return all;
    }

private:
    std::vector<uint32_t> wanted() const {
        std::vector<uint32_t> out;
        out.reserve(order_.blocks.size());
        for (const OrderedBlock& block : order_.blocks) out.push_back(block.entry);
        return out;
    }

    std::string where(const BlockEntry& entry) const {
        if (entry.offset == 0) return files_[entry.file].name;
        return format("{}: block at offset {}", files_[entry.file].name, entry.offset);
    }

    std::vector<InputFile> files_;
    ChainId chain_;
    BlockScan scan_;
    BlockOrder order_;
    BlockFetch fetch_;
    BlockDecoder decoder_;
    Bytes bytes_;         // Of the block at hand.
    std::size_t at_ = 0;  // The next of order_.blocks.
    uint64_t read_ = 0;
    uint64_t total_ = 0;
};

}  // namespace

Result<std::unique_ptr<BlockSource>> open_bitcoin_blocks(std::vector<InputFile> files,
                                                         ChainId network,
                                                         std::vector<uint8_t> xor_key) {
    if (!is_utxo(network))
        return fail(ErrorCode::kInvalidParam,
                    format("raw Bitcoin blocks cannot be of {}", to_string(network)));
    CORDON_TRY(BlockScan scan, scan_blocks(files, network, xor_key));
    return std::make_unique<BitcoinBlocks>(std::move(files), network, std::move(scan));
}

}  // namespace cordon::chain
