// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "memory_ledger.hpp"

namespace cordon::patterns {
namespace {

using test::outpoint;
using test::UtxoChain;

Address key(unsigned n) { return test::address(n, AddressKind::kP2wpkh); }
Address script(unsigned n) { return test::address(n, AddressKind::kP2sh); }

ChangeFacts facts_of(const UtxoChain& chain, uint64_t txn, bool is_join = false) {
    const test::MemoryLedger ledger{chain.blocks()};
    const TxnPosition at = **ledger.find_txn(kBitcoin, test::hash(txn));
    return change_facts(ledger, kBitcoin, *ledger.utxo_txn(kBitcoin, at), is_join).value();
}

Change change_in(const UtxoChain& chain, uint64_t txn) { return change_of(facts_of(chain, txn)); }

/// Txn 3 spends `inputs` satoshi each, of one wallet; address 50 was seen before.
UtxoChain paid_by(const std::vector<uint64_t>& inputs, std::vector<UtxoChain::Out> outputs) {
    UtxoChain chain;
    std::vector<UtxoChain::Out> made;
    std::vector<OutPoint> spent;
    for (uint32_t n = 0; n < inputs.size(); ++n) {
        made.push_back({key(n), inputs[n]});
        spent.push_back(outpoint(1, n));
    }
    chain.txn(1, {}, made).txn(2, {}, {{key(50), 7}});
    return chain.txn(3, spent, std::move(outputs));
}

TEST(ChangeSets, combine_as_sets) {
    EXPECT_EQ(both({0, 1, 2}, {1, 2, 3}), (Candidates{1, 2}));
    EXPECT_EQ(either({0, 2}, {1, 2}), (Candidates{0, 1, 2}));
    EXPECT_EQ(without({0, 1, 2}, {1}), (Candidates{0, 2}));
    EXPECT_EQ(only({4}), 4u);
    EXPECT_FALSE(only({}).has_value());
    EXPECT_FALSE(only({1, 2}).has_value());
}

TEST(ChangeHeuristics, have_names_that_are_read_back) {
    for (std::size_t n = 0; n < kHeuristicCount; ++n) {
        const auto each = static_cast<Heuristic>(n);
        EXPECT_EQ(parse_heuristic(to_string(each)).value(), each);
        if (n > 0) {
            EXPECT_LT(to_string(static_cast<Heuristic>(n - 1)), to_string(each));
        }
    }
    EXPECT_EQ(parse_heuristic("guess").error().code, ErrorCode::kInvalidParam);
}

TEST(ChangeHeuristics, each_leaves_what_it_cannot_rule_out) {
    // Pays 2,000,000 to a script that is fresh; keeps the rest, which is below both inputs.
    const ChangeFacts facts = facts_of(
        paid_by({1'500'000, 1'800'000}, {{script(60), 2'000'000}, {key(61), 1'299'123}}), 3);
    const auto left = [&](Heuristic each) { return candidates(each, facts); };
    EXPECT_EQ(left(Heuristic::kAddressType), (Candidates{1}));
    EXPECT_EQ(left(Heuristic::kOptimalChange), (Candidates{1}));
    EXPECT_EQ(left(Heuristic::kPowerOfTen), (Candidates{1}));
    EXPECT_EQ(left(Heuristic::kClientBehaviour), (Candidates{0, 1}));
    EXPECT_EQ(left(Heuristic::kLegacy), (Candidates{1}));
    EXPECT_EQ(left(Heuristic::kOneTimeChange), (Candidates{1}));
    EXPECT_EQ(left(Heuristic::kAddressReuse), (Candidates{}));
    EXPECT_EQ(left(Heuristic::kPeelingChain), (Candidates{}));
    EXPECT_EQ(left(Heuristic::kLocktime), (Candidates{0, 1}));  // Unspent: cannot be ruled out.
    EXPECT_EQ(left(Heuristic::kFixedFee), (Candidates{0, 1}));
    EXPECT_EQ(left(Heuristic::kSpent), (Candidates{}));
    EXPECT_EQ(left(Heuristic::kUnspent), (Candidates{0, 1}));
    EXPECT_EQ(left(Heuristic::kNone), (Candidates{}));
    EXPECT_EQ(candidates(Heuristic::kPowerOfTen, facts, {.digits = 0}), (Candidates{}));
    EXPECT_EQ(candidates(Heuristic::kPowerOfTen, facts, {.digits = 200}), (Candidates{0, 1}));
}

TEST(ChangeHeuristics, what_a_spender_does_tells_the_wallet) {
    UtxoChain chain = paid_by({900'000}, {{key(60), 300'000}, {key(61), 590'000}});
    chain.txn(4, {outpoint(3, 0)}, {{key(70), 299'000}});
    chain.txn(5, {outpoint(3, 1)}, {{key(71), 100'000}, {key(72), 480'000}});
    std::vector<Block> blocks = chain.blocks();
    blocks[3].utxo_txns[0].version = 2;  // Txn 4: other software.
    const test::MemoryLedger ledger{blocks};
    const TxnPosition at = **ledger.find_txn(kBitcoin, test::hash(3));
    const ChangeFacts facts =
        change_facts(ledger, kBitcoin, *ledger.utxo_txn(kBitcoin, at), false).value();
    EXPECT_EQ(candidates(Heuristic::kWalletFingerprint, facts), (Candidates{1}));
    EXPECT_EQ(candidates(Heuristic::kPeelingChain, facts), (Candidates{1}));
    EXPECT_EQ(candidates(Heuristic::kFixedFee, facts), (Candidates{1}));  // 10,000 again.
    EXPECT_EQ(candidates(Heuristic::kSpent, facts), (Candidates{0, 1}));
}

TEST(ChangeConsensus, needs_two_kinds_of_evidence_that_agree) {
    const Change change = change_in(
        paid_by({1'500'000, 1'800'000}, {{script(60), 2'000'000}, {key(61), 1'299'123}}), 3);
    EXPECT_EQ(change.output, 1u);
    EXPECT_GT(change.confidence, 0.9);
    EXPECT_EQ(change.votes.size(), 3u);

    // Only the script kind speaks: one vote.
    const Change one =
        change_in(paid_by({900'000}, {{script(60), 123'456}, {key(61), 700'001}}), 3);
    EXPECT_FALSE(one.output.has_value());
    EXPECT_EQ(one.unclear, "too-few-votes");
    EXPECT_EQ(one.confidence, 0);
}

TEST(ChangeConsensus, is_unclear_where_votes_contradict_each_other) {
    // The round output is of the payer's kind.
    const Change change =
        change_in(paid_by({900'000}, {{script(60), 123'456}, {key(61), 700'000}}), 3);
    EXPECT_FALSE(change.output.has_value());
    EXPECT_EQ(change.unclear, "contradiction");
}

TEST(ChangeConsensus, believes_keys_before_habits) {
    // Back to the signing address, although the fresh one looks like change by habit.
    const Change change = change_in(paid_by({900'000}, {{key(60), 123'456}, {key(0), 700'000}}), 3);
    EXPECT_EQ(change.output, 1u);
    EXPECT_GE(change.confidence, 0.98);
}

TEST(ChangeConsensus, joins_coinbases_sweeps_and_self_spends_have_no_change) {
    const UtxoChain chain =
        paid_by({1'500'000, 1'800'000}, {{script(60), 2'000'000}, {key(61), 1'299'123}});
    EXPECT_EQ(change_of(facts_of(chain, 3, true)).unclear, "coinjoin");
    EXPECT_EQ(change_in(chain, 1).unclear, "coinbase");
    EXPECT_EQ(change_in(paid_by({500}, {{key(60), 400}}), 3).unclear, "one-output");
    // A zero-value output and a data output are nobody's payment.
    const Address data = test::address(9, AddressKind::kOpReturn);
    EXPECT_EQ(change_in(paid_by({500}, {{key(60), 400}, {key(61), 0}, {data, 10}}), 3).unclear,
              "one-output");
    EXPECT_FALSE(change_in(paid_by({500}, {{key(0), 200}, {key(0), 250}}), 3).output.has_value());
}

TEST(ChangeConsensus, does_not_guess_in_payout_batches) {
    std::vector<UtxoChain::Out> outputs;
    for (unsigned n = 0; n < 30; ++n) outputs.push_back({script(100 + n), 10'000});
    outputs.push_back({key(61), 12'345});
    EXPECT_EQ(change_in(paid_by({900'000}, outputs), 3).unclear, "many-outputs");
    outputs.back() = {key(0), 12'345};  // But keys are keys.
    EXPECT_EQ(change_in(paid_by({900'000}, outputs), 3).output, 30u);
}

TEST(ChangeConsensus, says_nothing_by_inputs_that_it_does_not_know) {
    UtxoChain chain;
    chain.txn(3, {outpoint(900, 0), outpoint(901, 0)},
              {{script(60), 2'000'001}, {key(61), 1'299'123}});
    const ChangeFacts facts = facts_of(chain, 3);
    for (const Heuristic each :
         {Heuristic::kAddressType, Heuristic::kOptimalChange, Heuristic::kLegacy,
          Heuristic::kOneTimeChange, Heuristic::kAddressReuse, Heuristic::kFixedFee})
        EXPECT_TRUE(candidates(each, facts).empty()) << to_string(each);
    EXPECT_FALSE(change_of(facts).output.has_value());
}

TEST(ChangeFactsTest, a_fresh_address_is_new_in_this_txn) {
    const ChangeFacts facts =
        facts_of(paid_by({900'000}, {{key(50), 1}, {key(60), 2}, {key(60), 3}, {key(0), 4}}), 3);
    EXPECT_FALSE(facts.outputs[0].fresh);  // Paid in txn 2.
    EXPECT_TRUE(facts.outputs[1].fresh);
    EXPECT_TRUE(facts.outputs[2].fresh);  // The same one twice.
    EXPECT_FALSE(facts.outputs[3].fresh);
}

TEST(ChangeFactsTest, a_gathering_is_read_once_for_all_that_it_gathers) {
    UtxoChain chain;
    std::vector<OutPoint> gathered;
    for (uint32_t n = 0; n < 120; ++n) {
        chain.txn(n + 1, {}, {{key(2 * n), 10}, {key(2 * n + 1), 20}});
        gathered.push_back(outpoint(n + 1, 0));
    }
    chain.txn(500, gathered, {{key(900), 1'100}});
    const test::MemoryLedger ledger{chain.blocks()};
    LargeSpenders large;
    for (BlockNum block = 1; block <= 120; ++block) {
        const auto facts =
            change_facts(ledger, kBitcoin, *ledger.utxo_txn(kBitcoin, {block, 0}), false, &large);
        ASSERT_TRUE(facts->outputs[0].spender.has_value());
        EXPECT_EQ(facts->outputs[0].spender->inputs, 120u);
    }
    EXPECT_EQ(large.size(), 1u);
}

TEST(ChangeFactsTest, values_that_do_not_add_up_give_no_fee) {
    UtxoChain chain;
    chain.txn(3, {outpoint(900, 0), outpoint(900, 1)}, {{key(60), 5}, {key(61), 6}});
    std::vector<Block> blocks = chain.blocks();
    for (TxIn& in : blocks[0].utxo_txns[0].inputs) in.spent = TxOut{UINT64_MAX, key(1)};
    const test::MemoryLedger ledger{blocks};
    const auto facts = change_facts(ledger, kBitcoin, *ledger.utxo_txn(kBitcoin, {1, 0}), false);
    ASSERT_TRUE(facts.has_value());
    EXPECT_FALSE(facts->own.fee.has_value());
}

TEST(ChangeFactsTest, a_txn_of_a_hundred_thousand_inputs_takes_no_longer_than_it_must) {
    constexpr uint32_t kMany = 100'000;
    ChangeFacts facts;  // Made by hand: the ledger in memory looks things up one by one.
    facts.placed.txn.inputs.resize(kMany);
    for (uint32_t n = 0; n < kMany; ++n)
        facts.placed.txn.inputs[n] = {outpoint(1, n), TxOut{1'000 + n, key(n)}};
    for (uint32_t n = 0; n < kMany; ++n)
        facts.placed.txn.outputs.push_back({n % 7, key(n % 3 == 0 ? n : kMany + n)});
    facts.outputs.resize(kMany);
    for (std::size_t n = 0; n < kHeuristicCount; ++n) candidates(static_cast<Heuristic>(n), facts);
    EXPECT_FALSE(change_of(facts).output.has_value());
}

}  // namespace
}  // namespace cordon::patterns
