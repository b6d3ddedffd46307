// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "given_txns.hpp"

#include <gmock/gmock.h>
#include <random>
#include <set>

#include "test_node.hpp"

namespace cordon::feed {
namespace {

using ::testing::ElementsAre;

/// A feed at the tip, block 1, whose node tells waiting txns.
struct Waiting : Story {
    explicit Waiting(ChainId chain = kEthereum) : Story{2} {
        foreign = {chain};
        EXPECT_TRUE(open());
        (void)read();
    }
    std::vector<std::string> told(std::vector<PendingTxn> news) {
        nodes[0]->news = std::move(news);
        return read();
    }
};

TEST(WaitingTxns, come_before_their_block) {
    Waiting story;
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre("waits 1"));
    story.world.take_in({waiting(1)});
    EXPECT_THAT(story.read(), ElementsAre("2"));
}

TEST(WaitingTxns, told_again_while_they_wait_are_given_again) {
    Waiting story;
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre("waits 1"));
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre("waits 1"));
}

TEST(WaitingTxns, told_after_their_block_do_not_wait) {
    Waiting story;
    story.world.take_in({waiting(1), waiting(2)});
    EXPECT_THAT(story.read(), ElementsAre("2"));
    EXPECT_THAT(story.told({waiting(2), waiting(3)}), ElementsAre("waits 3"));
    EXPECT_EQ(story.feed->metrics().pending, 1U);
}

TEST(WaitingTxns, told_in_time_and_again_after_their_block_do_not_wait) {
    Waiting story;
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre("waits 1"));
    story.world.take_in({waiting(1)});
    EXPECT_THAT(story.read(), ElementsAre("2"));
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre());
}

TEST(WaitingTxns, wait_again_when_their_block_is_gone_and_are_given_once) {
    Waiting story;
    story.world.take_in({waiting(1)});
    (void)story.read();
    EXPECT_THAT(story.told({waiting(1), waiting(1)}), ElementsAre());
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre());
    story.world.reorg(1, 2);
    EXPECT_THAT(story.read(), ElementsAre("<1", "2", "3", "waits 1"));
    EXPECT_THAT(story.read(), ElementsAre());
}

TEST(WaitingTxns, that_the_other_branch_has_too_do_not_wait_until_both_are_gone) {
    Waiting story;
    story.world.take_in({waiting(1)});
    (void)story.read();
    EXPECT_THAT(story.told({waiting(1)}), ElementsAre());
    story.world.reorg(1, 1);
    story.world.take_in({waiting(1)});
    EXPECT_THAT(story.read(), ElementsAre("<1", "2", "3"));
    story.world.reorg(1, 1);
    EXPECT_THAT(story.read(), ElementsAre("<2", "3", "waits 1"));
}

TEST(WaitingTxns, that_were_replaced_in_a_block_wait_only_when_it_is_gone) {
    Waiting story;
    story.world.take_in({waiting(1, 7, 5)});
    (void)story.read();
    EXPECT_THAT(story.told({waiting(2, 7, 5), waiting(3, 7, 6), waiting(4, 8, 5)}),
                ElementsAre("waits 3", "waits 4"));
    story.world.reorg(1, 1);
    EXPECT_THAT(story.read(), ElementsAre("<1", "2", "waits 2"));
}

TEST(WaitingTxns, of_tron_are_known_by_their_hash_for_they_have_no_nonce) {
    Waiting story{kTronMainnet};
    story.world.take_in({waiting(1, 7, {})});
    (void)story.read();
    EXPECT_THAT(story.told({waiting(1, 7, {}), waiting(2, 7, {})}), ElementsAre("waits 2"));
}

TEST(WaitingTxns, without_a_nonce_are_known_by_their_hash) {
    Waiting story;
    story.world.take_in({waiting(1, 7, {}), waiting(2, 7, 0)});
    (void)story.read();
    EXPECT_THAT(story.told({waiting(1, 7, {}), waiting(3, 7, {}), waiting(4, 7, 0)}),
                ElementsAre("waits 3"));
}

TEST(WaitingTxns, of_bitcoin_are_known_by_their_hash) {
    Waiting story{kBitcoin};
    story.world.take_in({waiting_utxo(1)});
    (void)story.read();
    EXPECT_THAT(story.told({waiting_utxo(1), waiting_utxo(2)}), ElementsAre("waits 2"));
    story.world.reorg(1, 1);
    EXPECT_THAT(story.read(), ElementsAre("<1", "2", "waits 1"));
}

SeenBlock block_of(BlockNum number, const std::vector<PendingTxn>& txns) {
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.block.header.number = number;
    for (const PendingTxn& txn : txns) stand(txn, seen);
    return seen;
}

TEST(GivenTxns, remembers_so_many_blocks) {
    GivenTxns given{2};
    for (unsigned i = 1; i <= 3; ++i) given.add(block_of(i, {waiting(i)}));
    std::vector<bool> held;
    for (unsigned i = 1; i <= 3; ++i) {
        PendingTxn txn = waiting(i);
        held.push_back(given.hold(txn));
    }
    EXPECT_THAT(held, ElementsAre(false, true, true));
    EXPECT_EQ(given.rewind(2).size(), 1U);
    given.add(block_of(3, {}));
    given.add(block_of(4, {}));  // Block 2 can no longer be undone.
    EXPECT_TRUE(given.rewind(0).empty());
}

TEST(GivenTxns, holds_the_newest_of_a_flood) {
    constexpr unsigned kMore = 3;
    std::vector<PendingTxn> all;
    for (unsigned i = 0; i < GivenTxns::kMostHeld + kMore; ++i) all.push_back(waiting(i));
    GivenTxns given{8};
    given.add(block_of(1, all));
    for (const PendingTxn& each : all) {
        PendingTxn txn = each;
        ASSERT_TRUE(given.hold(txn));
    }
    EXPECT_EQ(given.rewind(0), std::vector(all.begin() + kMore, all.end()));
}

/// Whatever happens, no txn is given as waiting while it stands in a block that was given, and none
/// that was told is left out when no block has it.
TEST(WaitingTxns, are_those_that_no_given_block_has) {
    std::mt19937 random{15};
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    constexpr unsigned kTxns = 12;
    for (unsigned run = 0; run < 100; ++run) {
        Waiting story;
        std::set<unsigned> held;  // Told while they stood in a block, and not given since.
        for (unsigned step = 0; step < 40; ++step) {
            if (below(3) == 0)
                story.world.reorg(1 + below(static_cast<unsigned>(story.world.chain.size()) - 1),
                                  1 + below(3));
            if (below(2) == 0) story.world.take_in({waiting(below(kTxns)), waiting(below(kTxns))});
            const unsigned number = below(kTxns);
            std::vector<PendingTxn> news;
            if (below(2) == 0) news = {waiting(number)};
            const bool is_told = !news.empty();
            std::multiset<std::string> words;
            for (std::string& word : story.told(std::move(news)))
                if (word.starts_with("waits")) words.insert(std::move(word));
            std::set<unsigned> stand;
            for (const BlockHeader& header : story.world.chain)
                for (const PendingTxn& txn : story.world.txns[header.hash])
                    stand.insert(txn.activity.hash.bytes[31]);
            std::multiset<std::string> expected;
            std::erase_if(held, [&](unsigned each) {
                if (stand.contains(each)) return false;
                expected.insert(format("waits {}", each));
                return true;
            });
            if (is_told && stand.contains(number)) held.insert(number);
            if (is_told && !stand.contains(number)) expected.insert(format("waits {}", number));
            ASSERT_EQ(words, expected) << "run " << run << ", step " << step;
        }
    }
}

}  // namespace
}  // namespace cordon::feed
