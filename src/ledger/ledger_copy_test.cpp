// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Copies of a ledger that is being written.
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

constexpr Limits kEager{.seal_rows = 10, .least_rows = 1, .merged_rows = 100'000};

/// Every state that was acknowledged, or is about to be.
class States {
public:
    void add(const Naive& naive) {
        const std::lock_guard lock{mutex_};
        all_.push_back(naive);
    }
    std::size_t size() const {
        const std::lock_guard lock{mutex_};
        return all_.size();
    }
    /// The newest of [first, end) with these blocks.
    const Naive* find(const std::vector<Block>& blocks, std::size_t first) const {
        const std::lock_guard lock{mutex_};
        for (std::size_t i = all_.size(); i-- > first;)
            if (all_[i].blocks() == blocks) return &all_[i];
        return nullptr;
    }

private:
    mutable std::mutex mutex_;
    std::deque<Naive> all_;  // Stay where they are.
};

class LedgerCopy : public ::testing::TestWithParam<ChainId> {};
INSTANTIATE_TEST_SUITE_P(chains, LedgerCopy, ::testing::Values(kEthereum, kBitcoin),
                         [](const auto& test) { return to_string(test.param); });

TEST_P(LedgerCopy, of_a_ledger_that_is_being_written_is_an_acknowledged_state_of_its_own) {
    const ChainId chain = GetParam();
    const TempDir dir;
    States states;
    states.add({});
    std::atomic<bool> done = false;
    auto writer = open_writer_on(system_disk(), dir / "l", {}, kEager).value();
    std::thread ingest{[&] {
        Stream stream{chain, 8};
        Naive naive;
        for (int round = 0; !done; ++round) {
            if (naive.blocks().size() > 150 || round % 9 == 8) {
                const auto& all = naive.blocks();
                const BlockNum to =
                    all[all.size() > 150 ? 20 : all.size() - all.size() / 8 - 1].header.number;
                naive.rewind(to);
                states.add(naive);
                ASSERT_TRUE(writer->rewind(chain, to));
                stream.restart(to);
                continue;
            }
            std::vector<Block> batch;
            for (unsigned n = 1 + stream.below(4); n > 0; --n) {
                batch.push_back(stream.next());
                naive.append(batch.back());
            }
            states.add(naive);
            const auto appended = writer->append(batch);
            ASSERT_TRUE(appended) << appended.error().message;
        }
    }};
    std::vector<std::pair<std::string, const Naive*>> copies;
    for (int i = 0; i < 25; ++i) {
        const std::string target = dir / format("copy-{}", i);
        for (int n = 0; n < 1000 && states.size() < static_cast<std::size_t>(i) * 7; ++n)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        // The last but one is acknowledged for sure.
        const std::size_t before = std::max<std::size_t>(states.size(), 2) - 2;
        const Status status = copy_snapshot(dir / "l", target);
        EXPECT_TRUE(status) << status.error().message;
        const auto files = chain_files(dir / "l");
        EXPECT_TRUE(files) << files.error().message;
        const auto reader = open_reader(target);
        EXPECT_TRUE(reader) << reader.error().message;
        if (!status || !reader) break;
        const Naive* state = states.find(scan_all(**reader, chain), before);
        EXPECT_NE(state, nullptr) << "copy " << i << " is no state that ever was";
        if (state != nullptr) copies.emplace_back(target, state);
    }
    done = true;
    ingest.join();
    writer.reset();
    std::filesystem::remove_all(dir / "l");
    ASSERT_EQ(copies.size(), 25u);
    for (const auto& [target, state] : copies) {
        const Status whole = verify(target);
        ASSERT_TRUE(whole) << target << ": " << whole.error().message;
        ASSERT_TRUE(same_answers(*open_reader(target).value(), chain, *state));
    }
    // A copy lives on, and takes nothing of the others with it.
    auto [target, state] = copies.back();
    Naive longer = *state;
    auto other = open_writer_on(system_disk(), target, {}, kEager).value();
    std::vector<Block> batch;
    const BlockNum tip = longer.blocks().empty() ? 0 : longer.blocks().back().header.number;
    for (BlockNum number = tip + 1; number <= tip + 20; ++number) {
        Block block = simple_block(number);
        if (is_utxo(chain)) block = utxo_block(number, {coinbase(900'000 + number - tip, 5, 1)});
        for (AccountTxn& txn : block.account_txns) txn.hash.bytes[30] = 0x5A;
        block.header.time.reset();
        longer.append(block);
        batch.push_back(std::move(block));
    }
    const auto appended = other->append(batch);
    ASSERT_TRUE(appended) << appended.error().message;
    ASSERT_TRUE(other->seal());
    ASSERT_TRUE(same_answers(*other->snapshot().value(), chain, longer));
    for (const auto& [path, other_state] : copies)
        if (path != target) {
            ASSERT_TRUE(verify(path));
        }
}

TEST(LedgerCopies, of_a_reader_stays_when_the_source_goes) {
    const TempDir dir;
    Naive naive;
    {
        const auto writer = open_writer_on(system_disk(), dir / "l", {}, kEager).value();
        Stream stream{kBitcoin, 3};
        for (int i = 0; i < 30; ++i) {
            const Block block = stream.next();
            naive.append(block);
            ASSERT_TRUE(writer->append(std::span{&block, 1}));
        }
    }
    const auto reader = open_reader(dir / "l").value();
    std::filesystem::remove_all(dir / "l");
    EXPECT_TRUE(same_answers(*reader, kBitcoin, naive));
}

TEST(LedgerCopies, refuses_a_place_that_is_taken_and_a_source_that_is_none) {
    const TempDir dir;
    ASSERT_TRUE(open_writer(dir / "l"));
    std::filesystem::create_directories(dir / "taken/x");
    EXPECT_EQ(copy_snapshot(dir / "l", dir / "taken").error().code, ErrorCode::kConflict);
    EXPECT_EQ(copy_snapshot(dir / "none", dir / "new").error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(dir / "new"));
    ASSERT_TRUE(copy_snapshot(dir / "l", dir / "empty"));
    EXPECT_TRUE(open_reader(dir / "empty").value()->chains().empty());
    EXPECT_EQ(copy_snapshot(dir / "l", dir / "empty").error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace cordon::ledger
