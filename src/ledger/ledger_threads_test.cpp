// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "test_support.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

/// Every block number with the version in which it was seen last must be one that the writer wrote
/// at one time: the writer only ever writes simple_block(n), so any height is consistent when it is
/// a run from 1 on.
void check_height(const Reader& reader) {
    const std::vector<Block> blocks = scan_all(reader, kEthereum);
    for (std::size_t i = 0; i < blocks.size(); ++i) ASSERT_EQ(blocks[i], simple_block(i + 1));
    const auto sent =
        drain(*reader.account_txns_of(kEthereum, address(1), Side::kSender, Order::kAscending, {}));
    ASSERT_EQ(sent.size(), blocks.size());
    if (!blocks.empty()) {
        ASSERT_EQ(reader.find_txn(kEthereum, hash(blocks.size(), 2)).value(), sent.back());
    }
}

TEST(LedgerThreads, readers_see_whole_batches_while_the_writer_appends_seals_and_rewinds) {
    const TempDir dir;
    const auto writer =
        open_writer_on(system_disk(), dir / "l", {}, Limits{.seal_rows = 25, .least_rows = 1}).value();
    std::atomic<bool> done = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            do {
                const auto reader = open_reader(dir / "l");
                ASSERT_TRUE(reader) << reader.error().message;
                check_height(**reader);
                if (::testing::Test::HasFatalFailure()) return;
            } while (!done);
        });
    BlockNum tip = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<Block> batch;
        for (int i = 0; i < 5; ++i) batch.push_back(simple_block(++tip));
        ASSERT_TRUE(writer->append(batch));
        if (round % 7 == 3) {
            tip -= 3;
            ASSERT_TRUE(writer->rewind(kEthereum, tip));
        }
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
}

TEST(LedgerThreads, one_snapshot_answers_many_threads_while_the_writer_goes_on) {
    const TempDir dir;
    const auto writer =
        open_writer_on(system_disk(), dir / "l", {}, Limits{.seal_rows = 25, .least_rows = 1}).value();
    std::vector<Block> batch;
    for (BlockNum number = 1; number <= 90; ++number) batch.push_back(simple_block(number));
    ASSERT_TRUE(writer->append(std::span{batch}.first(50)));
    ASSERT_TRUE(writer->append(std::span{batch}.subspan(50, 20)));
    // From the files too, so that threads meet in the lazy checksums.
    for (const auto& snapshot : {writer->snapshot().value(), open_reader(dir / "l").value()}) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&snapshot] {
                for (int n = 0; n < 20; ++n) check_height(*snapshot);
            });
        for (std::size_t at = 70; at < batch.size(); ++at)
            static_cast<void>(writer->append(std::span{batch}.subspan(at, 1)));
        for (std::thread& thread : threads) thread.join();
        ASSERT_EQ(snapshot->chains()[0].tip.number, 70u);
        ASSERT_TRUE(writer->rewind(kEthereum, 70));
    }
}

}  // namespace
}  // namespace cordon::ledger
