// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "fault_disk.hpp"
#include "test_support.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

/// One of many chains, limits and histories.
struct Setting {
    uint32_t seed = *rc::gen::arbitrary<uint32_t>();
    ChainId chain = seed % 2 == 0 ? kEthereum : kBitcoin;
    Limits limits{.seal_rows = *rc::gen::inRange<uint64_t>(1, 80),
                  .least_rows = 1,
                  .merged_rows = *rc::gen::inRange<uint64_t>(1, 400),
                  .background = false};
};

std::vector<Block> take(Stream& stream, Naive& naive, unsigned most) {
    std::vector<Block> batch;
    for (unsigned n = 1 + stream.below(most); n > 0; --n) {
        batch.push_back(stream.next());
        naive.append(batch.back());
    }
    return batch;
}

TEST(LedgerProperty, every_answer_equals_that_of_a_list_of_blocks) {
    rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        auto writer = open_writer_on(disk, dir / "l", {}, setting.limits).value();
        Stream stream{setting.chain, setting.seed};
        Naive naive;
        for (int step = *rc::gen::inRange(1, 25); step > 0; --step) {
            switch (stream.below(8)) {
                case 0: RC_ASSERT(writer->seal().has_value()); break;
                case 1: {
                    if (naive.blocks().empty()) break;
                    const auto& blocks = naive.blocks();
                    const BlockNum to =
                        blocks[stream.below(static_cast<unsigned>(blocks.size()))].header.number;
                    const bool all = stream.below(8) == 0;
                    RC_ASSERT(writer->rewind(setting.chain, all ? std::nullopt : std::optional{to})
                                  .has_value());
                    naive.rewind(all ? std::nullopt : std::optional{to});
                    stream.restart(all ? 0 : to);
                    break;
                }
                case 2:
                    writer.reset();
                    writer = open_writer_on(disk, dir / "l", {}, setting.limits).value();
                    break;
                case 3:
                    RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive));
                    break;
                default: {
                    const auto appended = writer->append(take(stream, naive, 6));
                    if (!appended) RC_FAIL(appended.error().message);
                }
            }
        }
        RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive, setting.seed));
        RC_ASSERT(
            same_answers(*open_reader(dir / "l").value(), setting.chain, naive, setting.seed));
        RC_ASSERT(verify(dir / "l").has_value());
    });
}

TEST(LedgerProperty, rewind_undoes_append) {
    rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        const auto writer = open_writer_on(disk, dir / "l", {}, setting.limits).value();
        Stream stream{setting.chain, setting.seed};
        Naive before;
        RC_ASSERT(writer->append(take(stream, before, 20)).has_value());
        Naive after = before;
        RC_ASSERT(writer->append(take(stream, after, 20)).has_value());
        if (setting.seed % 3 == 0) RC_ASSERT(writer->seal().has_value());
        RC_ASSERT(writer->rewind(setting.chain, before.blocks().back().header.number).has_value());
        RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, before));
        RC_ASSERT(same_answers(*open_reader(dir / "l").value(), setting.chain, before));
    });
}

TEST(LedgerProperty, the_same_blocks_in_other_batches_are_the_same_ledger) {
    rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        Stream stream{setting.chain, setting.seed};
        Naive naive;
        const std::vector<Block> blocks = take(stream, naive, 40);
        for (const std::size_t size : {std::size_t{1}, std::size_t{3}, blocks.size()}) {
            const auto writer =
                open_writer_on(disk, dir / format("l{}", size), {}, setting.limits).value();
            for (std::size_t at = 0; at < blocks.size(); at += size)
                RC_ASSERT(
                    writer
                        ->append(std::span{blocks}.subspan(at, std::min(size, blocks.size() - at)))
                        .has_value());
            RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive));
            // And once more changes nothing.
            const auto again = writer->append(blocks);
            RC_ASSERT(again.has_value());
            RC_ASSERT(again->blocks == 0u && again->skipped == blocks.size());
            RC_ASSERT(same_answers(*writer->snapshot().value(), setting.chain, naive));
        }
    });
}

TEST(LedgerProperty, a_snapshot_does_not_move) {
    rc::check([] {
        const Setting setting;
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        const auto writer = open_writer_on(disk, dir / "l", {}, setting.limits).value();
        Stream stream{setting.chain, setting.seed};
        Naive naive;
        RC_ASSERT(writer->append(take(stream, naive, 30)).has_value());
        const auto own = writer->snapshot().value();
        const auto other = open_reader(dir / "l").value();
        Naive later = naive;
        RC_ASSERT(writer->append(take(stream, later, 30)).has_value());
        RC_ASSERT(writer->seal().has_value());
        RC_ASSERT(writer->rewind(setting.chain, std::nullopt).has_value());
        RC_ASSERT(same_answers(*own, setting.chain, naive));
        RC_ASSERT(same_answers(*other, setting.chain, naive));
    });
}

}  // namespace
}  // namespace cordon::ledger
