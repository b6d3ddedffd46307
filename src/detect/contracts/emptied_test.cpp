// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "emptied.hpp"

#include "trace_builder.hpp"

namespace cordon::detect {
namespace {

const Bytes kRescue = calldata("rescueStuck(address)");

class EmptiedTest : public ContractsTest {
protected:
    /// `from` asks what a holder has.
    static void ask(TraceBuilder& t, const Address& from, const Address& token,
                    const Address& holder, uint64_t answer) {
        t.call(from, token, calldata("balanceOf(address)", holder), {}, CallKind::kStaticCall)
            .end();
        t.answer(word(Amount{answer}));
    }
    std::vector<Emptied> emptied() {
        TxnView view;
        view.chain = kEthereum;
        view.activity = &stream.activity();
        view.has_calls = true;
        return emptied_in(view, 0.05);
    }
    void rescue(const Bytes& input, uint64_t held, uint64_t taken, const Address& to) {
        TraceBuilder t = trace();
        t.call(thief, vault, input);
        ask(t, vault, usd, vault, held);
        t.send(vault, usd, to, taken).end();
    }
};

TEST_F(EmptiedTest, a_contract_that_gives_all_to_its_caller) {
    rescue(kRescue, 1000, 990, thief);
    const std::vector<Emptied> found = emptied();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].who, vault);
    EXPECT_EQ(found[0].held, Amount{1000U});
    EXPECT_EQ(found[0].taken, Amount{990U});
    EXPECT_TRUE(found[0].called);
    mine();
    EXPECT_EQ(worst("D28"), Severity::kHigh);
}

TEST_F(EmptiedTest, a_part_somebody_else_and_ones_own_are_none) {
    rescue(kRescue, 1000, 900, thief);
    EXPECT_TRUE(emptied().empty());
    rescue(kRescue, 1000, 1000, other);
    EXPECT_TRUE(emptied().empty());
    rescue(calldata("withdrawAll()"), 1000, 1000, thief);
    EXPECT_TRUE(emptied().empty());
    rescue(kRescue, 0, 0, thief);
    EXPECT_TRUE(emptied().empty());
    mine();
    EXPECT_TRUE(alerts.of("D28").empty());
}

TEST_F(EmptiedTest, what_is_asked_afterwards_or_paid_for_is_none) {
    TraceBuilder late = trace();
    late.call(thief, vault, kRescue).send(vault, usd, thief, 1000);
    ask(late, vault, usd, vault, 1000);
    late.end();
    EXPECT_TRUE(emptied().empty());
    TraceBuilder paid = trace();
    paid.call(thief, vault, kRescue);
    ask(paid, vault, usd, vault, 1000);
    paid.pull(vault, coin, thief, vault, 5).send(vault, usd, thief, 1000).end();
    EXPECT_TRUE(emptied().empty());
}

TEST_F(EmptiedTest, strangers_whose_allowance_the_senders_contract_uses) {
    TraceBuilder t = trace();
    t.call(thief, weapon, calldata("go()"));
    for (const char* name : {"a", "b", "c"}) {
        ask(t, weapon, usd, named(name), 50);
        t.pull(weapon, usd, named(name), thief, 50);
    }
    t.end();
    EXPECT_EQ(emptied().size(), 3U);
    mine();
    EXPECT_EQ(worst("D28"), Severity::kHigh);
}

TEST_F(EmptiedTest, two_strangers_are_too_few_and_small_money_is_medium) {
    TraceBuilder t = trace();
    t.call(thief, weapon, calldata("go()"));
    for (const char* name : {"a", "b"}) {
        ask(t, weapon, usd, named(name), 50);
        t.pull(weapon, usd, named(name), thief, 50);
    }
    t.end();
    mine();
    EXPECT_TRUE(alerts.of("D28").empty());
    knowledge.assets[Asset::contract(usd)] = {kEthereum, Asset::contract(usd), "USD", 0,
                                              AssetStatus::kVerified};
    knowledge.prices[Asset::contract(usd)] = 1;
    rescue(kRescue, 1000, 1000, thief);
    mine();
    EXPECT_EQ(worst("D28"), Severity::kMedium);
}

TEST_F(EmptiedTest, hostile_traces_break_nothing) {
    trace().call(thief, vault, kRescue).end();
    EXPECT_TRUE(emptied().empty());
    rescue(kRescue, 1000, 1000, thief);
    stream.activity().calls[1].output.resize(5);  // Cut.
    EXPECT_TRUE(emptied().empty());
    rescue(kRescue, 1000, 1000, thief);
    stream.activity().calls[1].input.resize(4);
    EXPECT_TRUE(emptied().empty());
    rescue(kRescue, 1, 1, thief);
    stream.activity().calls[2].input = calldata("transfer(address,uint256)", thief, Amount::max());
    EXPECT_EQ(emptied().size(), 1U);  // It had no more than it said.
    stream.activity().calls[2].parent = 77;
    emptied();
}

}  // namespace
}  // namespace cordon::detect
