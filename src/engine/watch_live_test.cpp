// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_live.hpp"

#include <gtest/gtest.h>

namespace cordon::engine {
namespace {

Hash256 hash(uint8_t number, uint8_t branch = 0) {
    Hash256 made;
    made.bytes[0] = number;
    made.bytes[1] = branch;
    made.bytes[2] = 1;
    return made;
}

records::StoredAlert told(std::string id, uint8_t block, ChainId chain = kEthereum) {
    records::StoredAlert stored;
    stored.alert.id = std::move(id);
    stored.alert.chain = chain;
    stored.alert.state = AlertState::kRaised;
    stored.alert.block = block;
    stored.alert.block_hash = hash(block);
    return stored;
}

FeedEvent block(uint8_t number, uint8_t branch = 0, ChainId chain = kEthereum) {
    SeenBlock seen;
    seen.block.chain = chain;
    seen.block.header.number = number;
    seen.block.header.hash = hash(number, branch);
    return seen;
}

FeedEvent caught_up(BlockNum number) {
    return FeedStatus{kEthereum, FeedState::kCaughtUp, number, {}, {}};
}

std::vector<std::string> ids(const std::vector<Alert>& alerts) {
    std::vector<std::string> all;
    for (const Alert& alert : alerts) {
        EXPECT_EQ(alert.state, AlertState::kRetracted);
        all.push_back(alert.id);
    }
    return all;
}

using Ids = std::vector<std::string>;

TEST(Unsettled, what_is_found_again_and_what_stands_is_settled_in_silence) {
    Unsettled unsettled;
    unsettled.add({told("a", 5), told("b", 5)});
    const std::vector<Alert> again{told("a", 5).alert};
    EXPECT_EQ(ids(unsettled.settle(block(4), {})), Ids{});
    EXPECT_EQ(ids(unsettled.settle(block(5), again)), Ids{});
    EXPECT_TRUE(unsettled.empty());
}

TEST(Unsettled, another_block_of_the_height_retracts_but_what_it_found_again) {
    Unsettled unsettled;
    unsettled.add({told("a", 5), told("b", 5), told("later", 6)});
    const std::vector<Alert> again{told("b", 5).alert};
    EXPECT_EQ(ids(unsettled.settle(block(5, 1), again)), Ids{"a"});
    EXPECT_EQ(ids(unsettled.settle(block(6, 1), {})), Ids{"later"});
    EXPECT_TRUE(unsettled.empty());
}

TEST(Unsettled, a_chain_that_became_shorter_retracts) {
    Unsettled unsettled;
    unsettled.add({told("low", 5), told("high", 9), told("foreign", 9, kBitcoin)});
    EXPECT_EQ(ids(unsettled.settle(caught_up(7), {})), Ids{"high"});
    EXPECT_EQ(ids(unsettled.settle(block(9, 1, kBitcoin), {})), Ids{"foreign"});
    EXPECT_EQ(ids(unsettled.settle(block(6), {})), Ids{}) << "block 5 was passed over: not known";
    EXPECT_TRUE(unsettled.empty());
}

TEST(Unsettled, what_is_of_no_block_is_not_asked) {
    auto pending = told("pending", 0);
    pending.alert.state = AlertState::kPending;
    auto feed = told("feed", 0);
    feed.alert.block_hash = {};
    auto gone = told("gone", 3);
    gone.alert.state = AlertState::kRetracted;
    Unsettled unsettled;
    unsettled.add({pending, feed, gone});
    EXPECT_TRUE(unsettled.empty());
}

CheckpointHead seen(std::vector<feed::BlockRef> blocks) {
    CheckpointHead head;
    head.seen[kEthereum] = std::move(blocks);
    return head;
}

TEST(WatchLive, only_a_checkpoint_of_the_same_branch_is_before_a_reorg) {
    const CheckpointHead now = seen({{3, hash(3)}, {4, hash(4)}, {5, hash(5)}});
    const Rewind back{kEthereum, 5};
    EXPECT_TRUE(is_before(seen({{4, hash(4)}}), now, back));
    EXPECT_TRUE(is_before(seen({{5, hash(5)}}), now, back));
    EXPECT_FALSE(is_before(seen({{4, hash(4, 1)}}), now, back)) << "of a lost branch";
    EXPECT_FALSE(is_before(seen({{6, hash(6)}}), now, back));
    EXPECT_FALSE(is_before(seen({}), now, back));
    EXPECT_FALSE(is_before(CheckpointHead{}, now, back));
    EXPECT_FALSE(is_before(seen({{4, hash(4)}}), now, {kBitcoin, 5}));
}

}  // namespace
}  // namespace cordon::engine
