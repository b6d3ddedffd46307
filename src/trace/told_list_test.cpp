// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "told_list.hpp"

#include <gtest/gtest.h>

#include "books.hpp"
#include "builders.hpp"
#include "fake_context.hpp"

namespace cordon::trace {
namespace {

constexpr ChainId kPolygon{ChainFamily::kEvm, 137};

TEST(ShortAmounts, keep_what_needs_more_than_128_bits) {
    ShortAmounts all;
    const Amount one{1U}, near{Amount::from_limbs({~0ULL, ~0ULL - 1, 0, 0})};
    const Amount mark{Amount::from_limbs({5, ~0ULL, 0, 0})}, large{Amount::max() - one};
    ShortAmount first, second;
    for (const Amount& amount : {Amount{}, one, near, mark, large}) {
        all.set(first, amount);
        all.set(second, one);
        EXPECT_EQ(all[first], amount);
        EXPECT_EQ(all[second], one);
    }
    all.add(first, one);
    EXPECT_EQ(all[first], Amount::max());
    all.set(first, near);
    all.add(first, Amount{2U});  // From where it is short to where it is not.
    EXPECT_EQ(all[first], near + Amount{2U});
}

TEST(ToldList, tells_nodes_and_endpoints_as_the_walk_left_them) {
    test::FakeContext context;
    const Params params;
    Books books{context, params};
    const Address mule = test::address(2), shop = test::address(1);
    const Asset coin, token = test::token("T");
    const Amount large = Amount{1U} * Amount::from_limbs({0, 0, 7, 0});
    const auto at = books.node(kPolygon, mule, 2), other = books.node(kEthereum, shop, 2);
    for (const Asset& asset : {token, coin, test::token("A")}) {
        books.arrive(at, asset, large, Amount{9U});
        books.total(kPolygon, asset).seeded = Amount{9U};
        books.rest(at, asset, Amount{4U}, Stop::kUnspent);
        books.rest(at, asset, Amount{5U}, Stop::kUnspent);
    }
    books.set_label(other, {kEthereum, shop, "Shop", Category::kExchange, "test", 1});
    books.seen(other, from_unix_seconds(50));
    books.seen(other, from_unix_seconds(40));
    const TraceResult result = books.finish({}, false);

    ASSERT_EQ(result.nodes.size(), 2U);
    const Node first = result.nodes.front(), second = result.nodes[1];
    EXPECT_EQ(first.address, shop);  // The lower chain first.
    EXPECT_EQ(first.label->text, "Shop");
    EXPECT_EQ(first.first_seen, from_unix_seconds(40));
    EXPECT_EQ(first.last_seen, from_unix_seconds(50));
    EXPECT_TRUE(first.holdings.empty());
    EXPECT_FALSE(second.first_seen || second.last_seen || second.label);
    EXPECT_EQ(second.stop, Stop::kUnspent);
    ASSERT_EQ(second.holdings.size(), 3U);
    for (std::size_t i = 1; i < 3; ++i)
        EXPECT_LT(second.holdings[i - 1].asset, second.holdings[i].asset);
    for (const Holding& holding : second.holdings) {
        EXPECT_EQ(holding.received, large);
        EXPECT_EQ(holding.resting, Amount{9U});
    }
    ASSERT_EQ(result.endpoints.size(), 3U);
    for (const Endpoint& end : result.endpoints) {
        EXPECT_EQ(end.chain, kPolygon);
        EXPECT_EQ(end.address, mule);
        EXPECT_EQ(end.tainted, Amount{9U});
        EXPECT_FALSE(end.usd);
    }
    EXPECT_EQ(result.nodes.chains(), (std::vector{kEthereum, kPolygon}));
    ASSERT_EQ(result.nodes.labelled().size(), 1U);
    EXPECT_EQ(result.nodes.labelled().front().address, shop);
}

TEST(ToldList, gives_what_it_was_made_of) {
    std::vector<Node> nodes(3);
    nodes[0].chain = kPolygon;
    nodes[1].label = Label{};
    nodes[2].hop = 5;
    const NodeList list = nodes;
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[2].hop, 5U);
    EXPECT_EQ(list.chains(), (std::vector{ChainId{}, kPolygon}));
    EXPECT_EQ(list.labelled().size(), 1U);
    EXPECT_TRUE(EndpointList{}.empty());
}

}  // namespace
}  // namespace cordon::trace
