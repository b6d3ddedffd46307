// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "test_store.hpp"

namespace cordon::records {
namespace {

Fact fact(uint8_t txn, uint32_t index, std::string key, FactKind kind = FactKind::kBridgeDeposit) {
    Fact fact;
    fact.chain = kEthereum;
    fact.txn.bytes[0] = txn;
    fact.index = index;
    fact.kind = kind;
    fact.key = std::move(key);
    fact.contract = evm(1);
    fact.amount = Amount::max();
    return fact;
}

TEST(Facts, are_found_by_txn_by_key_and_by_kind) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Fact whole = fact(1, 7, "celer:0x01");
    whole.sender = evm(2);
    whole.receiver = evm(3);
    whole.asset = Asset::contract(evm(4));
    whole.fee = Amount{5U};
    whole.far_chain = ChainId{ChainFamily::kEvm, 137};
    whole.far_asset = Asset{};
    const std::vector facts{whole, fact(1, 0, ""), fact(2, 0, "celer:0x01"),
                            fact(2, 1, "x", FactKind::kMixerDeposit)};
    ASSERT_TRUE(store->put_facts(facts));
    EXPECT_EQ(store->facts(kEthereum, whole.txn).value(), (std::vector{facts[1], whole}));
    EXPECT_EQ(store->facts(FactKind::kBridgeDeposit, "celer:0x01").value(),
              (std::vector{whole, facts[2]}));
    EXPECT_EQ(store->facts(kEthereum, FactKind::kMixerDeposit).value(), (std::vector{facts[3]}));
    EXPECT_TRUE(store->facts(kTronMainnet, whole.txn)->empty());
    EXPECT_TRUE(store->facts(FactKind::kBridgeWithdrawal, "celer:0x01")->empty());
    EXPECT_TRUE(store->verify());
}

TEST(Facts, are_stored_once_and_the_later_wins) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    ASSERT_TRUE(store->put_facts(std::vector{fact(1, 0, "a")}));
    ASSERT_TRUE(store->put_facts(std::vector{fact(1, 0, "b"), fact(1, 0, "c")}));
    ASSERT_TRUE(store->put_facts({}));
    EXPECT_EQ(store->facts(kEthereum, fact(1, 0, "").txn).value(), (std::vector{fact(1, 0, "c")}));
}

TEST(Facts, of_no_kind_or_address_are_refused_whole) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Fact bad = fact(1, 1, "a");
    bad.kind = static_cast<FactKind>(kFactKinds);
    const Status refused = store->put_facts(std::vector{fact(1, 0, "a"), bad});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidParam);
    EXPECT_TRUE(store->facts(kEthereum, bad.txn)->empty());
}

TEST(Labelled, gives_each_address_of_a_category_once_in_order) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    ASSERT_TRUE(store->put_labels(std::vector{
        label(2, "b", "x", 0.5, Category::kMixer), label(1, "a", "x", 0.5, Category::kMixer),
        label(1, "a", "y", 0.9, Category::kMixer), label(3, "c", "x", 0.5, Category::kBridge)}));
    EXPECT_EQ(store->labelled(kEthereum, Category::kMixer).value(), (std::vector{evm(1), evm(2)}));
    EXPECT_TRUE(store->labelled(kEthereum, Category::kTheft)->empty());
}

}  // namespace
}  // namespace cordon::records
