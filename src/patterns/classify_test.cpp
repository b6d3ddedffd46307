// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "classify.hpp"

#include <gtest/gtest.h>
#include <algorithm>

#include "builders.hpp"
#include "coinjoin.hpp"
#include "fake_context.hpp"
#include "join_filter.hpp"

namespace cordon::patterns {
namespace {

/// A txn from values: input n comes from address 1000 + n, output n goes to address n + 1.
class Txn {
public:
    Txn(std::initializer_list<uint64_t> inputs, std::initializer_list<uint64_t> outputs) {
        for (const uint64_t value : inputs) in(value);
        for (const uint64_t value : outputs) out(value);
    }
    Txn& in(uint64_t value, AddressKind kind = AddressKind::kP2wpkh) {
        const auto n = static_cast<unsigned>(txn_.inputs.size());
        txn_.inputs.push_back(
            {{test::hash(n + 1), n}, TxOut{value, test::address(1000 + n, kind)}});
        return *this;
    }
    Txn& out(uint64_t value, AddressKind kind = AddressKind::kP2wpkh) {
        const auto n = static_cast<unsigned>(txn_.outputs.size());
        txn_.outputs.push_back({value, test::address(n + 1, kind)});
        return *this;
    }
    Txn& kinds(AddressKind kind) {
        for (unsigned n = 0; n < txn_.inputs.size(); ++n)
            txn_.inputs[n].spent->address = test::address(1000 + n, kind);
        for (unsigned n = 0; n < txn_.outputs.size(); ++n)
            txn_.outputs[n].address = test::address(n + 1, kind);
        return *this;
    }
    Txn& forget(std::size_t input) {
        txn_.inputs[input].spent.reset();
        return *this;
    }
    Txn& forget_all() {
        for (TxIn& input : txn_.inputs) input.spent.reset();
        return *this;
    }
    UtxoTxn& get() { return txn_; }
    operator const UtxoTxn&() const { return txn_; }  // NOLINT(google-explicit-constructor)

private:
    UtxoTxn txn_;
};

TxnClass class_of(const UtxoTxn& txn, const JoinParams& params = {}) {
    return classify(txn, params).what;
}

Txn whirlpool_round() {
    return {{1'004'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000},
            {1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000}};
}
/// A taker with coins of 30,000 and four makers, the last of whom brings two coins.
Txn joinmarket_join() {
    return {{1'000'000, 2'000'000, 700'000, 900'000, 400'000, 3'000'000},
            {600'000, 600'000, 600'000, 600'000, 600'000, 400'100, 1'400'200, 100'050, 700'010,
             2'399'000}};
}
Txn wasabi1_round() {
    Txn txn{{}, {}};
    for (unsigned n = 0; n < 12; ++n) txn.in(n < 3 ? 30'000'000 : 10'040'000);
    for (unsigned n = 0; n < 12; ++n) txn.out(10'000'000);
    for (const uint64_t change : {19'900'000U, 19'950'000U, 19'980'000U, 400'000U}) txn.out(change);
    return txn;
}
Txn wasabi2_round() {
    return {{5'000'000, 2'000'000, 1'000'000, 500'000, 400'000, 300'000, 200'000, 100'000},
            {2'000'000, 2'000'000, 1'594'323, 1'000'000, 1'000'000, 500'000, 500'000, 262'144,
             262'144, 60'000}};
}

TEST(Classify, knows_a_whirlpool_round_whatever_its_outputs_are) {
    EXPECT_EQ(class_of(whirlpool_round()), TxnClass::kWhirlpool);
    Txn txn = whirlpool_round();
    txn.get().outputs[2].address = test::address(77, AddressKind::kP2wsh);
    txn.get().outputs[3].address = test::address(78, AddressKind::kP2tr);
    EXPECT_EQ(class_of(txn), TxnClass::kWhirlpool);
    EXPECT_GT(classify(txn).confidence, 0.9);
}
TEST(Classify, takes_an_unknown_pool_with_less_confidence) {
    const Txn txn{{7'004'000, 7'000'000, 7'000'000, 7'000'000, 7'000'000},
                  {7'000'000, 7'000'000, 7'000'000, 7'000'000, 7'000'000}};
    EXPECT_EQ(class_of(txn), TxnClass::kWhirlpool);
    EXPECT_LT(classify(txn).confidence, classify(whirlpool_round()).confidence);
}
TEST(Classify, is_no_whirlpool_round_when_nobody_enters_or_one_brings_too_much) {
    const Txn nobody{{1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000},
                     {1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000}};
    EXPECT_FALSE(is_join(class_of(nobody)));
    const Txn rich{{9'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000},
                   {1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000}};
    EXPECT_FALSE(is_join(class_of(rich)));
}
TEST(Classify, knows_a_tx0_by_premix_fee_and_data) {
    Txn txn{{10'000'000}, {50'000, 1'005'000, 1'005'000, 1'005'000, 6'900'000}};
    txn.out(0, AddressKind::kOpReturn);
    EXPECT_EQ(class_of(txn), TxnClass::kWhirlpoolTx0);
    Txn single{{2'000'000}, {50'000, 1'005'000, 940'000}};
    single.out(0, AddressKind::kOpReturn);
    EXPECT_EQ(class_of(single), TxnClass::kWhirlpoolTx0);
    EXPECT_LT(classify(single).confidence, classify(txn).confidence);
    EXPECT_NE(class_of(txn.kinds(AddressKind::kP2pkh)), TxnClass::kWhirlpoolTx0);
    const Txn without_data{{10'000'000}, {50'000, 1'005'000, 1'005'000, 1'005'000, 6'900'000}};
    EXPECT_NE(class_of(without_data), TxnClass::kWhirlpoolTx0);
}
TEST(Classify, knows_a_joinmarket_join_by_the_books_of_its_makers) {
    const Classification result = classify(joinmarket_join());
    EXPECT_EQ(result.what, TxnClass::kJoinmarket);
    EXPECT_GT(result.confidence, 0.9);
    EXPECT_FALSE(result.reasons.empty());
}
TEST(Classify, is_no_joinmarket_join_when_the_inputs_cannot_be_parted) {
    Txn txn = joinmarket_join();
    txn.get().outputs[5].value += 150'000;  // A maker who gains that much is none.
    txn.get().outputs[9].value -= 150'000;
    EXPECT_FALSE(is_join(class_of(txn)));
}
TEST(Classify, calls_legacy_scripts_joinmarket_only_when_asked) {
    Txn txn = joinmarket_join();
    txn.kinds(AddressKind::kP2pkh);
    const Classification result = classify(txn);
    EXPECT_FALSE(is_join(result.what));
    ASSERT_FALSE(result.reasons.empty());  // But it says that it saw it.
    JoinParams params;
    params.joinmarket_legacy = true;
    EXPECT_EQ(class_of(txn, params), TxnClass::kJoinmarket);
}
TEST(Classify, knows_a_wasabi1_round) {
    EXPECT_EQ(class_of(wasabi1_round()), TxnClass::kWasabi1);
    Txn other_scripts = wasabi1_round();
    other_scripts.kinds(AddressKind::kP2sh);
    EXPECT_FALSE(is_join(class_of(other_scripts)));
}
TEST(Classify, is_no_round_when_one_rich_coin_pays_for_all) {
    Txn txn{{500'000'000}, {}};
    for (unsigned n = 0; n < 12; ++n) txn.in(1'000);
    for (unsigned n = 0; n < 12; ++n) txn.out(10'000'000);
    txn.out(1'234'567);
    EXPECT_FALSE(is_join(class_of(txn)));
}
TEST(Classify, knows_a_wasabi2_round_by_sorted_standard_denominations) {
    EXPECT_EQ(class_of(wasabi2_round()), TxnClass::kWasabi2);
    Txn unsorted = wasabi2_round();
    std::swap(unsorted.get().outputs[0], unsorted.get().outputs[5]);
    EXPECT_FALSE(is_join(class_of(unsorted)));
}
TEST(Classify, is_no_round_of_strangers_when_one_address_pays) {
    Txn txn = wasabi2_round();
    for (TxIn& input : txn.get().inputs) input.spent->address = test::address(1000);
    EXPECT_FALSE(is_join(class_of(txn)));
}
TEST(Classify, names_a_stonewall_apart_from_joins) {
    const Txn txn{{50'000'000, 10'000'000, 70'000'000},
                  {40'000'000, 40'000'000, 19'999'500, 29'999'500}};
    EXPECT_EQ(class_of(txn), TxnClass::kStonewall);
    EXPECT_FALSE(is_join(TxnClass::kStonewall));
    const Txn one_pays_the_fee{{50'000'000, 10'000'000, 70'000'000},
                               {40'000'000, 40'000'000, 20'000'000, 29'990'000}};
    EXPECT_EQ(class_of(one_pays_the_fee), TxnClass::kOrdinary);
}
TEST(Classify, names_payouts_and_consolidations) {
    EXPECT_EQ(class_of(Txn{{1'000}, {100, 101, 102, 103, 104, 105}}), TxnClass::kPayout);
    EXPECT_EQ(class_of(Txn{{10, 11, 12, 13, 14}, {59}}), TxnClass::kConsolidation);
    EXPECT_EQ(class_of(Txn{{10, 11}, {12, 8}}), TxnClass::kOrdinary);
    UtxoTxn coinbase;
    coinbase.coinbase = true;
    for (unsigned n = 0; n < 50; ++n) coinbase.outputs.push_back({5, test::address(n)});
    EXPECT_EQ(class_of(coinbase), TxnClass::kPayout);
    EXPECT_EQ(class_of(UtxoTxn{}), TxnClass::kOrdinary);
}
TEST(Classify, is_less_sure_of_what_it_cannot_see_and_says_so) {
    for (Txn txn : {whirlpool_round(), wasabi1_round(), wasabi2_round(), joinmarket_join()}) {
        const Classification all = classify(txn);
        txn.forget(0);
        const Classification some = classify(txn);
        EXPECT_EQ(some.what, all.what);
        EXPECT_LT(some.confidence, all.confidence);
        EXPECT_NE(some.reasons.back().find("unknown"), std::string::npos);
        EXPECT_EQ(class_of(txn.forget_all()), all.what);
    }
}
TEST(Classify, does_not_depend_on_the_order_of_equal_things_and_is_bounded) {
    // 400 owners with the same coin: every parting fits, and none is searched for long.
    Txn txn{{}, {}};
    for (unsigned n = 0; n < 400; ++n) txn.in(1'000'000);
    for (unsigned n = 0; n < 200; ++n) txn.out(900'000);
    for (unsigned n = 0; n < 200; ++n) txn.out(100'000 + n);
    const Classification once = classify(txn), again = classify(txn);
    EXPECT_EQ(once.what, again.what);
    EXPECT_EQ(once.reasons, again.reasons);
    // 24 inputs that nearly fit everywhere: the search gives up.
    Txn hard{{}, {}};
    for (unsigned n = 0; n < 24; ++n) hard.in(300'000 + n * 7);
    for (unsigned n = 0; n < 8; ++n) hard.out(700'000);
    for (unsigned n = 0; n < 8; ++n) hard.out(111'111 + n * 1'000);
    EXPECT_EQ(class_of(hard), class_of(hard));
}
TEST(Classify, of_the_largest_numbers_is_still_an_answer) {
    const uint64_t most = UINT64_MAX;
    class_of(Txn{{most, most, most}, {most, most, most, 1, 2}});
    class_of(Txn{{most, most}, {most, most, most - 1, 5}});
    class_of(Txn{{most, most, most, most, most}, {most, most, most, most, most}});
    class_of(Txn{{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}});
}

TEST(JoinFilter, leaves_out_joins_and_keeps_ordinary_txns) {
    const auto is_join = [](const UtxoTxn& txn) {
        std::vector<uint32_t> senders, receivers;
        std::vector<uint64_t> values;
        for (uint32_t n = 0; n < txn.inputs.size(); ++n) senders.push_back(n);
        for (uint32_t n = 0; n < txn.outputs.size(); ++n) receivers.push_back(1000 + n);
        for (const TxOut& out : txn.outputs) values.push_back(out.value);
        return join_filter().is_join({{1, 0}, senders, receivers, values});
    };
    for (const Txn& txn : {whirlpool_round(), wasabi1_round(), wasabi2_round(), joinmarket_join()})
        EXPECT_TRUE(is_join(txn));
    EXPECT_FALSE(is_join(Txn{{10, 11, 12, 13, 14}, {59}}));
    EXPECT_FALSE(is_join(Txn{{1000, 1000, 1000, 1000}, {100, 101, 102, 103, 104, 105}}));
    EXPECT_NE(join_filter().identity(), ledger::no_join_filter().identity());
}

TEST(CoinJoin, tells_trace_of_joins_only) {
    const test::FakeContext context;
    const auto join_of = [&](const UtxoTxn& txn) {
        return CoinJoin{}.join_of(kBitcoin, {{1, 0}, std::nullopt, txn}, context);
    };
    const auto join = join_of(whirlpool_round());
    ASSERT_TRUE(join.has_value());
    EXPECT_EQ(join->kind, "whirlpool");
    EXPECT_FALSE(join->why.empty());
    EXPECT_FALSE(join_of(Txn{{1'000}, {100, 101, 102, 103, 104, 105}}).has_value());
}

}  // namespace
}  // namespace cordon::patterns
