// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "flow.hpp"

#include "trace_builder.hpp"

namespace cordon::detect {
namespace {

const Bytes kGo = calldata("go()");

class FlowTest : public ContractsTest {
protected:
    Bytes flash() const {
        return calldata("onFlashLoan(address,address,uint256,uint256,bytes)", weapon);
    }
    /// The thief's contract borrows 100 and does `inside` with it.
    template <typename Inside>
    void borrowed(const Inside& inside) {
        TraceBuilder t = trace();
        t.call(thief, weapon, kGo);
        t.call(weapon, lender, calldata("flashLoan(address,uint256,bytes)", weapon, Amount{100U}));
        t.send(lender, usd, weapon, 100);
        t.call(lender, weapon, flash());
        inside(t);
        t.end();
        t.pull(lender, usd, weapon, lender, 100);
        t.end().end();
    }
    TxnFlow flow() {
        TxnView view;
        view.chain = kEthereum;
        view.activity = &stream.activity();
        view.hash = stream.activity().hash;
        view.has_calls = true;
        view.has_logs = stream.block_activity().has_logs;
        return flow_of(view);
    }
    void deposit(TraceBuilder& t, uint64_t amount) {
        t.call(weapon, vault, calldata("deposit(uint256)", Amount{amount}));
        t.pull(vault, usd, weapon, vault, amount).end();
    }
    void withdraw(TraceBuilder& t, uint64_t amount) {
        t.call(weapon, vault, calldata("withdraw(uint256)", Amount{amount}));
        t.send(vault, usd, weapon, amount).end();
    }
    /// A trade: `gives` of `in` for `gets` of `out` at the pool.
    void trade(TraceBuilder& t, const Address& at, const Address& in, uint64_t gives,
               const Address& out, uint64_t gets) {
        t.send(weapon, in, at, gives);
        t.call(weapon, at, calldata("swap(uint256,uint256,address,bytes)"));
        t.send(at, out, weapon, gets).end();
    }
};

TEST_F(FlowTest, a_loan_that_is_repaid_is_a_loan_and_no_loss) {
    borrowed([](TraceBuilder&) {});
    const TxnFlow found = flow();
    ASSERT_EQ(found.loans.size(), 1U);
    EXPECT_EQ(found.loans[0].lender, lender);
    EXPECT_EQ(found.loans[0].amount, Amount{100U});
    EXPECT_FALSE(found.gained());
    EXPECT_FALSE(found.has_unpaid(true));
    mine();
    EXPECT_EQ(worst("D28"), Severity::kInfo);
}

TEST_F(FlowTest, arbitrage_with_borrowed_money_is_no_theft) {
    borrowed([&](TraceBuilder& t) {
        trade(t, pool, usd, 100, coin, 50);
        trade(t, other, coin, 50, usd, 110);
    });
    const TxnFlow found = flow();
    EXPECT_TRUE(found.gained());
    EXPECT_FALSE(found.has_unpaid(true));
    EXPECT_TRUE(found.swings.empty());
    mine();
    EXPECT_TRUE(alerts.all.empty());
}

TEST_F(FlowTest, a_liquidation_with_borrowed_money_is_no_theft) {
    borrowed([&](TraceBuilder& t) {
        // The pool takes the debt and hands out the collateral, from contracts of its own.
        t.call(weapon, pool, calldata("liquidationCall(address,address,address,uint256,bool)"));
        t.pull(pool, usd, weapon, named("debt book"), 80);
        t.call(pool, named("collateral book"), calldata("transferUnderlyingTo(address,uint256)"));
        t.send(named("collateral book"), coin, weapon, 60).end().end();
        trade(t, other, coin, 60, usd, 90);
    });
    mine();
    EXPECT_EQ(worst("D28"), Severity::kInfo);
    EXPECT_EQ(worst("D29"), Severity::kInfo);
}

TEST_F(FlowTest, more_taken_out_than_put_in_is_a_theft) {
    borrowed([&](TraceBuilder& t) {
        deposit(t, 100);
        withdraw(t, 140);
    });
    const TxnFlow found = flow();
    ASSERT_EQ(found.dealings.size(), 2U);
    EXPECT_EQ(found.dealings[1].with, vault);
    EXPECT_EQ(found.dealings[1].round_trip, Asset::contract(usd));
    mine();
    EXPECT_EQ(worst("D28"), Severity::kCritical);
}

TEST_F(FlowTest, a_payment_and_its_reverse_of_the_same_worth_is_no_theft) {
    borrowed([&](TraceBuilder& t) {
        deposit(t, 100);
        withdraw(t, 100);
    });
    mine();
    EXPECT_EQ(worst("D28"), Severity::kInfo);
}

TEST_F(FlowTest, a_priced_loss_below_the_least_is_only_medium) {
    knowledge.assets[Asset::contract(usd)] = {kEthereum, Asset::contract(usd), "USD", 0,
                                              AssetStatus::kVerified};
    knowledge.prices[Asset::contract(usd)] = 1;
    borrowed([&](TraceBuilder& t) {
        deposit(t, 100);
        withdraw(t, 140);
    });
    mine();
    EXPECT_EQ(worst("D28"), Severity::kMedium);
}

TEST_F(FlowTest, paying_a_debt_and_taking_the_collateral_back_is_no_theft) {
    borrowed([&](TraceBuilder& t) {
        t.call(weapon, named("debt market"), calldata("repayBorrow(uint256)", Amount{100U}));
        t.pull(named("debt market"), usd, weapon, named("debt market"), 100).end();
        t.call(weapon, vault, calldata("redeem(uint256)", Amount{60U}));
        t.send(vault, coin, weapon, 60).end();
        trade(t, pool, coin, 60, usd, 130);
    });
    mine();
    EXPECT_EQ(worst("D28"), Severity::kInfo);
}

TEST_F(FlowTest, a_price_that_is_moved_for_somebody_else_is_told) {
    borrowed([&](TraceBuilder& t) {
        trade(t, pool, usd, 90, coin, 50);
        t.call(weapon, vault, calldata("mintAtPoolPrice(uint256)"));
        t.pull(vault, usd, weapon, vault, 10);
        t.send(vault, coin, weapon, 40).end();
        trade(t, pool, coin, 50, usd, 89);
    });
    ASSERT_EQ(flow().swings.size(), 1U);
    EXPECT_EQ(flow().swings[0].pool, pool);
    mine();
    EXPECT_EQ(worst("D29"), Severity::kCritical);
}

TEST_F(FlowTest, a_router_on_the_way_is_not_a_pool_that_swings) {
    const Address router = named("router");
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, router, calldata("route()"));
    t.pull(router, usd, weapon, router, 100);
    t.send(router, usd, pool, 100);
    t.call(router, pool, calldata("swap(uint256,uint256,address,bytes)"));
    t.send(pool, coin, router, 50).end();
    t.send(router, coin, other, 50);
    t.call(router, other, calldata("swap(uint256,uint256,address,bytes)"));
    t.send(other, usd, router, 101).end();
    t.send(router, usd, weapon, 101);
    t.end().end();
    EXPECT_TRUE(flow().swings.empty());
    mine();
    EXPECT_TRUE(alerts.all.empty());
}

TEST_F(FlowTest, a_contract_entered_again_and_drained_is_told) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("takeOut()"));
    t.call(vault, weapon, {}, Amount{10U});
    t.call(weapon, vault, calldata("takeOut()"));
    t.call(vault, weapon, {}, Amount{10U}).end();
    t.end().end().end().end();
    const TxnFlow found = flow();
    ASSERT_EQ(found.reentries.size(), 1U);
    EXPECT_EQ(found.reentries[0].contract, vault);
    mine();
    EXPECT_EQ(worst("D31"), Severity::kHigh);
}

TEST_F(FlowTest, a_contract_entered_again_that_loses_nothing_is_not_told) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("safeMint()"), Amount{10U});
    t.call(vault, weapon, calldata("onERC721Received(address,address,uint256,bytes)"));
    t.call(weapon, vault, calldata("tokenURI(uint256)")).end();
    t.end().end().end();
    mine();
    EXPECT_EQ(worst("D31"), Severity::kInfo);
}

TEST_F(FlowTest, allowances_of_strangers_that_a_third_contract_uses_are_told) {
    const auto rob = [&](int strangers) {
        TraceBuilder t = trace();
        t.call(thief, weapon, kGo);
        for (int i = 0; i < strangers; ++i) {
            t.call(weapon, named("bridge"), calldata("performAction(bytes)"));
            t.pull(named("bridge"), usd, named("stranger " + std::to_string(i)), weapon, 5).end();
        }
        t.end();
        mine();
    };
    knowledge.prices[Asset{}] = 2000;  // There are prices, and this token has none.
    rob(2);
    EXPECT_EQ(worst("D28"), Severity::kInfo);
    rob(3);
    EXPECT_EQ(worst("D28"), Severity::kHigh);
}

TEST_F(FlowTest, orders_of_strangers_that_are_paid_for_are_trade) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    for (int i = 0; i < 5; ++i) {
        const Address maker = named("maker " + std::to_string(i));
        t.call(weapon, named("exchange"), calldata("fillOrder(bytes)"));
        t.pull(named("exchange"), coin, maker, weapon, 5);
        t.pull(named("exchange"), usd, weapon, maker, 10).end();
    }
    t.end();
    mine();
    EXPECT_TRUE(alerts.all.empty());
}

TEST_F(FlowTest, what_failed_moved_nothing) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("withdraw(uint256)", Amount{5U}));
    stream.activity().calls.back().failed = true;
    t.send(vault, usd, weapon, 5).end().end();
    EXPECT_FALSE(flow().gained());
}

TEST_F(FlowTest, wrapping_moves_nothing) {
    const Address weth = named("weth");
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo, Amount{10U});
    t.call(weapon, weth, calldata("deposit()"), Amount{10U}).end();
    t.send(weapon, weth, pool, 10);
    t.call(weapon, pool, calldata("swap(uint256,uint256,address,bytes)"));
    t.send(pool, coin, weapon, 3).end();
    t.end();
    const TxnFlow found = flow();
    ASSERT_EQ(found.dealings.size(), 1U);
    EXPECT_EQ(found.dealings[0].with, pool);
    EXPECT_EQ(found.dealings[0].nets.find(Asset{})->in, Amount{10U});
}

TEST_F(FlowTest, a_share_that_is_burned_pays_for_what_is_taken) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("cashOut(uint256)", Amount{5U}));
    t.send(vault, usd, weapon, 5).end().end();
    const Hash256 transfer = topic_named("Transfer(address,address,uint256)");
    const Address zero{AddressKind::kEvm, Bytes(20)};
    log(vault, {transfer, as_topic(weapon), as_topic(zero)}, word(Amount{5U}));
    log(usd, {transfer, as_topic(vault), as_topic(weapon)}, word(Amount{5U}));
    const TxnFlow found = flow();
    ASSERT_EQ(found.dealings.size(), 1U);
    EXPECT_TRUE(found.dealings[0].shares_given);
    EXPECT_FALSE(found.has_unpaid(true));
}

TEST_F(FlowTest, what_a_public_contract_pays_its_caller_is_its_business) {
    TraceBuilder t = trace();
    t.call(user, pool, calldata("getSomething(uint256)"));
    t.call(pool, vault, calldata("payOut(address,uint256)"));
    t.send(vault, usd, user, 5).end().end();
    mine();
    EXPECT_TRUE(alerts.all.empty());
}

TEST_F(FlowTest, something_taken_by_ones_own_contract_for_nothing_is_told) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("payOut(address,uint256)"));
    t.send(vault, usd, weapon, 5).end().end();
    mine();
    EXPECT_EQ(worst("D28"), Severity::kHigh);
}

TEST_F(FlowTest, calldata_that_no_log_confirms_moved_nothing) {
    TraceBuilder t = trace();
    t.call(thief, weapon, kGo);
    t.call(weapon, vault, calldata("cashOut(uint256)", Amount{5U}));
    t.send(vault, usd, weapon, 5).end().end();
    stream.block_activity().has_logs = true;
    EXPECT_TRUE(flow().dealings.empty());
}

TEST_F(FlowTest, hostile_trees_are_read_to_their_end) {
    // Parents that lie ahead, depths that jump, amounts that overflow, words that end early.
    TraceBuilder t = trace();
    t.call(thief, weapon, Bytes(3, 0xff));
    for (int i = 0; i < 200; ++i) {
        t.call(weapon, vault, Bytes(static_cast<std::size_t>(i % 70), 0xff), Amount::max());
        t.call(vault, weapon,
               calldata("transferFrom(address,address,uint256)", weapon, vault, Amount::max()));
    }
    stream.activity().calls[7].parent = 5'000;
    stream.activity().calls[9].depth = 77;
    stream.activity().calls[11].to = Address{};
    EXPECT_FALSE(flow().own.empty());
    mine();
}

}  // namespace
}  // namespace cordon::detect
