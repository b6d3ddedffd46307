// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_rows.hpp"

#include <gtest/gtest.h>

#include <random>
#include <unordered_set>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

const Asset kToken = Asset::contract(test::address(9'000));

/// Takes the token for a counterfeit.
class NoWorth final : public LinkSource {
    bool is_worthless(ChainId, const Asset& asset, const Context&) const override {
        return asset == kToken;
    }
};

TEST(ChainRows, give_every_row_of_an_address_however_many_it_has) {
    std::mt19937 random{20240531};
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    // A few addresses deal with everybody, so that some have more rows than are kept.
    const auto someone = [&] { return test::address(1 + (below(3) == 0 ? below(3) : below(60))); };
    test::AccountChain chain;
    for (int i = 0; i < 400; ++i) {
        std::vector<Transfer> rows;
        for (unsigned n = 1 + below(3); n > 0; --n) {
            Transfer row = test::transfer().from(someone()).to(someone()).amount(1 + below(99));
            if (below(4) == 0) row.asset = kToken;
            rows.push_back(row);
        }
        chain.txn(std::move(rows));
    }
    const test::MemoryLedger ledger{chain.blocks()};
    const test::FakeContext context;
    const NoWorth no_worth;
    const LinkSource* source = &no_worth;
    const ChainRows rows{ledger, kEthereum, std::span{&source, 1}, context};
    std::size_t few = 0, many = 0;
    for (int i = 0; i < 2'000; ++i) {
        const Address address = someone();
        const uint32_t number = ledger.address_id(kEthereum, address).value().value();
        EXPECT_EQ(*rows.address(number).value(), address);
        std::vector<ledger::PlacedTransfer> wanted(1'000);
        wanted.resize(ledger.transfers_of(kEthereum, address, {})->next(wanted).value());
        rows.few(number) ? ++few : ++many;
        std::size_t at = 0;
        const Status read = rows.for_each(number, [&](const ChainRows::Row& row) {
            EXPECT_LT(at, wanted.size());
            EXPECT_EQ(rows.transfer(row).value(), wanted.at(at).transfer);
            EXPECT_EQ(rows.numbered().txn(row.txn).value().at, wanted.at(at).at);
            EXPECT_EQ(rows.is_worthless(row.asset), wanted.at(at).transfer.asset == kToken);
            ++at;
            return true;
        });
        ASSERT_TRUE(read);
        ASSERT_EQ(at, wanted.size()) << "address " << number;
    }
    EXPECT_GT(few, 100U);
    EXPECT_GT(many, 100U);
}

/// Counts what it is asked, and lists who may have a label.
class Listing final : public Context {
public:
    std::optional<Label> label(ChainId chain, const Address& address) const override {
        ++asked;
        if (!labelled.contains(address)) return {};
        return Label{chain, address, "an exchange", Category::kExchange, "test", 1.0};
    }
    std::optional<AssetInfo> asset(ChainId, const Asset&) const override { return {}; }
    std::optional<double> usd(ChainId, const Asset&, const Amount&,
                              std::optional<UnixMillis>) const override {
        return {};
    }
    const std::unordered_set<Address>* labelled_addresses(ChainId) const override {
        return &listed;
    }

    std::unordered_set<Address> labelled, listed;
    mutable std::size_t asked = 0;
};

TEST(ChainRows, ask_for_no_label_of_whom_the_list_does_not_have) {
    constexpr unsigned kAddresses = 2'000;
    test::AccountChain chain;
    for (unsigned i = 1; i < kAddresses; ++i) chain.pay(test::address(i), test::address(i + 1), 5);
    const test::MemoryLedger ledger{chain.blocks()};
    Listing context;
    for (unsigned i = 1; i <= kAddresses; i += 100) context.labelled.insert(test::address(i));
    context.listed = context.labelled;
    context.listed.insert(test::address(2));               // Labelled on another chain.
    context.listed.insert(test::address(kAddresses + 7));  // Not in the ledger.
    const ChainRows rows{ledger, kEthereum, {}, context};
    for (unsigned i = 1; i <= kAddresses; ++i) {
        const uint32_t number = ledger.address_id(kEthereum, test::address(i)).value().value();
        EXPECT_EQ(rows.is_labelled(number).value(), i % 100 == 1) << i;
        EXPECT_EQ(rows.is_labelled(number).value(), i % 100 == 1) << i;
    }
    EXPECT_LT(context.asked, kAddresses / 5);
}

TEST(ChainRows, stop_when_they_are_told) {
    test::AccountChain chain;
    for (unsigned i = 0; i < 500; ++i) chain.pay(test::address(1), test::address(2 + i % 7), 5);
    const test::MemoryLedger ledger{chain.blocks()};
    const test::FakeContext context;
    const ChainRows rows{ledger, kEthereum, {}, context};
    for (const Address& who : {test::address(1), test::address(2)}) {
        int seen = 0;
        ASSERT_TRUE(rows.for_each(ledger.address_id(kEthereum, who).value().value(),
                                  [&](const ChainRows::Row&) { return ++seen < 3; }));
        EXPECT_EQ(seen, 3);
    }
}

}  // namespace
}  // namespace cordon::trace
