// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "builders.hpp"
#include "counterfeit.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"
#include "registry.hpp"
#include "swap.hpp"

namespace cordon::patterns {
namespace {

using test::address;
using test::transfer;

const Address kThief = address(1), kRouter = address(2), kPool = address(3), kPool2 = address(4),
              kFriend = address(5), kDonor = address(6);
const Asset kUsd = test::token("USD"), kEur = test::token("EUR"), kShare = test::token("LP"),
            kMid = test::token("MID");

std::vector<trace::Link> links_of(std::vector<Transfer> rows,
                                  const test::FakeContext& context = {}) {
    const ledger::PlacedAccountTxn txn{
        {1, 0}, from_unix_seconds(1), {test::hash(1), std::move(rows)}};
    return Swap{}.links(kEthereum, txn, context);
}
const trace::Link* link_of(const std::vector<trace::Link>& links, const Address& seller) {
    for (const trace::Link& link : links)
        if (link.from.at(0).address == seller) return &link;
    return nullptr;
}

TEST(Swap, is_a_loss_and_a_gain_with_an_exchanger_between) {
    const auto links = links_of({transfer().from(kThief).to(kRouter).asset(kUsd).amount(100U),
                                 transfer().from(kRouter).to(kPool).asset(kUsd).amount(100U),
                                 transfer().from(kPool).to(kThief).asset(kEur).amount(90U)});
    const auto* link = link_of(links, kThief);
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->kind, "swap");
    EXPECT_EQ(link->from.at(0).amount, Amount{100U});
    EXPECT_EQ(link->to.at(0).address, kThief);
    EXPECT_EQ(link->to.at(0).amount, Amount{90U});
}
TEST(Swap, goes_over_several_pools) {
    const auto links = links_of({transfer().from(kThief).to(kPool).asset(kUsd).amount(100U),
                                 transfer().from(kPool).to(kPool2).asset(kMid).amount(5U),
                                 transfer().from(kPool2).to(kThief).asset(kEur).amount(90U)});
    ASSERT_NE(link_of(links, kThief), nullptr);
}
TEST(Swap, may_have_the_proceeds_sent_to_somebody_else_when_the_values_agree) {
    const std::vector<Transfer> rows{transfer().from(kThief).to(kPool).asset(kUsd).amount(100U),
                                     transfer().from(kPool).to(kFriend).asset(kEur).amount(90U)};
    EXPECT_TRUE(links_of(rows).empty());
    test::FakeContext context;
    context.price(kUsd, 1.0).price(kEur, 1.1);
    const auto links = links_of(rows, context);
    const auto* link = link_of(links, kThief);
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->to.at(0).address, kFriend);
    EXPECT_LT(link->confidence, 1.0);
}
TEST(Swap, leaves_an_aggregators_fee_outside) {
    const auto links = links_of({transfer().from(kThief).to(kPool).asset(kUsd).amount(100U),
                                 transfer().from(kThief).to(kFriend).asset(kUsd).amount(5U),
                                 transfer().from(kPool).to(kThief).asset(kEur).amount(90U)});
    EXPECT_EQ(link_of(links, kThief)->from.at(0).amount, Amount{100U});
}
TEST(Swap, of_several_assets_is_liquidity_and_says_how_it_weighs_them) {
    const auto links = links_of({transfer().from(kThief).to(kPool).asset(kUsd).amount(100U),
                                 transfer().from(kThief).to(kPool).asset(kEur).amount(90U),
                                 transfer().from(kPool).to(kThief).asset(kShare).amount(7U)});
    const auto* link = link_of(links, kThief);
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->kind, "liquidity");
    EXPECT_EQ(link->from.size(), 2U);
    EXPECT_EQ(link->why.back(), "weights-equal");
}
TEST(Swap, by_the_tokens_own_contract_one_to_one_is_a_wrap) {
    const Address weth = address(50);
    const Asset wrapped = Asset::contract(weth);
    const Address zero{AddressKind::kEvm, std::vector<uint8_t>(20, 0)};
    const auto links = links_of(
        {transfer().from(kThief).to(weth).amount(100U),
         transfer().from(zero).to(kThief).asset(wrapped).amount(100U).kind(TransferKind::kMint)});
    const auto* link = link_of(links, kThief);
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->kind, "wrap");
}

TEST(Swap, is_not_a_payment_in_two_assets) {
    EXPECT_TRUE(links_of({transfer().from(kThief).to(kFriend).asset(kUsd).amount(100U),
                          transfer().from(kThief).to(kFriend).asset(kEur).amount(90U)})
                    .empty());
}
TEST(Swap, is_not_a_payment_beside_which_an_airdrop_arrives) {
    EXPECT_TRUE(links_of({transfer().from(kThief).to(kFriend).asset(kUsd).amount(100U),
                          transfer().from(kDonor).to(kThief).asset(kEur).amount(90U)})
                    .empty());
}
TEST(Swap, is_not_a_pass_through) {
    EXPECT_TRUE(links_of({transfer().from(kThief).to(kRouter).asset(kUsd).amount(100U),
                          transfer().from(kRouter).to(kFriend).asset(kUsd).amount(100U),
                          transfer().from(kRouter).to(kThief).asset(kEur).amount(0U)})
                    .empty());
}
TEST(Swap, is_not_a_payment_under_cover_of_a_token_worth_nothing) {
    test::FakeContext context;
    context.price(kUsd, 1.0).price(kEur, 0.0001);
    const std::vector<Transfer> rows{transfer().from(kThief).to(kPool).asset(kUsd).amount(100U),
                                     transfer().from(kPool).to(kThief).asset(kEur).amount(90U)};
    EXPECT_TRUE(links_of(rows, context).empty());
    context.price(kEur, 1.1);
    EXPECT_NE(link_of(links_of(rows, context), kThief), nullptr);
    context.list(kEur, "EUR", AssetStatus::kCounterfeit);
    EXPECT_TRUE(links_of(rows, context).empty());
}
TEST(Swap, of_an_empty_txn_is_none) { EXPECT_TRUE(links_of({}).empty()); }

TEST(Swap, carries_taint_over_and_leaves_none_with_the_pool) {
    test::AccountChain chain;
    chain.pay(kDonor, kPool, 900, kEur).pay(kFriend, kThief, 100, kUsd);
    chain.txn({transfer().from(kThief).to(kRouter).asset(kUsd).amount(100U),
               transfer().from(kRouter).to(kPool).asset(kUsd).amount(100U),
               transfer().from(kPool).to(kThief).asset(kEur).amount(90U)});
    chain.pay(kThief, kPool2, 90, kEur);
    const test::MemoryLedger ledger{chain.blocks()};
    const test::FakeContext context;
    for (const auto policy : {trace::Policy::kFifo, trace::Policy::kLifo, trace::Policy::kTiho,
                              trace::Policy::kHaircut}) {
        trace::Params params;
        params.policy = policy;
        const trace::Seed seed{kEthereum, trace::Seed::FromAddress{kFriend, {}}, "seed"};
        const auto result =
            trace::trace(ledger, context, all(), std::span{&seed, 1}, params).value();
        ASSERT_EQ(result.endpoints.size(), 1U);
        EXPECT_EQ(result.endpoints[0].address, kPool2);
        EXPECT_EQ(result.endpoints[0].tainted, Amount{90U});
        ASSERT_EQ(result.edges.size(), 3U);
        EXPECT_EQ(result.edges[1].kind, "swap");
        EXPECT_EQ(result.edges[1].to_amount, Amount{90U});
    }
}

TEST(Counterfeit, is_what_the_list_says_and_what_copies_a_verified_symbol) {
    test::FakeContext context;
    const Asset copy = test::token("COPY"), other = test::token("OTHER"),
                fake = test::token("FAKE"), eth = test::token("E");
    context.list(kUsd, "USDT", AssetStatus::kVerified).list(copy, "usdt", AssetStatus::kUnknown);
    context.list(other, "ABC", AssetStatus::kUnknown).list(fake, "XYZ", AssetStatus::kCounterfeit);
    context.list(eth, "ETH", AssetStatus::kUnknown);
    const Counterfeit recogniser;
    EXPECT_TRUE(recogniser.is_worthless(kEthereum, copy, context));
    EXPECT_TRUE(recogniser.is_worthless(kEthereum, fake, context));
    EXPECT_TRUE(recogniser.is_worthless(kEthereum, eth, context));
    EXPECT_FALSE(recogniser.is_worthless(kEthereum, kUsd, context));
    EXPECT_FALSE(recogniser.is_worthless(kEthereum, other, context));
    EXPECT_FALSE(recogniser.is_worthless(kEthereum, test::token("UNLISTED"), context));
    EXPECT_FALSE(recogniser.is_worthless(kEthereum, Asset{}, context));
}
TEST(Counterfeit, sees_through_look_alike_symbols) {
    test::FakeContext context;
    context.list(kUsd, "USDT", AssetStatus::kVerified).list(kEur, "DAI", AssetStatus::kVerified);
    const Counterfeit recogniser;
    for (const char* symbol : {"U5DT", "USD7", "$USDT", "USDT.", "US DT", "USD\u0422", "USDT\u200B",
                               "D\u0410I", "DA1", "dal"}) {
        const Asset copy = test::token("COPY");
        context.list(copy, symbol, AssetStatus::kUnknown);
        EXPECT_TRUE(recogniser.is_worthless(kEthereum, copy, context)) << symbol;
    }
    for (const char* symbol : {"USD", "USDTX", "", "\xFF\xFE", "...."}) {
        const Asset fine = test::token("FINE");
        context.list(fine, symbol, AssetStatus::kUnknown);
        EXPECT_FALSE(recogniser.is_worthless(kEthereum, fine, context)) << symbol;
    }
}
TEST(Registry, lists_every_recogniser_once_by_id_and_trace_asks_those_with_a_source) {
    std::size_t asked = 0;
    for (std::size_t i = 0; i < recognisers().size(); ++i) {
        EXPECT_TRUE(i == 0 || recognisers()[i - 1].id < recognisers()[i].id);
        if (recognisers()[i].source == nullptr) continue;
        ASSERT_LT(asked, all().size());
        EXPECT_EQ(all()[asked++], recognisers()[i].source);
    }
    EXPECT_EQ(asked, all().size());
}

}  // namespace
}  // namespace cordon::patterns
