// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "risk.hpp"

#include <gtest/gtest.h>

#include <thread>

#include <cordon/guard/gate/test_world.hpp>
#include <cordon/records/store.hpp>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

const UnixMillis kNow = from_unix_seconds(1'700'000'000);
const Address kHot = guard::test_address(1), kPayee = guard::test_address(2);

/// A block in which the hot wallet is paid 100 and pays `amount` to a payee.
Block block(BlockNum number, uint64_t amount, uint8_t version = 0) {
    Block out;
    out.chain = kEthereum;
    out.header.number = number;
    out.header.time = kNow + std::chrono::seconds{number};
    out.header.hash.bytes.fill(static_cast<uint8_t>(number + 50 * version));
    AccountTxn txn;
    txn.hash.bytes.fill(static_cast<uint8_t>(100 + number + 50 * version));
    txn.transfers = {
        {0, guard::test_address(9), kHot, Asset{}, Amount{uint64_t{100}}, TransferKind::kNative},
        {1, kHot, kPayee, Asset{}, Amount{amount}, TransferKind::kNative}};
    out.account_txns = {txn};
    return out;
}

struct Followed {
    guard::TestFolder folder;
    std::string ledger = folder / "ledger";
    std::unique_ptr<ledger::Writer> writer = ledger::open_writer(ledger).value();
    std::unique_ptr<records::Store> store = records::Store::open(records_path(ledger)).value();
    std::unique_ptr<LiveRisk> risk;

    void append(const Block& each) { ASSERT_TRUE(writer->append(std::span{&each, 1})); }
    void open(std::chrono::milliseconds look_every) {
        RiskFiles files;
        files.ledger = ledger;
        files.look_every = look_every;
        auto opened = LiveRisk::open(std::move(files));
        ASSERT_TRUE(opened) << opened.error().message;
        risk = *std::move(opened);
    }
    uint64_t payments() const {
        const auto found = risk->dealings(kEthereum, kHot, kPayee, Asset{});
        EXPECT_TRUE(found) << (found ? "" : found.error().message);
        return found ? found->count : 0;
    }
    std::optional<Amount> balance() const { return risk->balance(kEthereum, kHot, {}).value(); }
};

TEST(LiveRisk, sees_blocks_that_are_added_and_rewound_while_it_is_open) {
    Followed world;
    world.append(block(1, 7));
    world.open(std::chrono::milliseconds{0});
    EXPECT_EQ(world.payments(), 1U);
    EXPECT_EQ(world.balance(), Amount{uint64_t{93}});
    const UnixMillis now = kNow + std::chrono::seconds{10};
    EXPECT_EQ(world.risk->lag(kEthereum, now).value(), std::chrono::seconds{9});

    world.append(block(2, 10));
    world.append(block(3, 20));
    EXPECT_EQ(world.payments(), 3U);
    EXPECT_EQ(world.balance(), Amount{uint64_t{263}});
    EXPECT_EQ(world.risk->lag(kEthereum, now).value(), std::chrono::seconds{7});
    ASSERT_TRUE(world.writer->seal());
    EXPECT_EQ(world.payments(), 3U);

    // What a reorg takes back never happened; another block in its place did.
    ASSERT_TRUE(world.writer->rewind(kEthereum, 1));
    EXPECT_EQ(world.payments(), 1U);
    world.append(block(2, 50, 1));
    EXPECT_EQ(world.payments(), 2U);
    EXPECT_EQ(world.balance(), Amount{uint64_t{143}});
}

TEST(LiveRisk, looks_no_more_often_than_it_was_told) {
    Followed world;
    world.append(block(1, 7));
    world.open(std::chrono::hours{1});
    EXPECT_EQ(world.payments(), 1U);
    world.append(block(2, 10));
    EXPECT_EQ(world.payments(), 1U);
}

TEST(LiveRisk, holds_what_depends_on_a_ledger_that_cannot_be_read_any_more) {
    Followed world;
    world.append(block(1, 7));
    world.open(std::chrono::milliseconds{0});
    EXPECT_EQ(world.payments(), 1U);
    std::filesystem::rename(world.ledger + "/chains", world.ledger + "/away");
    EXPECT_FALSE(world.risk->dealings(kEthereum, kHot, kPayee, Asset{}));
    EXPECT_FALSE(world.risk->lag(kEthereum, kNow));
    std::filesystem::rename(world.ledger + "/away", world.ledger + "/chains");
    EXPECT_EQ(world.payments(), 1U);
}

TEST(LiveRisk, answers_many_while_blocks_are_added) {
    Followed world;
    world.append(block(1, 1));
    world.open(std::chrono::milliseconds{0});
    std::vector<std::thread> asking;
    for (int i = 0; i < 8; ++i)
        asking.emplace_back([&] {
            uint64_t last = 0;
            for (int k = 0; k < 50; ++k) {
                const uint64_t count = world.payments();
                EXPECT_GE(count, last);  // Nothing was rewound.
                last = count;
                EXPECT_TRUE(world.risk->lag(kEthereum, kNow + std::chrono::hours{1}));
                EXPECT_TRUE(world.risk->labels(kEthereum, kPayee));
            }
        });
    for (BlockNum number = 2; number <= 20; ++number) world.append(block(number, 1));
    for (std::thread& each : asking) each.join();
    EXPECT_EQ(world.payments(), 20U);
}

}  // namespace
}  // namespace cordon::engine
