// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "swap.hpp"

#include <gtest/gtest.h>
#include <chrono>

#include "builders.hpp"
#include "fake_context.hpp"
#include "net_change.hpp"

namespace cordon::patterns {
namespace {

using test::address;
using test::transfer;

const Address kThief = address(1), kRouter = address(2), kPool = address(3), kFriend = address(5),
              kSettlement = address(7), kSolver = address(8);
const Address kWeth = address(50);
const Address kZero{AddressKind::kEvm, std::vector<uint8_t>(20, 0)};
const Asset kUsd = test::token("USD"), kEur = test::token("EUR"), kWrapped = Asset::contract(kWeth);

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

TEST(Wrap, is_seen_as_mint_as_transfer_and_where_the_wrapper_logs_no_transfer) {
    for (const Address& issuing : {kZero, kWeth}) {
        const auto links =
            links_of({transfer().from(kThief).to(kWeth).amount(100U),
                      transfer().from(issuing).to(kThief).asset(kWrapped).amount(100U)});
        ASSERT_NE(link_of(links, kThief), nullptr);
        EXPECT_EQ(link_of(links, kThief)->kind, "wrap");
        const auto back =
            links_of({transfer().from(kThief).to(issuing).asset(kWrapped).amount(100U),
                      transfer().from(kWeth).to(kThief).amount(100U)});
        ASSERT_NE(link_of(back, kThief), nullptr);
        EXPECT_EQ(link_of(back, kThief)->kind, "wrap");
    }
    // WETH9 logs Deposit and Withdrawal, not Transfer: the router's tokens come from nowhere.
    const auto in = links_of({transfer().from(kThief).to(kRouter).amount(100U),
                              transfer().from(kRouter).to(kWeth).amount(100U),
                              transfer().from(kRouter).to(kPool).asset(kWrapped).amount(100U),
                              transfer().from(kPool).to(kThief).asset(kUsd).amount(90U)});
    ASSERT_NE(link_of(in, kThief), nullptr);
    EXPECT_TRUE(link_of(in, kThief)->from.at(0).asset.is_native());
    EXPECT_EQ(link_of(in, kThief)->to.at(0).asset, kUsd);
    EXPECT_EQ(link_of(in, kRouter), nullptr);
    const auto out = links_of({transfer().from(kThief).to(kPool).asset(kUsd).amount(90U),
                               transfer().from(kPool).to(kRouter).asset(kWrapped).amount(100U),
                               transfer().from(kWeth).to(kRouter).amount(100U),
                               transfer().from(kRouter).to(kThief).amount(100U)});
    ASSERT_NE(link_of(out, kThief), nullptr);
    EXPECT_TRUE(link_of(out, kThief)->to.at(0).asset.is_native());
}
TEST(Wrap, is_not_completed_where_two_could_be_meant_or_the_amounts_differ) {
    const AccountTxn twice{test::hash(1),
                           {transfer().from(kThief).to(kWeth).amount(100U),
                            transfer().from(kThief).to(kPool).asset(kWrapped).amount(100U),
                            transfer().from(kFriend).to(kPool).asset(kWrapped).amount(100U)}};
    EXPECT_FALSE(net_changes(kEthereum, twice, moved_assets(twice)).find(kWeth)->exchanges());
    const AccountTxn other{test::hash(1),
                           {transfer().from(kThief).to(kWeth).amount(99U),
                            transfer().from(kThief).to(kPool).asset(kWrapped).amount(100U)}};
    EXPECT_FALSE(net_changes(kEthereum, other, moved_assets(other)).find(kWeth)->exchanges());
}
TEST(Swap, goes_over_an_aggregator_with_fees_on_both_sides) {
    const Asset mid = test::token("MID");
    const auto links = links_of({transfer().from(kThief).to(kRouter).asset(kUsd).amount(1000U),
                                 transfer().from(kRouter).to(address(60)).asset(kUsd).amount(10U),
                                 transfer().from(kRouter).to(kPool).asset(kUsd).amount(990U),
                                 transfer().from(kPool).to(address(61)).asset(mid).amount(70U),
                                 transfer().from(address(61)).to(kRouter).asset(kEur).amount(900U),
                                 transfer().from(kRouter).to(address(62)).asset(kEur).amount(9U),
                                 transfer().from(kRouter).to(kThief).asset(kEur).amount(891U)});
    const auto* link = link_of(links, kThief);
    ASSERT_NE(link, nullptr);
    EXPECT_EQ(link->from.at(0).amount, Amount{990U});  // The fee receiver's part is a payment.
    EXPECT_EQ(link->to.at(0).amount, Amount{891U});
    EXPECT_EQ(link_of(links, kRouter), nullptr);
}
TEST(Swap, matches_each_order_of_a_solvers_txn) {
    // Sellers of USD meet sellers of EUR in the settlement contract; the rest comes from a pool.
    std::vector<Transfer> rows;
    for (unsigned i = 0; i < 500; ++i) {
        const Asset& gives = i % 3 == 0 ? kEur : kUsd;
        const Asset& takes = i % 3 == 0 ? kUsd : kEur;
        rows.push_back(transfer().from(address(100 + i)).to(kSettlement).asset(gives).amount(50U));
        rows.push_back(transfer().from(kSettlement).to(address(100 + i)).asset(takes).amount(49U));
    }
    rows.push_back(transfer().from(kSettlement).to(kPool).asset(kUsd).amount(8000U));
    rows.push_back(transfer().from(kPool).to(kSettlement).asset(kEur).amount(8000U));
    const auto links = links_of(rows);
    for (unsigned i = 0; i < 500; ++i) {
        const auto* link = link_of(links, address(100 + i));
        ASSERT_NE(link, nullptr) << i;
        EXPECT_EQ(link->to.at(0).address, address(100 + i));
        EXPECT_EQ(link->to.at(0).amount, Amount{49U});
    }
}
TEST(Swap, of_an_order_for_another_is_told_by_value_and_only_where_one_agrees) {
    std::vector<Transfer> rows{
        transfer().from(address(100)).to(kSettlement).asset(kUsd).amount(100U),
        transfer().from(address(101)).to(kSettlement).asset(kUsd).amount(300U),
        transfer().from(kSettlement).to(kPool).asset(kUsd).amount(400U),
        transfer().from(kPool).to(kSettlement).asset(kEur).amount(400U),
        transfer().from(kSettlement).to(address(200)).asset(kEur).amount(99U),
        transfer().from(kSettlement).to(address(201)).asset(kEur).amount(301U)};
    EXPECT_TRUE(link_of(links_of(rows), address(100)) == nullptr);
    test::FakeContext context;
    context.price(kUsd, 1).price(kEur, 1);
    const auto links = links_of(rows, context);
    ASSERT_NE(link_of(links, address(100)), nullptr);
    EXPECT_EQ(link_of(links, address(100))->to.at(0).address, address(200));
    EXPECT_EQ(link_of(links, address(101))->to.at(0).address, address(201));
    EXPECT_LT(link_of(links, address(101))->confidence, 0.85);
    rows[1].amount = Amount{101U};  // Now both payments fit the first receipt.
    rows[5].amount = Amount{101U};
    EXPECT_EQ(link_of(links_of(rows, context), address(100)), nullptr);
}
TEST(Swap, is_not_a_disperse_call_however_many_receive) {
    std::vector<Transfer> rows{transfer().from(kThief).to(kRouter).asset(kUsd).amount(5000U),
                               transfer().from(kThief).to(kRouter).asset(kEur).amount(5000U)};
    for (unsigned i = 0; i < 500; ++i) {
        rows.push_back(transfer().from(kRouter).to(address(100 + i)).asset(kUsd).amount(10U));
        rows.push_back(transfer().from(kRouter).to(address(900 + i)).asset(kEur).amount(10U));
    }
    EXPECT_TRUE(links_of(rows).empty());
}
TEST(Swap, of_a_txn_made_to_be_slow_ends) {
    // A ring of a thousand assets, and exchangers of many assets each.
    std::vector<Transfer> rows;
    std::vector<Asset> assets;
    for (unsigned i = 0; i < 1000; ++i) assets.push_back(Asset::contract(address(10'000 + i)));
    for (unsigned i = 0; i < 4000; ++i)
        for (unsigned j = 1; j < 3; ++j) {
            const Address party = address(20'000 + i);
            rows.push_back(transfer().from(party).to(kPool).asset(assets[i * j % 1000]).amount(5U));
            rows.push_back(
                transfer().from(kPool).to(party).asset(assets[(i + j) * 7 % 1000]).amount(4U));
        }
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(links_of(rows));
    // A guard against a search without bound, not a measurement.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}
TEST(NetChanges, of_hostile_rows_are_nothing) {
    const AccountTxn txn{test::hash(1),
                         {transfer().from(kThief).to(kThief).amount(5U),
                          transfer().from(kThief).to(kPool).amount(0U),
                          transfer().from(kThief).to(kPool).asset(kUsd).amount(Amount::max()),
                          transfer().from(kThief).to(kPool).amount(5U).kind(TransferKind::kFee),
                          transfer().from(kThief).to(kPool).asset(kEur).amount(5U),
                          transfer().from(kPool).to(kThief).asset(kEur).amount(5U)}};
    EXPECT_TRUE(net_changes(kEthereum, txn, moved_assets(txn)).parties.empty());
    EXPECT_TRUE(net_changes(kEthereum, {}, {}).parties.empty());
}

}  // namespace
}  // namespace cordon::patterns
