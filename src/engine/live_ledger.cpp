// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "live_ledger.hpp"

#include <algorithm>
#include <span>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/activity_facts.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/patterns/contract_facts.hpp>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

// As deep as a feed finds back over (ChainFeedOptions::max_reorg).
constexpr std::size_t kSeenBlocks = 256;

/// Whether a node knows the block by this hash: other sources have none and make one up.
bool is_of_chain(const BlockHeader& header) {
    return header.number_kind == BlockNumKind::kHeight && header.parent.has_value();
}

}  // namespace

Result<std::unique_ptr<LiveLedger>> LiveLedger::open(const std::string& directory, Tell tell) {
    std::unique_ptr<LiveLedger> live{new LiveLedger{std::move(tell)}};
    live->directory_ = directory;
    auto writer = ledger::open_writer(directory);
    if (!writer && writer.error().code == ErrorCode::kLocked)
        return fail(ErrorCode::kLocked, writer.error().message +
                                            "; wait for it, or watch without adding to the ledger");
    CORDON_TRY(live->writer_, std::move(writer));
    CORDON_TRY(live->store_, records::Store::open(records_path(directory)));
    return live;
}

Result<std::map<ChainId, std::vector<feed::BlockRef>>> LiveLedger::seen() const {
    std::map<ChainId, std::vector<feed::BlockRef>> all;
    CORDON_TRY(const auto reader, writer_->snapshot());
    for (const ledger::ChainSummary& chain : reader->chains()) {
        if (!is_of_chain(chain.tip)) continue;
        std::vector<feed::BlockRef>& blocks = all[chain.chain];
        blocks.push_back({chain.tip.number, chain.tip.hash});
        while (blocks.size() < kSeenBlocks && blocks.back().number > 0) {
            CORDON_TRY(const auto below, reader->block(chain.chain, blocks.back().number - 1));
            if (!below || !is_of_chain(*below)) break;
            blocks.push_back({below->number, below->hash});
        }
        std::reverse(blocks.begin(), blocks.end());
    }
    return all;
}

/// Says what is missing below the block, or takes back what a reorg took.
Status LiveLedger::make_room(const Block& block) {
    const BlockNum number = block.header.number;
    const auto tip = writer_->tip(block.chain);
    if (!tip) return {};
    const std::string name = to_string(block.chain);
    if (tip->number_kind == BlockNumKind::kSequence)
        return fail(ErrorCode::kConflict,
                    format("{}: the numbers of its {} blocks are no heights (btc-txs:); give the "
                           "watch a ledger of its own",
                           directory_, name));
    if (tip->number < number) {
        if (tip->number + 1 < number)
            tell_(format("{}: {} blocks {} to {} are not in it, and traces do not see them",
                         directory_, name, tip->number + 1, number - 1));
        return {};
    }
    CORDON_TRY(const auto reader, writer_->snapshot());
    CORDON_TRY(const auto stored, reader->block(block.chain, number));
    if (stored && stored->hash == block.header.hash) return {};
    std::optional<BlockHeader> before;
    if (stored && number > 0) {
        CORDON_TRY(before, reader->block(block.chain, number - 1));
    }
    if (!before || before->hash != block.header.parent)
        return fail(
            ErrorCode::kConflict,
            format("{}: it ends at {} block {} and does not hold block {} {}, nor the one before "
                   "it: another chain, an extract, or reorganised deeper than is kept; give the "
                   "watch a ledger of its own",
                   directory_, name, tip->number, number,
                   chain::format_hash(block.chain, block.header.hash)));
    return writer_->rewind(block.chain, number - 1);
}

Status LiveLedger::take(const SeenBlock& seen) {
    CORDON_TRY(make_room(seen.block));
    // First, as in an ingest: facts of txns that the ledger does not hold do no harm.
    const std::vector<Fact> facts = chain::facts_of(seen, patterns::contract_facts());
    if (!facts.empty()) CORDON_TRY(store_->put_facts(facts));
    CORDON_TRY(writer_->append(std::span{&seen.block, 1}));
    return {};
}

}  // namespace cordon::engine
