// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "edge_list.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace cordon::trace {
namespace {

/// Who has the names of three nodes.
std::shared_ptr<const Found> found(const AssetNumbers& assets) {
    auto out = std::make_shared<Found>();
    out->assets = assets;
    for (const unsigned number : {1U, 2U, 3U}) {
        Found::Node node;
        node.address = test::address(number);
        out->nodes.add(std::move(node));
    }
    return out;
}

EdgeList::Txn txn(BlockNum block) {
    EdgeList::Txn out;
    out.chain = kEthereum;
    out.at = {block, 0};
    out.hash.bytes[0] = static_cast<uint8_t>(block);
    return out;
}

EdgeList::Move move(uint32_t from, uint32_t to, uint32_t row) {
    return {from, to, row, 7, TransferKind::kToken, Amount{50U}, Amount{20U}};
}

TEST(EdgeList, names_what_was_kept_in_numbers) {
    EdgeList list;
    AssetNumbers assets;
    const Asset token = test::token("T");
    list.add(txn(5), assets.number({}), move(0, 1, 0));
    list.add(txn(5), assets.number(token), move(1, 2, 1));
    list.close(found(assets));
    ASSERT_EQ(list.size(), 2U);
    const Edge edge = list[1];
    EXPECT_EQ(edge.chain, kEthereum);
    EXPECT_EQ(edge.txn, txn(5).hash);
    EXPECT_EQ(edge.at, (TxnPosition{5, 0}));
    EXPECT_EQ(edge.from, test::address(2));
    EXPECT_EQ(edge.to, test::address(3));
    EXPECT_EQ(list[0].asset, Asset{});
    EXPECT_EQ(edge.asset, token);
    EXPECT_EQ(edge.amount, Amount{50U});
    EXPECT_EQ(edge.tainted, Amount{20U});
    EXPECT_EQ(edge.kind, "token");
    EXPECT_EQ(edge.hop, 7U);
    EXPECT_EQ(edge.confidence, 1);
}

TEST(EdgeList, orders_by_position_then_row_and_keeps_equals_as_they_came) {
    EdgeList list;
    AssetNumbers assets;
    const uint32_t coin = assets.number({});
    Edge whole;
    whole.chain = kEthereum;
    whole.at = {5, 0};
    whole.kind = "swap";
    list.add(txn(9), coin, move(0, 1, 0));
    list.add(txn(5), coin, move(0, 2, 3));
    list.add(Edge{whole}, 3);
    list.add(txn(5), coin, move(1, 2, 3));
    list.add(txn(5), coin, move(2, 0, 1));
    list.close(found(assets));
    const auto edges = list.all();
    ASSERT_EQ(edges.size(), 5U);
    EXPECT_EQ(edges[0].from, test::address(3));
    EXPECT_EQ(edges[1].from, test::address(1));
    EXPECT_EQ(edges[2].kind, "swap");
    EXPECT_EQ(edges[3].from, test::address(2));
    EXPECT_EQ(edges[4].at.block, 9U);
    EXPECT_TRUE(list.all_sure());
}

TEST(EdgeList, tells_whole_edges_in_the_order_in_which_they_are_given) {
    EXPECT_TRUE(EdgeList{}.empty());
    std::vector<Edge> edges(2);
    edges[0].at = {9, 0};
    edges[1].at = {5, 0};
    edges[1].confidence = 0.5;
    edges[1].why = {"message id"};
    const EdgeList list{edges};
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].at.block, 9U);
    EXPECT_EQ(list.all()[1].why, edges[1].why);
    EXPECT_FALSE(list.all_sure());
}

}  // namespace
}  // namespace cordon::trace
