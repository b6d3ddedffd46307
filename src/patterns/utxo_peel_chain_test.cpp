// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "utxo_peel_chain.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::patterns {
namespace {

using test::outpoint;
using test::UtxoChain;

Address key(unsigned n) { return test::address(n, AddressKind::kP2wpkh); }

/// Txns 2 … peels + 1 each pay 10,000 to a shop and keep the rest at a fresh address; every shop is
/// paid out by other software. Txn 2 spends output 0 of txn 1.
std::vector<Block> peeled(unsigned peels) {
    UtxoChain chain;
    uint64_t rest = 1'000'000;
    chain.txn(1, {}, {{key(1), rest}});
    OutPoint held = outpoint(1, 0);
    for (unsigned n = 0; n < peels; ++n) {
        rest -= 10'500;
        chain.txn(2 + n, {held}, {{key(500 + n), 10'000}, {key(2 + n), rest}});
        held = outpoint(2 + n, 1);
    }
    std::vector<Block> blocks = chain.blocks();
    for (Block& block : blocks) block.utxo_txns[0].locktime = 800'000;
    for (unsigned n = 0; n < peels; ++n) {
        UtxoChain shop;
        shop.txn(100 + n, {outpoint(2 + n, 0)}, {{key(700), 9'000}, {key(600 + n), 900}});
        Block block = shop.blocks()[0];
        block.header.number = blocks.size() + 1;
        blocks.push_back(std::move(block));
    }
    return blocks;
}

PeelChain follow(const std::vector<Block>& blocks, const OutPoint& from, PeelParams params = {},
                 const JoinTest& is_join = {}, const trace::Context* labels = nullptr) {
    return peel_chain(test::MemoryLedger{blocks}, kBitcoin, from, params, is_join, labels).value();
}

TEST(UtxoPeelChain, is_followed_by_the_wallet_that_spends_on) {
    const PeelChain found = follow(peeled(6), outpoint(1, 0));
    ASSERT_EQ(found.steps.size(), 6u);
    EXPECT_EQ(found.stop, PeelStop::kUnspent);
    EXPECT_EQ(found.end, outpoint(7, 1));
    EXPECT_EQ(found.steps[0].rest, 1u);
    EXPECT_EQ(found.steps[0].peels, (std::vector<uint32_t>{0}));
    EXPECT_EQ(found.steps[0].peeled, 10'000u);
    EXPECT_GE(found.steps[0].confidence, 0.9);
}

TEST(UtxoPeelChain, leads_backward_to_where_it_began) {
    PeelParams back;
    back.direction = trace::Direction::kBackward;
    const PeelChain found = follow(peeled(6), outpoint(6, 1), back);
    ASSERT_EQ(found.steps.size(), 5u);
    EXPECT_EQ(found.steps.front().txid, test::hash(6));
    EXPECT_EQ(found.steps.back().txid, test::hash(2));
    EXPECT_EQ(found.stop, PeelStop::kCoinbase);
    EXPECT_EQ(found.end, outpoint(1, 0));
    // What the chain paid is not its rest.
    const PeelChain paid = follow(peeled(6), outpoint(4, 0), back);
    EXPECT_TRUE(paid.steps.empty());
    EXPECT_EQ(paid.stop, PeelStop::kPaid);
}

TEST(UtxoPeelChain, ends_at_labels_joins_small_rests_and_the_hop_limit) {
    const std::vector<Block> blocks = peeled(6);
    test::FakeContext labels;
    labels.call(key(4), Category::kExchange, "Some Exchange");
    const PeelChain known = follow(blocks, outpoint(1, 0), {}, {}, &labels);
    EXPECT_EQ(known.stop, PeelStop::kLabel);
    EXPECT_EQ(known.steps.size(), 3u);
    ASSERT_TRUE(known.label.has_value());
    EXPECT_EQ(known.label->text, "Some Exchange");

    const JoinTest is_join = [](const UtxoTxn& txn) { return txn.txid == test::hash(4); };
    EXPECT_EQ(follow(blocks, outpoint(1, 0), {}, is_join).stop, PeelStop::kJoin);
    PeelParams floor;
    floor.min_value = 970'000;
    EXPECT_EQ(follow(blocks, outpoint(1, 0), floor).stop, PeelStop::kBelowValue);
    PeelParams hops;
    hops.max_hops = 2;
    EXPECT_EQ(follow(blocks, outpoint(1, 0), hops).steps.size(), 2u);
    EXPECT_EQ(follow(blocks, outpoint(1, 0), hops).stop, PeelStop::kHops);
}

TEST(UtxoPeelChain, does_not_guess_between_two_outputs_of_one_wallet) {
    // Both outputs go on in the same way: the receiver may use the same software.
    UtxoChain chain;
    chain.txn(1, {}, {{key(1), 1'000'000}})
        .txn(2, {outpoint(1, 0)}, {{key(2), 450'001}, {key(3), 549'001}})
        .txn(3, {outpoint(2, 0)}, {{key(4), 200'001}, {key(5), 249'001}})
        .txn(4, {outpoint(2, 1)}, {{key(6), 200'001}, {key(7), 249'001}});
    const PeelChain found = follow(chain.blocks(), outpoint(1, 0));
    EXPECT_TRUE(found.steps.empty());
    EXPECT_EQ(found.stop, PeelStop::kAmbiguous);
}

TEST(UtxoPeelChain, is_no_sweep_no_gathering_and_no_payout) {
    UtxoChain chain;
    chain.txn(1, {}, {{key(1), 1'000'000}, {key(2), 5}, {key(3), 9}, {key(4), 900}})
        .txn(2, {outpoint(1, 0)}, {{key(10), 999'000}})
        .txn(3, {outpoint(1, 1), outpoint(1, 2)}, {{key(11), 6}, {key(12), 7}})
        .txn(4, {outpoint(1, 3)}, {{key(13), 1}, {key(14), 2}, {key(15), 3}, {key(16), 4}});
    for (const uint32_t output : {0u, 1u, 3u}) {
        const PeelChain found = follow(chain.blocks(), outpoint(1, output));
        EXPECT_TRUE(found.steps.empty());
        EXPECT_EQ(found.stop, PeelStop::kShape) << output;
    }
}

TEST(UtxoPeelChain, the_tip_is_told_by_elimination_or_by_the_habit_of_the_chain) {
    // Of the last txn the shop has spent, the rest is unspent.
    EXPECT_EQ(follow(peeled(6), outpoint(1, 0)).steps.back().confidence, 0.75);
    // Nobody has spent anything of the last one: three txns before kept the largest output.
    std::vector<Block> blocks = peeled(6);
    blocks.pop_back();
    const PeelChain found = follow(blocks, outpoint(1, 0));
    ASSERT_EQ(found.steps.size(), 6u);
    EXPECT_EQ(found.steps.back().rest, 1u);
    EXPECT_EQ(found.steps.back().confidence, 0.5);
    // Without such a habit nothing is guessed.
    EXPECT_EQ(follow(blocks, outpoint(5, 1)).stop, PeelStop::kAmbiguous);
}

TEST(UtxoPeelChain, breaks_where_another_wallet_spends_the_rest) {
    std::vector<Block> blocks = peeled(3);
    // Round payments: the change is clear without the spender. Then the last rest is taken by
    // software that writes no locktime.
    UtxoChain thief;
    thief.txn(90, {outpoint(4, 1)}, {{key(90), 900'000}, {key(91), 60'000}});
    Block block = thief.blocks()[0];
    block.header.number = blocks.size() + 1;
    blocks.push_back(block);
    for (Block& each : blocks)
        if (each.utxo_txns[0].txid == test::hash(4))
            each.utxo_txns[0].outputs[0].address = test::address(1, AddressKind::kP2sh);
    const PeelChain found = follow(blocks, outpoint(1, 0));
    EXPECT_EQ(found.steps.size(), 3u);
    EXPECT_EQ(found.stop, PeelStop::kFingerprint);
    EXPECT_NE(found.reason.find("locktime a height, then none"), std::string::npos) << found.reason;
}

TEST(UtxoPeelChain, of_a_trace_is_told_once) {
    const test::MemoryLedger ledger{peeled(6)};
    const test::FakeContext nobody;
    const trace::Seed seed{kBitcoin, outpoint(1, 0), "seed"};
    const auto traced = trace::trace(ledger, nobody, {}, {&seed, 1}, {}).value();
    const auto chains = peel_chains_of(traced, ledger, {}, 3).value();
    ASSERT_EQ(chains.size(), 1u);
    EXPECT_EQ(chains[0].steps.size(), 6u);
    EXPECT_TRUE(peel_chains_of(traced, ledger, {}, 7).value().empty());
}

TEST(UtxoPeelChain, what_the_ledger_does_not_hold_is_an_error_or_an_end) {
    const test::MemoryLedger ledger{peeled(2)};
    EXPECT_EQ(peel_chain(ledger, kBitcoin, outpoint(99, 0), {}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(peel_chain(ledger, kBitcoin, outpoint(1, 5), {}).error().code, ErrorCode::kNotFound);
    UtxoChain extract;  // The funding txn is missing.
    extract.txn(3, {outpoint(77, 0)}, {{key(1), 5'000}, {key(2), 612}});
    PeelParams back;
    back.direction = trace::Direction::kBackward;
    const auto found =
        peel_chain(test::MemoryLedger{extract.blocks()}, kBitcoin, outpoint(3, 1), back);
    ASSERT_TRUE(found.has_value());
    EXPECT_NE(found->stop, PeelStop::kUnspent);
}

}  // namespace
}  // namespace cordon::patterns
