// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "live_ledger.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

Hash256 hash(uint8_t number, uint8_t branch) {
    Hash256 made;
    made.bytes[0] = number;
    made.bytes[1] = branch;
    made.bytes[2] = 1;
    return made;
}

Address somebody(uint8_t last) {
    std::array<uint8_t, 20> bytes{};
    bytes.back() = last;
    return {AddressKind::kEvm, bytes};
}

/// Block `number` of a branch; its parent is of another branch where that is given.
SeenBlock block(uint8_t number, uint8_t branch = 0, std::optional<uint8_t> below = {}) {
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.block.header.number = number;
    seen.block.header.hash = hash(number, branch);
    seen.block.header.parent = hash(static_cast<uint8_t>(number - 1), below.value_or(branch));
    seen.block.header.time = from_unix_seconds(1'700'000'000 + number);
    Hash256 txn = seen.block.header.hash;
    txn.bytes[2] = 2;
    seen.block.account_txns.push_back(
        {txn, {{0, somebody(1), somebody(2), Asset{}, Amount{number}, TransferKind::kNative}}});
    return seen;
}

class LiveLedgerTest : public ::testing::Test {
protected:
    LiveLedgerTest()
        : folder_{fs::temp_directory_path() /
                  format("cordon_live_ledger_{}_{}", ::getpid(),
                         ::testing::UnitTest::GetInstance()->current_test_info()->name())} {
        fs::remove_all(folder_);
    }
    ~LiveLedgerTest() override { fs::remove_all(folder_); }

    std::unique_ptr<LiveLedger> open() {
        auto live = LiveLedger::open(folder_.string(),
                                     [this](const std::string& what) { told_.push_back(what); });
        EXPECT_TRUE(live) << live.error().message;
        return live ? *std::move(live) : nullptr;
    }
    void take(LiveLedger& live, const SeenBlock& seen) {
        const Status taken = live.take(seen);
        EXPECT_TRUE(taken) << taken.error().message;
    }
    void take_all(LiveLedger& live, std::initializer_list<uint8_t> numbers) {
        for (const uint8_t number : numbers) take(live, block(number));
    }
    /// Hashes of all blocks, from the first to the tip.
    std::vector<Hash256> stored() {
        const auto reader = ledger::open_reader(folder_.string()).value();
        std::vector<Hash256> all;
        for (const ledger::ChainSummary& chain : reader->chains())
            EXPECT_TRUE(reader->scan(chain.chain, chain.first.number, chain.tip.number,
                                     [&](const Block& each) -> Status {
                                         all.push_back(each.header.hash);
                                         return {};
                                     }));
        return all;
    }
    using Hashes = std::vector<Hash256>;

    fs::path folder_;
    std::vector<std::string> told_;
};

TEST_F(LiveLedgerTest, stores_each_block_once_however_often_it_comes) {
    {
        const auto live = open();
        take_all(*live, {5, 6});
    }
    // Killed, and gone on behind a checkpoint that is older than the ledger.
    const auto live = open();
    take_all(*live, {5, 6, 7});
    EXPECT_EQ(stored(), (Hashes{hash(5, 0), hash(6, 0), hash(7, 0)}));
    EXPECT_TRUE(told_.empty());
}

TEST_F(LiveLedgerTest, takes_back_what_a_reorg_took_and_nothing_below) {
    const auto live = open();
    take_all(*live, {5, 6, 7, 8});
    take(*live, block(7, 1, 0));
    EXPECT_EQ(stored(), (Hashes{hash(5, 0), hash(6, 0), hash(7, 1)}));
    take(*live, block(8, 1));
    EXPECT_EQ(stored().size(), 4U);
    Hash256 gone = hash(8, 0);
    gone.bytes[2] = 2;
    EXPECT_FALSE(ledger::open_reader(folder_.string()).value()->find_txn(kEthereum, gone).value());
}

TEST_F(LiveLedgerTest, of_another_chain_takes_nothing_and_loses_nothing) {
    const auto live = open();
    take_all(*live, {5, 6, 7});
    for (const SeenBlock& strange :
         {block(7, 1), block(6, 1), block(5, 1), block(2, 1), block(8, 1)}) {
        const Status taken = live->take(strange);
        ASSERT_FALSE(taken);
        EXPECT_EQ(taken.error().code, ErrorCode::kConflict) << taken.error().message;
    }
    EXPECT_EQ(stored(), (Hashes{hash(5, 0), hash(6, 0), hash(7, 0)}));
}

TEST_F(LiveLedgerTest, tells_what_it_does_not_hold) {
    const auto live = open();
    take(*live, block(5));
    take(*live, block(9));
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_NE(told_[0].find("eth blocks 6 to 8 are not in it"), std::string::npos) << told_[0];
}

TEST_F(LiveLedgerTest, knows_the_blocks_behind_which_a_stream_goes_on) {
    const auto live = open();
    EXPECT_TRUE(live->seen().value().empty());
    for (uint8_t number = 3; number < 6; ++number) take(*live, block(number));
    const auto seen = live->seen().value();
    EXPECT_EQ(seen.at(kEthereum),
              (std::vector<feed::BlockRef>{{3, hash(3, 0)}, {4, hash(4, 0)}, {5, hash(5, 0)}}));
}

TEST_F(LiveLedgerTest, does_not_go_on_behind_hashes_that_no_node_knows) {
    {
        const auto writer = ledger::open_writer(folder_.string()).value();
        SeenBlock extract = block(5);
        extract.block.header.parent.reset();  // As transfers: files have it.
        ASSERT_TRUE(writer->append(std::span{&extract.block, 1}));
    }
    EXPECT_TRUE(open()->seen().value().empty());
}

TEST_F(LiveLedgerTest, has_one_writer) {
    const auto live = open();
    const auto other = LiveLedger::open(folder_.string(), [](const std::string&) {});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::kLocked);
    EXPECT_NE(other.error().message.find("without adding to the ledger"), std::string::npos);
}

TEST_F(LiveLedgerTest, refuses_numbers_that_are_no_heights) {
    {
        const auto writer = ledger::open_writer(folder_.string()).value();
        Block loose;
        loose.chain = kBitcoin;
        loose.header = {.number = 0,
                        .number_kind = BlockNumKind::kSequence,
                        .time = {},
                        .hash = hash(1, 1),
                        .parent = {}};
        loose.utxo_txns.push_back({.txid = hash(9, 9), .inputs = {}, .outputs = {}});
        ASSERT_TRUE(writer->append(std::span{&loose, 1}));
    }
    SeenBlock next;
    next.block.chain = kBitcoin;
    next.block.header = {.number = 1, .time = {}, .hash = hash(2, 2), .parent = hash(1, 1)};
    const Status taken = open()->take(next);
    ASSERT_FALSE(taken);
    EXPECT_NE(taken.error().message.find("no heights"), std::string::npos) << taken.error().message;
}

}  // namespace
}  // namespace cordon::engine
