// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <gtest/gtest.h>

#include <builders.hpp>
#include <fake_context.hpp>
#include <memory_ledger.hpp>

namespace cordon::patterns {
namespace {

using test::AccountChain;
using test::address;
using test::FakeContext;
using test::MemoryLedger;
using test::transfer;

constexpr ChainId kBsc{ChainFamily::kEvm, 56};
const Address kBridge = address(1000);
const Asset kUsd = test::token("USD");
const Asset kEur = test::token("EUR");

FakeContext world() {
    FakeContext context;
    context.call(kBridge, Category::kBridge);
    context.list(kUsd, "USD", AssetStatus::kVerified);
    context.list(kEur, "EUR", AssetStatus::kVerified);
    return context;
}

/// Two chains; block n of either is at the same time.
MemoryLedger both(const AccountChain& here, const AccountChain& there) {
    MemoryLedger ledger{here.blocks()};
    for (const Block& block : there.blocks()) ledger.add(block);
    return ledger;
}
/// A chain on which nothing happens for `blocks`.
AccountChain later(unsigned blocks) {
    AccountChain chain{kBsc};
    for (unsigned i = 0; i < blocks; ++i) chain.pay(address(500), address(501), 1, kUsd);
    return chain;
}

Bridge::All all_of(const AccountChain& here, const AccountChain& there, const FakeContext& context,
                   double least = 0) {
    const MemoryLedger ledger = both(here, there);
    auto all = Bridge{}.all(ledger, context, least);
    EXPECT_TRUE(all) << (all ? "" : all.error().message);
    return all ? *std::move(all) : Bridge::All{};
}

TEST(Bridge, finds_the_payout_to_the_same_address) {
    const auto all = all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                            later(3).pay(kBridge, address(1), 998, kUsd), world());
    ASSERT_EQ(all.crossings.size(), 1U);
    const auto& crossing = all.crossings[0];
    EXPECT_GT(crossing.confidence, 0.9);
    EXPECT_EQ(crossing.from_chain, kEthereum);
    EXPECT_EQ(crossing.to_chain, kBsc);
    EXPECT_EQ(crossing.to.amount, Amount{998U});
    EXPECT_EQ(crossing.why[0], "own-address");
}

TEST(Bridge, says_that_there_are_more_events_than_it_may_hold) {
    BridgeParams params;
    params.max_events = 1;
    const MemoryLedger ledger = both(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                                     later(3).pay(kBridge, address(1), 998, kUsd));
    const auto context = world();
    const Bridge bridge{params};
    const auto txn = ledger.account_txn(kEthereum, {1, 0}).value();
    for (int asked = 0; asked < 2; ++asked) {  // The second time it is remembered.
        const auto found = bridge.crossings(kEthereum, txn, false, ledger, context);
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, ErrorCode::kLimit);
    }
    EXPECT_FALSE(bridge.all(ledger, context, 0));
}

TEST(Bridge, is_less_sure_of_another_address) {
    const auto all = all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                            later(3).pay(kBridge, address(2), 998, kUsd), world());
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_GE(all.crossings[0].confidence, 0.5);
    EXPECT_LT(all.crossings[0].confidence, 0.9);
}

TEST(Bridge, finds_nothing_that_cannot_be) {
    const auto here = AccountChain{}.pay(address(1), kBridge, 1000, kUsd);
    const auto none = [&](const AccountChain& there, std::string_view what) {
        EXPECT_TRUE(all_of(here, there, world()).crossings.empty()) << what;
    };
    none(later(3).pay(kBridge, address(1), 998, kEur), "another asset");
    none(later(3).pay(kBridge, address(1), 1010, kUsd), "more than was given");
    none(later(3).pay(kBridge, address(2), 900, kUsd), "a fee beyond the band");
    none(later(600).pay(kBridge, address(1), 998, kUsd), "two hours later");
    none(later(3).pay(address(7), address(1), 998, kUsd), "not from the bridge");
    none(later(3).pay(kBridge, kBridge, 998, kUsd), "the bridge to itself");
    const auto late = [] {
        AccountChain chain;
        for (int i = 0; i < 5; ++i) chain.pay(address(500), address(501), 1, kUsd);
        return chain.pay(address(1), kBridge, 1000, kUsd);
    }();
    EXPECT_TRUE(
        all_of(late, later(3).pay(kBridge, address(1), 998, kUsd), world()).crossings.empty())
        << "before the deposit";
}

TEST(Bridge, prefers_who_has_no_other_choice) {
    // The second payout fits the first deposit only: so the first payout is the second deposit's.
    auto here = AccountChain{}.pay(address(1), kBridge, 1000, kUsd);
    here.pay(address(2), kBridge, 980, kUsd);
    auto there = later(3);
    there.pay(kBridge, address(8), 979, kUsd).pay(kBridge, address(9), 999, kUsd);
    const auto all = all_of(here, there, world());
    std::map<Address, Address> best;
    for (const auto& each : all.crossings) best.try_emplace(each.from.address, each.to.address);
    EXPECT_EQ(best[address(1)], address(9));
    EXPECT_EQ(best[address(2)], address(8));
}

TEST(Bridge, says_when_it_cannot_tell_two_apart) {
    auto here = AccountChain{}.pay(address(1), kBridge, 1000, kUsd);
    here.pay(address(2), kBridge, 1000, kUsd);
    auto there = later(3);
    there.pay(kBridge, address(8), 999, kUsd).pay(kBridge, address(9), 999, kUsd);
    const auto all = all_of(here, there, world());
    EXPECT_EQ(all.crossings.size(), 3U);  // The last has no other payout left.
    for (const auto& each : all.crossings) EXPECT_LT(each.confidence, 0.5);
    EXPECT_EQ(all.lanes.at(0).clues.at(0).ambiguous, 2U);
}

TEST(Bridge, leaves_out_what_was_given_back) {
    auto here = AccountChain{}.pay(address(1), kBridge, 1000, kUsd);
    here.pay(kBridge, address(1), 1000, kUsd);
    EXPECT_TRUE(
        all_of(here, later(3).pay(kBridge, address(9), 999, kUsd), world()).crossings.empty());
}

TEST(Bridge, adds_up_payouts_in_parts) {
    auto there = later(3);
    there.pay(kBridge, address(1), 600, kUsd).pay(kBridge, address(1), 399, kUsd);
    const auto all = all_of(
        AccountChain{}.pay(address(1), kBridge, 2000, kUsd).pay(address(1), kBridge, 1000, kUsd),
        there, world());
    std::size_t parts = 0;
    for (const auto& each : all.crossings) parts += each.why[0] == "own-address-split" ? 1 : 0;
    EXPECT_EQ(parts, 2U);
}

Fact said(ChainId chain, FactKind kind, uint64_t block, std::string key,
          std::optional<ChainId> far = std::nullopt) {
    Fact fact;
    fact.chain = chain;
    fact.txn = test::hash(block);
    fact.kind = kind;
    fact.key = std::move(key);
    fact.contract = kBridge;
    fact.far_chain = far;
    return fact;
}

TEST(Bridge, believes_the_message_that_both_sides_show) {
    // Another amount, another address, two hours later: the message says it all the same.
    auto context = world();
    context.say(said(kEthereum, FactKind::kBridgeDeposit, 1, "celer:0x01"));
    context.say(said(kBsc, FactKind::kBridgeWithdrawal, 601, "celer:0x01"));
    const auto all = all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                            later(600).pay(kBridge, address(9), 5, kEur), context);
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_EQ(all.crossings[0].confidence, 1);
    EXPECT_EQ(all.crossings[0].why, (std::vector<std::string>{"message", "celer:0x01"}));
}

TEST(Bridge, is_not_certain_of_a_message_of_contracts_that_nobody_knows) {
    FakeContext context;
    context.list(kUsd, "USD", AssetStatus::kVerified);
    context.say(said(kEthereum, FactKind::kBridgeDeposit, 1, "celer:0x01"));
    context.say(said(kBsc, FactKind::kBridgeWithdrawal, 4, "celer:0x01"));
    const auto all = all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                            later(3).pay(kBridge, address(1), 998, kUsd), context);
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_LT(all.crossings[0].confidence, 1);
}

TEST(Bridge, is_not_led_astray_by_a_stranger_who_logs_the_same_id) {
    auto context = world();
    context.say(said(kEthereum, FactKind::kBridgeDeposit, 1, "celer:0x01"));
    Fact forged = said(kBsc, FactKind::kBridgeWithdrawal, 4, "celer:0x01");
    forged.contract = address(66);
    context.say(forged);
    context.say(said(kBsc, FactKind::kBridgeWithdrawal, 5, "celer:0x01"));
    const auto all = all_of(
        AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
        later(3).pay(address(66), address(67), 998, kUsd).pay(kBridge, address(1), 998, kUsd),
        context);
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_EQ(all.crossings[0].to.address, address(1));
    EXPECT_EQ(all.crossings[0].confidence, 1);
}

TEST(Bridge, does_not_match_a_deposit_that_names_another_chain) {
    auto context = world();
    context.say(said(kEthereum, FactKind::kBridgeDeposit, 1, "", ChainId{ChainFamily::kEvm, 10}));
    EXPECT_TRUE(all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                       later(3).pay(kBridge, address(1), 998, kUsd), context)
                    .crossings.empty());
}

TEST(Bridge, ignores_facts_of_txns_that_were_rewound) {
    auto context = world();
    context.say(said(kEthereum, FactKind::kBridgeDeposit, 77, "celer:0x01"));
    EXPECT_EQ(all_of(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                     later(3).pay(kBridge, address(1), 998, kUsd), context)
                  .crossings.size(),
              1U);
}

TEST(Bridge, answers_of_one_txn_forward_and_backward) {
    const MemoryLedger ledger = both(AccountChain{}.pay(address(1), kBridge, 1000, kUsd),
                                     later(3).pay(kBridge, address(1), 998, kUsd));
    const auto context = world();
    const auto from = ledger.account_txn(kEthereum, {1, 0}).value();
    const auto to = ledger.account_txn(kBsc, {4, 0}).value();
    EXPECT_EQ(Bridge{}.crossings(kEthereum, from, false, ledger, context)->size(), 1U);
    EXPECT_EQ(Bridge{}.crossings(kBsc, to, true, ledger, context)->size(), 1U);
    EXPECT_TRUE(Bridge{}.crossings(kBsc, to, false, ledger, context)->empty());
}

}  // namespace
}  // namespace cordon::patterns
