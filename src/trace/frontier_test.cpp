// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "frontier.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

using test::AccountChain;
using test::address;
using test::MemoryLedger;
using test::token;

const Address kThief = address(1), kMule = address(2), kShop = address(3), kCold = address(4);

struct Story {
    MemoryLedger ledger;
    test::FakeContext context;

    explicit Story(std::vector<Block> blocks) : ledger{std::move(blocks)} {}

    std::vector<Watch> watch(const Address& who, Params params = limitless(),
                             ChainId chain = kEthereum, FrontierParams frontier_params = {}) const {
        const Seed seed{chain, Seed::FromAddress{who, {}}, "seed"};
        const auto result = trace(ledger, context, {}, std::span{&seed, 1}, params);
        EXPECT_TRUE(result.has_value());
        const auto list = frontier(ledger, context, {}, *result, frontier_params);
        EXPECT_TRUE(list.has_value());
        return *list;
    }
    static Params limitless() {
        Params params;
        params.min_purity = params.min_share = 0;
        params.stop = default_stop_categories();
        return params;
    }
};

const Watch* find(const std::vector<Watch>& list, const Address& who) {
    const auto at = std::find_if(list.begin(), list.end(),
                                 [&](const Watch& row) { return row.address == who; });
    return at == list.end() ? nullptr : &*at;
}

TEST(Frontier, lists_what_rests_and_not_what_a_service_has) {
    Story story{AccountChain{}
                    .pay(kThief, kMule, 100)
                    .pay(kMule, kShop, 40)
                    .pay(kMule, kCold, 50)
                    .blocks()};
    story.context.call(kShop, Category::kExchange);
    FrontierParams params;
    params.case_name = "Case";
    const auto list = story.watch(kThief, Story::limitless(), kEthereum, params);
    ASSERT_EQ(list.size(), 2);
    EXPECT_EQ(find(list, kShop), nullptr);
    ASSERT_NE(find(list, kCold), nullptr);
    EXPECT_EQ(find(list, kCold)->tainted, Amount{50U});
    EXPECT_EQ(find(list, kCold)->source, "trace:unspent");
    EXPECT_EQ(find(list, kCold)->case_name, "Case");
    EXPECT_EQ(find(list, kCold)->confidence, 1);
    EXPECT_EQ(find(list, kCold)->since, AccountChain::time_of(3));
    EXPECT_EQ(find(list, kMule)->tainted, Amount{10U});
}

TEST(Frontier, lists_upstream_addresses_that_still_hold_something) {
    const Story story{AccountChain{}
                          .pay(address(9), kMule, 7, token("USD"))
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kCold, 100)
                          .blocks()};
    const auto list = story.watch(kThief);
    const Watch* mule = find(list, kMule);
    ASSERT_NE(mule, nullptr);
    EXPECT_EQ(mule->asset, token("USD"));
    EXPECT_TRUE(mule->tainted.is_zero());
    EXPECT_EQ(mule->source, "trace:upstream");
    EXPECT_LT(mule->confidence, 1);
    EXPECT_EQ(find(list, kThief), nullptr) << "it holds nothing any more";
}

TEST(Frontier, what_lies_beyond_a_bound_is_less_sure) {
    const Story story{AccountChain{}.pay(kThief, kMule, 100).pay(kMule, kCold, 100).blocks()};
    Params params = Story::limitless();
    params.max_hops = 1;
    const auto list = story.watch(kThief, params);
    ASSERT_EQ(list.size(), 1);
    EXPECT_EQ(list[0].source, "trace:hops");
    EXPECT_EQ(list[0].confidence, FrontierParams{}.unfinished_confidence);
}

TEST(Frontier, names_the_outputs_of_utxo_chains) {
    const auto at = [](unsigned i) { return address(i, AddressKind::kP2wpkh); };
    test::UtxoChain chain;
    chain.txn(1, {}, {{at(1), 100}});
    chain.txn(2, {test::outpoint(1, 0)}, {{at(2), 60}, {at(3), 40}});
    const Story story{chain.blocks()};
    const auto list = story.watch(at(1), Story::limitless(), kBitcoin);
    ASSERT_EQ(list.size(), 2);
    EXPECT_EQ(list[0].outpoint, test::outpoint(2, 0));
    EXPECT_EQ(list[1].tainted, Amount{40U});
}

TEST(Frontier, refuses_a_backward_trace) {
    const Story story{AccountChain{}.pay(kThief, kMule, 1).blocks()};
    TraceResult result;
    result.params.direction = Direction::kBackward;
    EXPECT_FALSE(frontier(story.ledger, story.context, {}, result, {}).has_value());
}

}  // namespace
}  // namespace cordon::trace
