// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_feed.hpp"

#include <gmock/gmock.h>

#include "test_node.hpp"

namespace cordon::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ChainFeed, begins_at_the_tip_and_gives_every_block_once) {
    Story story{5};
    ASSERT_TRUE(story.open());
    EXPECT_THAT(story.read(), ElementsAre("4", "caught-up"));
    EXPECT_THAT(story.read(), ElementsAre());
    story.world.mine(2);
    EXPECT_THAT(story.read(), ElementsAre("5", "6"));
}

TEST(ChainFeed, fills_in_from_where_it_was_told_and_says_that_it_is_behind) {
    Story story{30};
    story.options.from = 10;
    ASSERT_TRUE(story.open());
    const auto words = story.read();
    EXPECT_EQ(words.front(), "behind");
    EXPECT_EQ(words.back(), "caught-up");
    EXPECT_EQ(words.size(), 22U);
    EXPECT_THAT(story.statuses[0].text, HasSubstr("20 blocks behind the tip 29 of a"));
}

TEST(ChainFeed, goes_on_behind_what_was_seen) {
    Story story{9};
    story.options.seen = {{kEthereum, {{7, story.world.chain[7].hash}}}};
    ASSERT_TRUE(story.open());
    EXPECT_THAT(story.read_blocks(), ElementsAre("8"));
}

TEST(ChainFeed, goes_back_to_the_last_common_block) {
    Story story{5};
    story.options.from = 0;
    ASSERT_TRUE(story.open());
    EXPECT_THAT(story.read_blocks(), ElementsAre("0", "1", "2", "3", "4"));
    story.world.reorg(2, 4);  // Blocks 3 and 4 are others, 5 and 6 new.
    EXPECT_THAT(story.read_blocks(), ElementsAre("<2", "3", "4", "5", "6"));
    story.world.reorg(1, 1);  // Another tip of the same height.
    EXPECT_THAT(story.read_blocks(), ElementsAre("<5", "6"));
    story.world.reorg(3, 1);  // A shorter chain, as a node that was set back gives it.
    EXPECT_THAT(story.read_blocks(), ElementsAre("<3", "4"));
    EXPECT_EQ(story.feed->metrics().rewinds, 3U);
}

TEST(ChainFeed, an_endpoint_that_lags_is_no_reorg) {
    Story story{5};
    story.other.mine(3);  // The same blocks, fewer.
    ASSERT_TRUE(story.open({"a", "b"}));
    EXPECT_THAT(story.read_blocks(), ElementsAre("4"));
    story.nodes[1]->follow(story.other);
    story.nodes[0]->down = true;
    EXPECT_THAT(story.read_blocks(), ElementsAre());
    story.other.mine(3);
    EXPECT_THAT(story.read_blocks(), ElementsAre("5"));
}

TEST(ChainFeed, finds_back_over_a_reorg_that_came_while_it_was_away) {
    Story story{10};
    story.options.seen = {{kEthereum, {{9, story.world.chain[9].hash}}}};
    story.world.reorg(4, 5);
    ASSERT_TRUE(story.open());
    EXPECT_THAT(story.read_blocks(), ElementsAre("<5", "6", "7", "8", "9", "10"));
}

TEST(ChainFeed, says_when_a_reorg_is_deeper_than_it_can_know) {
    Story story{10};
    story.options.seen = {
        {kEthereum, {{8, story.world.chain[8].hash}, {9, story.world.chain[9].hash}}}};
    story.world.reorg(4, 5);
    ASSERT_TRUE(story.open());
    story.nodes[0]->forgets = true;
    EXPECT_THAT(story.read_blocks(), ElementsAre("<7", "8", "9", "10"));
    EXPECT_EQ(story.statuses[0].state, FeedState::kGap);
}

TEST(ChainFeed, takes_the_next_endpoint_and_says_when_none_answers) {
    Story story{3};
    ASSERT_TRUE(story.open({"a", "b"}));
    EXPECT_THAT(story.read(), ElementsAre("2", "caught-up"));
    story.nodes[0]->down = true;
    story.world.mine();
    EXPECT_THAT(story.read(), ElementsAre("3"));
    story.nodes[1]->down = true;
    story.world.mine();
    FeedEvent event;
    story.cancel = false;
    ASSERT_TRUE(story.feed->read(event).value());
    EXPECT_EQ(word(event), "unavailable");
    story.nodes[0]->down = false;
    EXPECT_THAT(story.read(), ElementsAre("caught-up", "4"));
    EXPECT_GE(story.feed->metrics().failovers, 2U);
}

TEST(ChainFeed, passes_over_a_block_that_nobody_can_give_and_says_so) {
    Story story{5};
    story.options.from = 2;
    ASSERT_TRUE(story.open());
    story.nodes[0]->without = 3;
    const auto words = story.read();
    EXPECT_THAT(words, ElementsAre("2", "gap", "4", "caught-up"));
    EXPECT_THAT(story.statuses[0].text, HasSubstr("block 3 could not be had"));
    EXPECT_THAT(story.statuses[0].text, HasSubstr("nonsense"));
    EXPECT_EQ(story.feed->metrics().gaps, 1U);
}

TEST(ChainFeed, a_block_that_one_endpoint_cannot_give_comes_from_the_other) {
    Story story{5};
    story.options.from = 2;
    ASSERT_TRUE(story.open({"a", "b"}));
    story.nodes[0]->without = 3;
    EXPECT_THAT(story.read_blocks(), ElementsAre("2", "3", "4"));
    EXPECT_EQ(story.feed->metrics().gaps, 0U);
}

TEST(ChainFeed, says_what_is_missing_of_a_block) {
    Story story{2};
    ASSERT_TRUE(story.open());
    story.nodes[0]->missing = {"no call traces: timeout"};
    EXPECT_THAT(story.read(), ElementsAre("1", "gap", "caught-up"));
    EXPECT_THAT(story.statuses[0].text, HasSubstr("block 1: no call traces: timeout"));
}

TEST(ChainFeed, says_that_endpoints_disagree_once_and_that_they_agree_again) {
    Story story{5};
    ASSERT_TRUE(story.open({"a", "b"}));
    (void)story.read();
    story.other = story.world;
    story.other.reorg(1, 3);
    story.world.mine(2);
    story.nodes[1]->follow(story.other);
    EXPECT_THAT(story.read(), ElementsAre("5", "6", "disagree"));
    story.world.mine();
    story.other.mine();
    EXPECT_THAT(story.read(), ElementsAre("7"));
    story.nodes[1]->follow(story.world);
    story.world.mine();
    EXPECT_THAT(story.read(), ElementsAre("8", "caught-up"));
    EXPECT_THAT(story.statuses[1].text, HasSubstr("at a and"));
}

TEST(ChainFeed, endpoints_that_differ_at_the_tip_only_do_not_disagree) {
    Story story{5};
    ASSERT_TRUE(story.open({"a", "b"}));
    (void)story.read();
    story.other = story.world;
    story.other.salt = 7;
    story.other.mine();
    story.world.mine();
    story.nodes[1]->follow(story.other);
    EXPECT_THAT(story.read(), ElementsAre("5"));
}

TEST(ChainFeed, says_that_a_tip_stands_still) {
    Story story{2};
    ASSERT_TRUE(story.open());
    (void)story.read();
    story.world.now += std::chrono::minutes{4};
    EXPECT_THAT(story.read(), ElementsAre("behind"));
    EXPECT_THAT(story.statuses.back().text, HasSubstr("240 s old"));
    EXPECT_THAT(story.read(), ElementsAre());
    story.world.mine();
    EXPECT_THAT(story.read(), ElementsAre("2", "caught-up"));
}

TEST(ChainFeed, tells_the_mempool_and_what_was_too_much) {
    Story story{2};
    ASSERT_TRUE(story.open());
    (void)story.read();
    story.nodes[0]->news = {waiting(1), waiting(2)};
    story.nodes[0]->lost = 40;
    EXPECT_THAT(story.read(), ElementsAre("waits 1", "waits 2", "dropped"));
    EXPECT_THAT(story.statuses.back().text, HasSubstr("40 pending txns"));
}

TEST(ChainFeed, refuses_an_endpoint_of_another_chain) {
    Story story;
    story.foreign = {kEthereum, {ChainFamily::kEvm, 56}};
    EXPECT_EQ(story.open({"a", "b"}).error().code, ErrorCode::kWrongChain);
    Story expected;
    expected.options.chain = kTronMainnet;
    EXPECT_EQ(expected.open().error().code, ErrorCode::kWrongChain);
}

TEST(ChainFeed, an_endpoint_that_becomes_one_of_another_chain_is_not_followed) {
    Story story{3};
    ASSERT_TRUE(story.open({"a", "b"}));
    (void)story.read();
    story.nodes[0]->down = true;
    story.nodes[1]->is = {ChainFamily::kEvm, 56};
    story.world.mine();
    // It was known, and is asked again after a failure only.
    EXPECT_THAT(story.read(), ElementsAre("3"));
    story.nodes[1]->down = true;
    FeedEvent event;
    story.cancel = false;
    ASSERT_TRUE(story.feed->read(event).value());
    story.nodes[1]->down = false;
    ASSERT_TRUE(story.feed->read(event).value());
    EXPECT_EQ(word(event), "disagree");
    story.nodes[0]->down = false;
    story.world.mine();
    EXPECT_THAT(story.read_blocks(), ElementsAre("4"));
}

TEST(ChainFeed, waits_for_endpoints_that_are_down_when_it_knows_the_chain) {
    Story story;
    story.all_down = true;
    EXPECT_EQ(story.open().error().code, ErrorCode::kUnavailable);
    Story waits{3};
    waits.all_down = true;
    waits.options.chain = kEthereum;
    ASSERT_TRUE(waits.open());
    FeedEvent event;
    ASSERT_TRUE(waits.feed->read(event).value());
    EXPECT_EQ(word(event), "unavailable");
    waits.nodes[0]->down = false;
    EXPECT_THAT(waits.read_blocks(), ElementsAre("2"));
}

}  // namespace
}  // namespace cordon::feed
