// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "exposure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::screen {
namespace {

using test::AccountChain;
using test::address;
using test::MemoryLedger;
using test::transfer;
using test::UtxoChain;

const Address kSubject = address(1), kBad = address(2), kThief = address(3), kShop = address(4),
              kMule = address(5), kOther = address(6);

Label label(const Address& who, Category category) {
    return {.chain = std::nullopt,
            .address = who,
            .text = std::string{to_string(category)} + " one",
            .category = category,
            .source = "test",
            .confidence = 1};
}

struct Story {
    MemoryLedger ledger;
    test::FakeContext base;
    std::shared_ptr<const Lists> lists;
    Settings settings;
    std::vector<const trace::LinkSource*> links;

    template <typename Chain>
    Story(const Chain& chain, std::vector<Label> labels)
        : ledger{chain.blocks()}, lists{Lists::make({}, std::move(labels))} {}

    std::vector<Exposure> of(const Address& who, ChainId chain = kEthereum) const {
        const ListedContext context{base, *lists, settings};
        const auto found = find_exposures(ledger, context, links, chain, who, settings);
        EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().message);
        return found ? found->rows : std::vector<Exposure>{};
    }
};

const Exposure* find(const std::vector<Exposure>& all, Category category, bool incoming,
                     bool direct) {
    for (const Exposure& each : all)
        if (each.category == category && each.incoming == incoming && each.direct == direct)
            return &each;
    return nullptr;
}

/// Every step is a movement of the ledger, each goes on where the one before ended, time never
/// falls, and the right end is the subject.
void expect_proof(const MemoryLedger& ledger, const Exposure& exposure, const Address& subject) {
    ASSERT_FALSE(exposure.path.empty());
    EXPECT_EQ(exposure.direct, exposure.path.size() == 1);
    EXPECT_EQ(exposure.incoming ? exposure.path.back().to : exposure.path.front().from, subject);
    EXPECT_EQ(exposure.incoming ? exposure.path.front().from : exposure.path.back().to,
              exposure.counterparty);
    for (std::size_t i = 0; i < exposure.path.size(); ++i) {
        const ExposureStep& step = exposure.path[i];
        if (i > 0) {
            EXPECT_EQ(step.from, exposure.path[i - 1].to);
            EXPECT_GE(step.time, exposure.path[i - 1].time);
        }
        const auto at = ledger.find_txn(step.chain, step.txn);
        ASSERT_TRUE(at && *at);
        bool found = false;
        if (is_utxo(step.chain)) {
            const auto placed = ledger.utxo_txn(step.chain, **at);
            ASSERT_TRUE(placed);
            const bool pays = std::any_of(placed->txn.outputs.begin(), placed->txn.outputs.end(),
                                          [&](const TxOut& out) { return out.address == step.to; });
            const bool spends = std::any_of(
                placed->txn.inputs.begin(), placed->txn.inputs.end(),
                [&](const TxIn& in) { return in.spent && in.spent->address == step.from; });
            found = pays && spends;
        } else {
            const auto placed = ledger.account_txn(step.chain, **at);
            ASSERT_TRUE(placed);
            for (const Transfer& row : placed->txn.transfers)
                found = found || (row.from == step.from && row.to == step.to &&
                                  row.asset == step.asset && row.amount == step.amount);
        }
        EXPECT_TRUE(found) << "step " << i << " is not in the ledger";
    }
}

TEST(Exposure, of_a_payment_from_the_sanctioned_is_direct) {
    AccountChain chain;
    chain.pay(kBad, kSubject, 30).pay(kOther, kSubject, 70);
    const Story story{chain, {label(kBad, Category::kSanctioned)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(all[0].direct);
    EXPECT_TRUE(all[0].incoming);
    EXPECT_DOUBLE_EQ(all[0].share, 0.3);
    EXPECT_EQ(all[0].amount, Amount{30U});
    EXPECT_EQ(all[0].counterparty, kBad);
    expect_proof(story.ledger, all[0], kSubject);
}

TEST(Exposure, behind_somebody_is_indirect_and_in_proportion) {
    // The mule has 100 of the thief and 50 of others, and pays the subject 60: 40 are loot.
    AccountChain chain;
    chain.pay(kOther, kMule, 50).pay(kThief, kMule, 100).pay(kMule, kSubject, 60);
    const Story story{chain, {label(kThief, Category::kTheft)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_FALSE(all[0].direct);
    EXPECT_EQ(all[0].amount, Amount{40U});
    EXPECT_NEAR(all[0].share, 2.0 / 3, 1e-12);
    EXPECT_EQ(all[0].path.size(), 2u);
    expect_proof(story.ledger, all[0], kSubject);
}

TEST(Exposure, of_money_sent_on_is_outgoing) {
    AccountChain chain;
    chain.pay(kOther, kSubject, 100).pay(kSubject, kMule, 100).pay(kMule, kBad, 25);
    const Story story{chain, {label(kBad, Category::kMixer)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_FALSE(all[0].incoming);
    EXPECT_EQ(all[0].amount, Amount{25U});
    expect_proof(story.ledger, all[0], kSubject);
}

TEST(Exposure, ends_at_a_service) {
    // What the exchange pays out is its own, whoever paid in.
    AccountChain chain;
    chain.pay(kThief, kShop, 100).pay(kShop, kSubject, 10);
    const Story story{chain, {label(kThief, Category::kTheft), label(kShop, Category::kExchange)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].category, Category::kExchange);
}

TEST(Exposure, takes_a_sanctioned_exchange_for_sanctioned) {
    AccountChain chain;
    chain.pay(kShop, kSubject, 10);
    const Story story{chain,
                      {label(kShop, Category::kExchange), label(kShop, Category::kSanctioned)}};
    EXPECT_NE(find(story.of(kSubject), Category::kSanctioned, true, true), nullptr);
}

TEST(Exposure, tells_direct_and_indirect_of_one_source_apart) {
    AccountChain chain;
    chain.pay(kThief, kSubject, 10).pay(kThief, kMule, 30).pay(kMule, kSubject, 30);
    const Story story{chain, {label(kThief, Category::kTheft)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 2u);
    const Exposure* near = find(all, Category::kTheft, true, true);
    const Exposure* far = find(all, Category::kTheft, true, false);
    ASSERT_TRUE(near && far);
    EXPECT_EQ(near->amount, Amount{10U});
    EXPECT_EQ(far->amount, Amount{30U});
    expect_proof(story.ledger, *near, kSubject);
    expect_proof(story.ledger, *far, kSubject);
}

TEST(Exposure, keeps_assets_apart) {
    const Asset token = test::token("USDX");
    AccountChain chain;
    chain.pay(kBad, kSubject, 10, token).pay(kOther, kSubject, 90, token);
    chain.pay(kOther, kSubject, 5);
    const auto all = Story{chain, {label(kBad, Category::kSanctioned)}}.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].asset, token);
    EXPECT_DOUBLE_EQ(all[0].share, 0.1);
}

TEST(Exposure, passes_through_a_router_inside_a_txn) {
    AccountChain chain;
    chain.txn({transfer().from(kMule).to(kSubject).amount(40U),
               transfer().from(kThief).to(kMule).amount(40U)});
    const Story story{chain, {label(kThief, Category::kTheft)}};
    const auto all = story.of(kSubject);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_DOUBLE_EQ(all[0].share, 1);
    expect_proof(story.ledger, all[0], kSubject);
}

TEST(Exposure, of_an_unknown_address_is_none) {
    AccountChain chain;
    chain.pay(kBad, kSubject, 1);
    const Story story{chain, {label(kBad, Category::kSanctioned)}};
    EXPECT_TRUE(story.of(address(99)).empty());
    EXPECT_TRUE(story.of(address(99, AddressKind::kP2pkh), kBitcoin).empty());
}

TEST(Exposure, says_when_a_bound_ended_the_search) {
    AccountChain chain;
    for (unsigned i = 0; i < 50; ++i) chain.pay(address(100 + i), kSubject, 1);
    Story story{chain, {label(kBad, Category::kSanctioned)}};
    story.settings.max_nodes = 10;
    const ListedContext context{story.base, *story.lists, story.settings};
    const auto found =
        find_exposures(story.ledger, context, story.links, kEthereum, kSubject, story.settings);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->incomplete);
}

TEST(Exposure, follows_outputs) {
    const auto btc = [](unsigned n) { return address(n, AddressKind::kP2wpkh); };
    UtxoChain chain;
    chain.txn(1, {}, {{btc(3), 100}}).txn(2, {}, {{btc(6), 50}});
    chain.txn(3, {test::outpoint(1, 0)}, {{btc(5), 100}});
    // Thief's hundred and another's fifty in one txn: two thirds of the subject's money.
    chain.txn(4, {test::outpoint(3, 0), test::outpoint(2, 0)}, {{btc(1), 90}, {btc(7), 60}});
    chain.txn(5, {test::outpoint(4, 0)}, {{btc(2), 90}});
    const Story story{chain,
                      {label(btc(3), Category::kTheft), label(btc(2), Category::kSanctioned)}};
    const auto all = story.of(btc(1), kBitcoin);
    ASSERT_EQ(all.size(), 2u);
    const Exposure* from = find(all, Category::kTheft, true, false);
    const Exposure* to = find(all, Category::kSanctioned, false, true);
    ASSERT_TRUE(from && to);
    EXPECT_EQ(from->amount, Amount{60U});
    EXPECT_DOUBLE_EQ(to->share, 1);
    expect_proof(story.ledger, *from, btc(1));
    expect_proof(story.ledger, *to, btc(1));
}

TEST(ServiceLabel, excuses_exchanges_but_no_mixers_deposits_or_weak_words) {
    const Settings settings;
    Label weak = label(kShop, Category::kExchange);
    weak.confidence = 0.4;
    EXPECT_TRUE(service_label({label(kShop, Category::kExchange)}, settings));
    EXPECT_FALSE(service_label({weak}, settings));
    EXPECT_FALSE(service_label({label(kShop, Category::kMixer)}, settings));
    EXPECT_FALSE(service_label({label(kShop, Category::kDeposit)}, settings));
    EXPECT_FALSE(service_label({label(kShop, Category::kTheft)}, settings));
}

/// Random payments among a few, some of them labelled, from outside money: shares conserve, every
/// path is in the ledger, and the answer is the same again.
AccountChain random_chain() {
    AccountChain chain;
    const auto who = rc::gen::inRange(1U, 9U);
    const unsigned payments = *rc::gen::inRange(1U, 40U);
    for (unsigned i = 0; i < payments; ++i) {
        std::vector<Transfer> rows;
        const unsigned width = *rc::gen::inRange(1U, 4U);
        for (unsigned k = 0; k < width; ++k) {
            const unsigned from = *who, to = *who;
            const Asset asset = *rc::gen::arbitrary<bool>() ? Asset{} : test::token("T");
            rows.push_back(transfer()
                               .from(address(from))
                               .to(address(to))
                               .amount(*rc::gen::inRange<uint64_t>(0, 1000))
                               .asset(asset));
        }
        chain.txn(std::move(rows));
    }
    return chain;
}

TEST(Exposure, conserves_and_proves_whatever_happened) {
    EXPECT_TRUE(rc::check([] {
        Story story{random_chain(),
                    {label(address(7), Category::kSanctioned), label(address(8), Category::kTheft),
                     label(address(6), Category::kExchange)}};
        story.settings.min_share = 0;
        for (unsigned n = 1; n < 9; ++n) {
            const auto all = story.of(address(n));
            std::map<std::pair<bool, Asset>, double> sums;
            std::map<std::pair<bool, Asset>, Amount> amounts;
            for (const Exposure& each : all) {
                RC_ASSERT(each.share > 0 && each.share <= 1);
                RC_ASSERT(!each.amount.is_zero());
                sums[{each.incoming, each.asset}] += each.share;
                RC_ASSERT(!each.path.empty());
                expect_proof(story.ledger, each, address(n));
            }
            for (const auto& [key, sum] : sums) RC_ASSERT(sum <= 1 + 1e-9);
            RC_ASSERT(all == story.of(address(n)));
        }
        RC_ASSERT(!testing::Test::HasFailure());
    }));
}

}  // namespace
}  // namespace cordon::screen
