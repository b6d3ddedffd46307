// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer.hpp"

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

const Address kPool = address(1000);
constexpr uint64_t kNote = 100;

Mixer::All all_of(const AccountChain& chain, const FakeContext& context, double least = 0,
                  const Mixer& mixer = {}) {
    const MemoryLedger ledger{chain.blocks()};
    auto all = mixer.all(kEthereum, ledger, context, least);
    EXPECT_TRUE(all) << (all ? "" : all.error().message);
    return all ? *std::move(all) : Mixer::All{};
}

/// The surest crossing from one to the other; 0 when there is none.
double sureness(const Mixer::All& all, const Address& from, const Address& to) {
    double most = 0;
    for (const auto& each : all.crossings)
        if (each.from.address == from && each.to.address == to)
            most = std::max(most, each.confidence);
    return most;
}

AccountChain with_crowd(unsigned count = 5) {
    AccountChain chain;
    for (unsigned i = 0; i < count; ++i) chain.pay(address(i + 1), kPool, kNote);
    return chain;
}

FakeContext context_with_pool() { return FakeContext{}.call(kPool, Category::kMixer); }

TEST(Mixer, ties_a_withdrawal_to_the_same_address) {
    const auto all = all_of(with_crowd().pay(kPool, address(3), 97), context_with_pool());
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_GT(sureness(all, address(3), address(3)), 0.9);
    EXPECT_EQ(all.crossings[0].via, kPool);
    EXPECT_EQ(all.crossings[0].from.amount, Amount{kNote});
    EXPECT_EQ(all.crossings[0].to.amount, Amount{97U});
}

TEST(Mixer, gives_each_note_once) {
    auto chain = with_crowd();
    chain.pay(kPool, address(3), 97).pay(kPool, address(3), 97);
    const auto all = all_of(chain, context_with_pool(), 0.5);
    EXPECT_EQ(all.crossings.size(), 1U);
}

TEST(Mixer, takes_the_oldest_note_of_an_actor_first) {
    AccountChain chain;
    for (int i = 0; i < 3; ++i) chain.pay(address(3), kPool, kNote);
    chain.pay(kPool, address(3), 97).pay(kPool, address(3), 97);
    const auto all = all_of(chain, context_with_pool(), 0.5);
    ASSERT_EQ(all.crossings.size(), 2U);
    EXPECT_EQ(all.crossings[0].from_at.block, 1U);
    EXPECT_EQ(all.crossings[1].from_at.block, 2U);
}

TEST(Mixer, sees_through_a_router) {
    AccountChain chain;
    const Address router = address(50);
    for (unsigned i = 1; i < 5; ++i)
        chain.txn({transfer().from(address(i)).to(router).amount(kNote),
                   transfer().from(router).to(kPool).amount(kNote).kind(TransferKind::kInternal)});
    chain.pay(kPool, address(2), kNote);
    const auto all = all_of(chain, context_with_pool(), 0.5);
    ASSERT_EQ(all.crossings.size(), 1U);
    EXPECT_EQ(all.crossings[0].from.address, router);  // Who gave it up in this row.
    EXPECT_EQ(all.crossings[0].from_at.block, 2U);
}

TEST(Mixer, tells_a_relayers_share_from_a_withdrawal) {
    auto chain = with_crowd();
    chain.txn({transfer().from(address(1)).to(address(99)).amount(1).kind(TransferKind::kFee),
               transfer().from(kPool).to(address(60)).amount(97),
               transfer().from(kPool).to(address(1)).amount(3)});
    const auto all = all_of(chain, context_with_pool());
    ASSERT_EQ(all.pools.size(), 1U);
    EXPECT_EQ(all.pools[0].withdrawals, 1U);
    EXPECT_EQ(sureness(all, address(1), address(1)), 0);
    EXPECT_LT(sureness(all, address(1), address(60)), 0.5);
}

TEST(Mixer, ties_by_transfers_outside) {
    auto chain = with_crowd();
    chain.pay(kPool, address(60), 97).pay(address(60), address(3), 40);
    const auto all = all_of(chain, context_with_pool());
    const double by_transfer = sureness(all, address(3), address(60));
    EXPECT_GT(by_transfer, 0.3);
    EXPECT_LT(by_transfer, 0.9);
    EXPECT_LT(sureness(all, address(2), address(60)), 0.1);
}

TEST(Mixer, does_not_tie_by_a_service_where_everybody_meets) {
    auto chain = with_crowd();
    const Address exchange = address(70);
    chain.pay(address(3), exchange, 5).pay(kPool, address(60), 97).pay(address(60), exchange, 40);
    auto context = context_with_pool().call(exchange, Category::kExchange);
    EXPECT_LT(sureness(all_of(chain, context), address(3), address(60)), 0.1);
}

TEST(Mixer, learns_from_the_pool_what_its_order_is_worth) {
    // Everybody withdraws at once, half of them to their own address, and nothing happens for some
    // minutes: in this pool the nearest deposit is telling.
    AccountChain quiet;
    for (unsigned i = 1; i <= 40; ++i) {
        quiet.pay(address(i), kPool, kNote).pay(kPool, address(i % 2 == 0 ? i : 100 + i), 97);
        for (int idle = 0; idle < 30; ++idle) quiet.pay(address(500), address(501), 1);
    }
    EXPECT_GT(sureness(all_of(quiet, context_with_pool()), address(39), address(139)), 0.6);
    // Where nothing is known, it is not.
    AccountChain crowd = with_crowd(40);
    crowd.pay(address(90), kPool, kNote).pay(kPool, address(91), 97);
    EXPECT_LT(sureness(all_of(crowd, context_with_pool()), address(90), address(91)), 0.1);
}

TEST(Mixer, gives_candidates_of_one_withdrawal_no_more_than_certainty_in_all) {
    auto chain = with_crowd(8);
    chain.pay(kPool, address(60), 97);
    for (unsigned i = 1; i <= 6; ++i) chain.pay(address(60), address(i), 10);
    const auto all = all_of(chain, context_with_pool());
    double sum = 0;
    for (const auto& each : all.crossings)
        if (each.to.address == address(60)) sum += each.confidence;
    EXPECT_LE(sum, 1 + 1e-9);
    EXPECT_LE(all.crossings.size(), MixerParams{}.max_candidates);
}

TEST(Mixer, is_no_pool_without_label_or_of_many_sums) {
    const auto chain = with_crowd().pay(kPool, address(3), kNote);
    EXPECT_TRUE(all_of(chain, FakeContext{}).pools.empty());
    AccountChain sums;
    for (uint64_t i = 1; i < 6; ++i) sums.pay(address(static_cast<unsigned>(i)), kPool, 10 * i);
    EXPECT_TRUE(all_of(sums, context_with_pool()).pools.empty());
    EXPECT_TRUE(all_of(AccountChain{}, context_with_pool()).pools.empty());
}

TEST(Mixer, is_not_hidden_by_dust) {
    auto chain = with_crowd();
    for (unsigned i = 0; i < 50; ++i) chain.pay(address(200), kPool, 1);
    EXPECT_EQ(all_of(chain, context_with_pool()).pools.at(0).denomination, Amount{kNote});
}

TEST(Mixer, is_known_by_its_facts) {
    Fact fact;
    fact.chain = kEthereum;
    fact.kind = FactKind::kMixerDeposit;
    fact.contract = kPool;
    FakeContext context;
    context.say(fact);
    EXPECT_EQ(all_of(with_crowd(), context).pools.size(), 1U);
}

TEST(Mixer, refuses_more_events_than_it_may_hold) {
    MixerParams params;
    params.pool.max_events = 3;
    const MemoryLedger ledger{with_crowd().blocks()};
    const auto all = Mixer{params}.all(kEthereum, ledger, context_with_pool(), 0);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, ErrorCode::kLimit);
}

TEST(Mixer, answers_of_one_txn_forward_and_backward) {
    const MemoryLedger ledger{with_crowd().pay(kPool, address(3), 97).blocks()};
    const auto context = context_with_pool();
    const Mixer mixer;
    for (const auto& [block, backward] : {std::pair{3U, false}, std::pair{6U, true}}) {
        const auto txn = ledger.account_txn(kEthereum, {block, 0}).value();
        const auto found = mixer.crossings(kEthereum, txn, backward, ledger, context).value();
        ASSERT_EQ(found.size(), 1U) << block;
        EXPECT_EQ(found[0].from_txn, test::hash(3));
        EXPECT_EQ(found[0].to_txn, test::hash(6));
        EXPECT_TRUE(mixer.crossings(kEthereum, txn, !backward, ledger, context)->empty());
    }
}

}  // namespace
}  // namespace cordon::patterns
