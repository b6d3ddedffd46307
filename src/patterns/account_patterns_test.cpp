// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "address_poisoning.hpp"
#include "builders.hpp"
#include "deposit_address.hpp"
#include "dusting.hpp"
#include "fake_context.hpp"
#include "find.hpp"
#include "look_alike.hpp"
#include "memory_ledger.hpp"

namespace cordon::patterns {
namespace {

using test::address;
using test::transfer;

const Asset kUsd = test::token("USD"), kFake = test::token("FAKE");
const Address kHot = address(1), kStation = address(2), kThief = address(3), kDeposit = address(4),
              kMule = address(5);

Address alike(std::string_view middle) {
    std::string text = "0x1111" + std::string(32 - middle.size(), '0') + std::string{middle};
    text += "2222";
    std::vector<uint8_t> payload;
    for (std::size_t i = 2; i < text.size(); i += 2)
        payload.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    return Address{AddressKind::kEvm, payload};
}

/// Customers whose addresses are fed by the gas station and swept to the hot wallet, which pays.
test::AccountChain exchange(unsigned customers) {
    test::AccountChain chain;
    for (unsigned i = 0; i < customers; ++i)
        chain.pay(address(100 + i), address(200 + i), 40, kUsd)
            .pay(kStation, address(200 + i), 1)
            .pay(address(200 + i), kHot, 40, kUsd);
    for (unsigned i = 0; i < 5; ++i) chain.pay(kHot, address(300 + i), 30, kUsd);
    return chain;
}
test::FakeContext labelled() {
    test::FakeContext context;
    context.call(kHot, Category::kExchange, "Binance 14");
    return context;
}
std::optional<Label> label_of(const test::AccountChain& chain, const Address& who,
                              const test::FakeContext& context) {
    const test::MemoryLedger ledger{chain.blocks()};
    return DepositAddress{}.inferred_label(kEthereum, who, ledger, context).value();
}

TEST(DepositAddress, is_swept_and_its_gas_is_paid_by_the_service) {
    auto chain = exchange(6);
    chain.pay(kThief, kDeposit, 900, kUsd)
        .pay(kStation, kDeposit, 1)
        .pay(kDeposit, kHot, 900, kUsd);
    const auto label = label_of(chain, kDeposit, labelled());
    ASSERT_TRUE(label);
    EXPECT_EQ(label->category, Category::kDeposit);
    EXPECT_EQ(label->text, "Deposit address of Binance 14");
    EXPECT_EQ(label->source.substr(0, 9), "inferred:");
    EXPECT_GT(label->confidence, 0.7);
    EXPECT_LT(label->confidence, 1.0);
}
TEST(DepositAddress, is_not_a_mule_that_pays_an_exchange_once) {
    auto chain = exchange(6);
    chain.pay(kThief, kMule, 900, kUsd).pay(kMule, kHot, 900, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
    // Nor when the thief pays its gas himself.
    chain.pay(kThief, kMule, 1).pay(kThief, kMule, 900, kUsd).pay(kMule, kHot, 900, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
}
TEST(DepositAddress, is_not_one_of_several_mules_with_a_gas_wallet_of_their_own) {
    auto chain = exchange(16);
    for (unsigned i = 0; i < 4; ++i)
        for (unsigned round = 0; round < 4; ++round)
            chain.pay(address(400), address(500 + i), 1)
                .pay(kThief, address(500 + i), 90, kUsd)
                .pay(address(500 + i), kHot, 90, kUsd);
    for (unsigned i = 0; i < 4; ++i) EXPECT_FALSE(label_of(chain, address(500 + i), labelled()));
}
TEST(DepositAddress, is_not_a_mule_whose_gas_was_withdrawn_from_the_same_exchange) {
    auto chain = exchange(6);
    chain.pay(kHot, kMule, 1).pay(kThief, kMule, 900, kUsd).pay(kMule, kHot, 900, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
}
TEST(DepositAddress, does_not_take_dust_for_customers) {
    auto chain = exchange(6);
    for (unsigned i = 0; i < 4; ++i)
        chain.pay(address(500 + i), kMule, 1, kUsd)
            .pay(kThief, kMule, 900, kUsd)
            .pay(kMule, kHot, 901, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
    for (unsigned i = 0; i < 4; ++i)
        chain.pay(address(500 + i), kMule, 90, kUsd).pay(kMule, kHot, 90, kUsd);
    EXPECT_TRUE(label_of(chain, kMule, labelled()));
}
TEST(DepositAddress, is_not_the_collector_of_one_owners_addresses) {
    auto chain = exchange(6);
    for (unsigned i = 0; i < 5; ++i)
        chain.pay(kThief, address(500 + i), 90, kUsd)
            .pay(address(500 + i), kMule, 90, kUsd)
            .pay(kMule, kHot, 90, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
}
TEST(DepositAddress, needs_a_service_that_gathers_and_pays) {
    // A customer's address that a list calls by the name of the exchange: it pays nobody.
    test::AccountChain chain;
    for (unsigned i = 0; i < 5; ++i)
        chain.pay(address(100 + i), kMule, 90, kUsd).pay(kMule, kHot, 90, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, labelled()));
}
TEST(DepositAddress, is_not_a_customer_of_two_services_nor_one_who_keeps_half) {
    auto context = labelled();
    context.call(address(7), Category::kExchange, "Kraken 4");
    auto chain = exchange(6);
    chain.pay(kThief, kMule, 900, kUsd).pay(kStation, kMule, 1).pay(kMule, kHot, 450, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, context));
    chain.pay(kMule, address(7), 450, kUsd);
    EXPECT_FALSE(label_of(chain, kMule, context));
}
TEST(DepositAddress, of_nobody_is_none) {
    EXPECT_FALSE(label_of(exchange(1), address(9999), labelled()));
    EXPECT_FALSE(label_of(exchange(6), kHot, labelled()));
    test::FakeContext unlabelled;
    EXPECT_FALSE(label_of(exchange(6), address(200), unlabelled));
}

TEST(LookAlike, groups_say_who_is_imitated) {
    const std::vector<Use> uses{
        {alike("a"), 0, 3, 5}, {alike("b"), 9, 0, 2}, {alike("c"), 0, 1, 4}, {address(9), 5, 0, 1}};
    const auto groups = look_alike_groups(kEthereum, uses);
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].members.size(), 3U);
    EXPECT_EQ(groups[0].members[0].address, alike("b"));
    EXPECT_TRUE(groups[0].imitated);
    // Vanity addresses of one owner are all used.
    const std::vector<Use> vanity{{alike("a"), 8, 0, 5}, {alike("b"), 9, 0, 2}};
    EXPECT_FALSE(look_alike_groups(kEthereum, vanity).at(0).imitated);
    EXPECT_TRUE(look_alike_groups(kEthereum, {}).empty());
}

TEST(AddressPoisoning, is_nothing_a_counterfeit_or_dust_from_a_look_alike) {
    test::FakeContext context;
    context.list(kFake, "USD", AssetStatus::kCounterfeit);
    AddressPoisoning::Watch watch{{}, kEthereum, kThief, context};
    EXPECT_FALSE(watch.see(transfer().from(kThief).to(alike("b")).asset(kUsd).amount(0U)));
    EXPECT_FALSE(watch.see(transfer().from(kThief).to(alike("a")).asset(kUsd).amount(1000U)));
    const auto zero = watch.see(transfer().from(kThief).to(alike("b")).asset(kUsd).amount(0U));
    ASSERT_TRUE(zero);
    EXPECT_EQ(zero->how, Poisoning::How::kZero);
    EXPECT_EQ(zero->look_alike, alike("b"));
    EXPECT_EQ(zero->imitated, alike("a"));
    EXPECT_EQ(watch.see(transfer().from(kThief).to(alike("c")).asset(kFake).amount(1000U))->how,
              Poisoning::How::kCounterfeit);
    EXPECT_EQ(watch.see(transfer().from(alike("d")).to(kThief).asset(kUsd).amount(10U))->how,
              Poisoning::How::kDust);
    // Not: the true one, an own payment however small, more than dust, a fee, strangers.
    EXPECT_FALSE(watch.see(transfer().from(alike("a")).to(kThief).asset(kUsd).amount(1U)));
    EXPECT_FALSE(watch.see(transfer().from(kThief).to(alike("e")).asset(kUsd).amount(1U)));
    EXPECT_FALSE(watch.see(transfer().from(alike("f")).to(kThief).asset(kUsd).amount(11U)));
    EXPECT_FALSE(
        watch.see(transfer().from(kThief).to(alike("1")).amount(0U).kind(TransferKind::kFee)));
    EXPECT_FALSE(watch.see(transfer().from(kThief).to(address(77)).asset(kUsd).amount(0U)));
    EXPECT_FALSE(watch.see(transfer().from(kThief).to(kThief).asset(kUsd).amount(0U)));
    EXPECT_FALSE(watch.see(transfer().from(address(8)).to(address(9)).amount(0U)));
}

TEST(Dusting, needs_many_and_nothing_but_dust) {
    test::FakeContext context;
    context.list(kUsd, "USD", AssetStatus::kVerified, 6);
    std::vector<ledger::PlacedTransfer> rows;
    const auto add = [&](const Address& from, const Address& to, uint64_t amount) {
        rows.push_back(
            {{rows.size(), 0}, {}, transfer().from(from).to(to).asset(kUsd).amount(amount)});
    };
    EXPECT_TRUE(dusting(kEthereum, kThief, rows, context).empty());
    add(address(9), kThief, 1'000'000);
    for (unsigned i = 0; i < 9; ++i) add(address(100 + i), kThief, 1);
    EXPECT_TRUE(dusting(kEthereum, kThief, rows, context).empty());
    add(address(109), kThief, 1);
    const auto found = dusting(kEthereum, kThief, rows, context);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].addresses.size(), 11U);
    EXPECT_EQ(found[0].amounts.at(0).second, Amount{10U});
    // A thousand units are a small part of the largest receipt, but no dust.
    for (unsigned i = 0; i < 12; ++i) add(address(200 + i), kThief, 1'000);
    EXPECT_EQ(dusting(kEthereum, kThief, rows, context).size(), 1U);
    EXPECT_EQ(dusting(kEthereum, kThief, rows, context)[0].addresses.size(), 11U);
    add(address(109), kThief, 500'000);
    EXPECT_TRUE(dusting(kEthereum, kThief, rows, context).empty());
}
TEST(Dusting, that_is_sent_goes_by_price_and_then_by_units) {
    test::FakeContext context;
    context.list(kUsd, "USD", AssetStatus::kVerified, 6);
    std::vector<ledger::PlacedTransfer> rows;
    for (unsigned i = 0; i < 12; ++i)
        rows.push_back(
            {{i, 0}, {}, transfer().from(kThief).to(address(100 + i)).asset(kUsd).amount(999U)});
    EXPECT_EQ(dusting(kEthereum, kThief, rows, context).size(), 1U);
    for (auto& row : rows) row.transfer.amount = Amount{1'000U};
    EXPECT_TRUE(dusting(kEthereum, kThief, rows, context).empty());
    context.price(kUsd, 1.0);
    EXPECT_EQ(dusting(kEthereum, kThief, rows, context).size(), 1U);
}

TEST(Patterns, of_an_address_are_the_same_every_time_and_none_for_utxo_chains) {
    auto chain = exchange(6);
    chain.pay(kThief, kDeposit, 900, kUsd)
        .pay(kStation, kDeposit, 1)
        .pay(kDeposit, kHot, 900, kUsd);
    const test::MemoryLedger ledger{chain.blocks()};
    const auto context = labelled();
    const auto found = patterns_of(kEthereum, kDeposit, ledger, context).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].pattern, "deposit-address");
    EXPECT_EQ(found[0].addresses.at(1), kHot);
    EXPECT_TRUE(patterns_of(kBitcoin, kDeposit, ledger, context).value().empty());
    EXPECT_TRUE(patterns_of(kEthereum, address(9999), ledger, context).value().empty());
}

}  // namespace
}  // namespace cordon::patterns
