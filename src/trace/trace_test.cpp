// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/base/hex.hpp>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

using test::AccountChain;
using test::address;
using test::MemoryLedger;
using test::transfer;

constexpr std::array kPolicies{Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut,
                               Policy::kPoison};

const Address kThief = address(1), kMule = address(2), kShop = address(3), kStranger = address(4),
              kRouter = address(5);

/// No limits, so that a test sees all that moves.
Params open_params(Policy policy = Policy::kLifo) {
    Params params;
    params.policy = policy;
    params.min_purity = 0;
    params.min_share = 0;
    params.stop = default_stop_categories();
    return params;
}

Seed from_address(const Address& who, std::optional<UnixMillis> since = {},
                  ChainId chain = kEthereum) {
    return {chain, Seed::FromAddress{who, since}, "seed"};
}

struct Story {
    MemoryLedger ledger;
    test::FakeContext context;
    std::vector<const LinkSource*> links;

    explicit Story(const AccountChain& chain) : ledger{chain.blocks()} {}
    explicit Story(const test::UtxoChain& chain) : ledger{chain.blocks()} {}

    TraceResult follow(const Seed& seed, const Params& params = open_params()) const {
        auto result = trace(ledger, context, links, std::span{&seed, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
    ErrorCode refusal(const Seed& seed, const Params& params = open_params()) const {
        const auto result = trace(ledger, context, links, std::span{&seed, 1}, params);
        EXPECT_FALSE(result.has_value());
        return result ? ErrorCode::kInvalidParam : result.error().code;
    }
};

Amount resting(const TraceResult& result, const Address& who, Stop stop) {
    Amount sum;
    for (const Endpoint& end : result.endpoints)
        if (end.address == who && end.stop == stop) sum += end.tainted;
    return sum;
}
Amount tainted_on(const TraceResult& result, const Address& from, const Address& to) {
    Amount sum;
    for (const Edge& edge : result.edges)
        if (edge.from == from && edge.to == to) sum += edge.tainted;
    return sum;
}
bool has_node(const TraceResult& result, const Address& who) {
    return std::any_of(result.nodes.begin(), result.nodes.end(),
                       [&](const Node& node) { return node.address == who; });
}

// --- Policies on balances

/// The mule holds 50 of its own, gets 100 stolen, and pays the shop 60.
AccountChain commingled() {
    AccountChain chain;
    chain.pay(kStranger, kMule, 50).pay(kThief, kMule, 100).pay(kMule, kShop, 60);
    return chain;
}

TEST(Trace, lifo_sends_the_loot_first) {
    EXPECT_EQ(tainted_on(Story{commingled()}.follow(from_address(kThief)), kMule, kShop),
              Amount{60U});
}
TEST(Trace, fifo_sends_the_clean_money_first) {
    EXPECT_EQ(
        tainted_on(Story{commingled()}.follow(from_address(kThief), open_params(Policy::kFifo)),
                   kMule, kShop),
        Amount{10U});
}
TEST(Trace, haircut_sends_the_common_share) {
    EXPECT_EQ(
        tainted_on(Story{commingled()}.follow(from_address(kThief), open_params(Policy::kHaircut)),
                   kMule, kShop),
        Amount{40U});
}
TEST(Trace, poison_taints_all_that_is_sent) {
    AccountChain chain = commingled();
    chain.pay(kMule, kStranger, 90);
    const auto result = Story{chain}.follow(from_address(kThief), open_params(Policy::kPoison));
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{60U});
    EXPECT_EQ(tainted_on(result, kMule, kStranger), Amount{90U});
}
TEST(Trace, tiho_gives_the_loot_to_the_largest_payment_of_a_txn) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 50).pay(kThief, kMule, 40);
    chain.txn({transfer().from(kMule).to(kShop).amount(20U),
               transfer().from(kMule).to(kRouter).amount(60U)});
    const auto result = Story{chain}.follow(from_address(kThief), open_params(Policy::kTiho));
    EXPECT_EQ(tainted_on(result, kMule, kRouter), Amount{40U});
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{0U});
}

// --- Seeds

TEST(Seeds, an_address_taints_all_it_sends_whatever_it_holds) {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kThief, kShop, 7);
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{107U});
    EXPECT_EQ(result.totals.at(0).resting, Amount{107U});
}
TEST(Seeds, an_address_taints_nothing_before_its_time) {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kThief, kShop, 7);
    const auto result = Story{chain}.follow(from_address(kThief, AccountChain::time_of(2)));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{7U});
    EXPECT_FALSE(has_node(result, kMule));
}
TEST(Seeds, money_between_two_seeds_counts_once) {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kMule, kShop, 100);
    const Story story{chain};
    const std::vector<Seed> seeds{from_address(kThief), from_address(kMule)};
    const auto result = trace(story.ledger, story.context, {}, seeds, open_params()).value();
    EXPECT_EQ(result.totals.at(0).seeded, Amount{100U});
    EXPECT_EQ(resting(result, kShop, Stop::kUnspent), Amount{100U});
}
TEST(Seeds, a_txn_taints_what_it_moved_and_not_what_passed_through_or_came_back) {
    AccountChain chain;
    chain.txn({transfer().from(kStranger).to(kRouter).amount(1000U),
               transfer().from(kShop).to(kRouter).amount(50U),
               transfer().from(kRouter).to(kStranger).amount(1000U),
               transfer().from(kRouter).to(kThief).amount(50U)});
    const auto result = Story{chain}.follow({kEthereum, Seed::FromTxn{test::hash(1)}, "txn"},
                                            open_params(Policy::kFifo));
    EXPECT_EQ(result.totals.at(0).seeded, Amount{50U});
    EXPECT_EQ(resting(result, kThief, Stop::kUnspent), Amount{50U});
}
TEST(Seeds, a_txn_shows_its_own_movements_and_its_payers_as_the_start) {
    AccountChain chain;
    chain.txn({transfer().from(kStranger).to(kRouter).amount(70U),
               transfer().from(kRouter).to(kThief).amount(70U),
               transfer().from(kShop).to(kThief).amount(5U),
               transfer().from(kThief).to(kShop).amount(2U)});
    chain.pay(kThief, kMule, 73);
    const auto result = Story{chain}.follow({kEthereum, Seed::FromTxn{test::hash(1)}, "txn"});
    EXPECT_EQ(result.totals.at(0).seeded, Amount{73U});
    EXPECT_EQ(tainted_on(result, kStranger, kRouter), Amount{70U});
    EXPECT_EQ(tainted_on(result, kRouter, kThief), Amount{70U});
    EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{73U});
    for (const Node& node : result.nodes)
        EXPECT_EQ(node.seed, node.address == kStranger || node.address == kShop);
}
TEST(Seeds, a_txn_and_an_address_in_it_count_the_same_money_once) {
    AccountChain chain;
    chain.txn({transfer().from(kStranger).to(kThief).amount(70U),
               transfer().from(kShop).to(kThief).amount(5U)});
    chain.pay(kThief, kMule, 75);
    const Story story{chain};
    for (const Address& who : {kStranger, kThief}) {
        const std::vector<Seed> seeds{{kEthereum, Seed::FromTxn{test::hash(1)}, "txn"},
                                      from_address(who)};
        const auto result = trace(story.ledger, story.context, {}, seeds, open_params()).value();
        EXPECT_EQ(result.totals.at(0).seeded, Amount{75U});
        EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{75U});
    }
}
TEST(Seeds, that_the_ledger_does_not_hold_are_refused) {
    AccountChain chain;
    chain.pay(kThief, kMule, 1);
    const Story story{chain};
    EXPECT_EQ(story.refusal(from_address(kShop)), ErrorCode::kNotFound);
    EXPECT_EQ(story.refusal({kEthereum, Seed::FromTxn{test::hash(99)}, "txn"}),
              ErrorCode::kNotFound);
    EXPECT_EQ(story.refusal(from_address(kThief, {}, kBitcoin)), ErrorCode::kNotFound);
    EXPECT_EQ(story.refusal({kEthereum, test::outpoint(1, 0), "out"}), ErrorCode::kInvalidParam);
}
TEST(Seeds, none_at_all_are_refused) {
    const Story story{commingled()};
    const auto result = trace(story.ledger, story.context, {}, {}, open_params());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidParam);
}
TEST(Params, out_of_range_are_refused) {
    const Story story{commingled()};
    const auto refused = [&](auto change) {
        Params params = open_params();
        change(params);
        return story.refusal(from_address(kThief), params);
    };
    EXPECT_EQ(refused([](Params& p) { p.max_hops = 0; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) { p.max_nodes = 0; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) { p.min_usd = -1; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) { p.min_purity = 1.5; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) { p.stranger_purity = 1.01; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) { p.min_share = std::numeric_limits<double>::quiet_NaN(); }),
              ErrorCode::kInvalidParam);
    EXPECT_EQ(refused([](Params& p) {
                  p.since = from_unix_seconds(2);
                  p.until = from_unix_seconds(1);
              }),
              ErrorCode::kInvalidParam);
}

// --- Overspending

/// The mule is seen to get 100 and sends 100, then 50 more.
AccountChain overspent() {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kMule, kShop, 100).pay(kMule, kShop, 50);
    return chain;
}
TEST(Overspend, is_clean_when_asked_so) {
    Params params = open_params();
    params.overspend = Overspend::kClean;
    const auto result = Story{overspent()}.follow(from_address(kThief), params);
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{100U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{50U});
}
TEST(Overspend, inherits_the_share_of_all_that_the_address_had) {
    const auto result = Story{overspent()}.follow(from_address(kThief));
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{150U});
    EXPECT_EQ(result.totals.at(0).inherited, Amount{50U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{50U});
}
TEST(Overspend, counts_means_from_before_the_loot_as_the_addresss_own) {
    AccountChain chain;
    chain.pay(kMule, kShop, 30)
        .pay(kThief, kMule, 100)
        .pay(kMule, kShop, 100)
        .pay(kMule, kShop, 50);
    const auto result = Story{chain}.follow(from_address(kThief));
    // Of 130 that it had, 100 was loot.
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{138U});
    EXPECT_EQ(result.totals.at(0).inherited, Amount{38U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{80U});
}

TEST(Overspend, is_clean_where_it_pays_strangers) {
    AccountChain chain;
    for (unsigned i = 0; i < 3; ++i) chain.pay(address(100 + i), kShop, 50);
    chain.pay(kThief, kMule, 100).pay(kMule, kRouter, 100).pay(kMule, kShop, 50);
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_FALSE(has_node(result, kShop));
    EXPECT_EQ(result.totals.at(0).inherited, Amount{0U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{50U});
}

// --- Strangers

/// The mule holds 50 of its own, gets 100 stolen and pays the shop `paid`; so do `customers`, each
/// `each`.
AccountChain shopping(unsigned customers, uint64_t each, uint64_t paid) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 50).pay(kThief, kMule, 100).pay(kMule, kShop, paid);
    for (unsigned i = 0; i < customers; ++i) chain.pay(address(100 + i), kShop, each);
    return chain;
}
Amount spent_on(const AccountChain& chain, const Params& params = open_params()) {
    return tainted_on(Story{chain}.follow(from_address(kThief), params), kMule, kShop);
}
TEST(Strangers, are_paid_with_the_payers_own_money_first) {
    for (const Policy policy : {Policy::kFifo, Policy::kLifo, Policy::kTiho}) {
        EXPECT_EQ(spent_on(shopping(3, 20, 40), open_params(policy)), Amount{0U});
        EXPECT_EQ(spent_on(shopping(3, 20, 120), open_params(policy)), Amount{70U});
    }
    EXPECT_EQ(spent_on(shopping(3, 20, 120), open_params(Policy::kHaircut)), Amount{80U});
}
TEST(Strangers, hold_back_no_more_loot_than_there_is_clean_money) {
    AccountChain chain = shopping(3, 20, 40);
    chain.pay(kMule, kRouter, 100);
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(tainted_on(result, kMule, kRouter), Amount{100U});
}
TEST(Strangers, are_followed_when_at_least_half_of_it_is_loot) {
    EXPECT_EQ(spent_on(shopping(3, 20, 100)), Amount{50U});
    EXPECT_EQ(spent_on(shopping(3, 20, 99)), Amount{0U});
    Params params = open_params();
    params.stranger_purity = 0.49;
    EXPECT_EQ(spent_on(shopping(3, 20, 99), params), Amount{49U});
}
TEST(Strangers, are_not_those_whom_few_pay_nor_whom_dust_was_sent) {
    EXPECT_EQ(spent_on(shopping(2, 20, 40)), Amount{40U});
    AccountChain dusted;
    dusted.pay(kStranger, kMule, 5'000).pay(kThief, kMule, 10'000).pay(kMule, kShop, 4'000);
    for (unsigned i = 0; i < 7; ++i) dusted.pay(address(100 + i), kShop, 39);
    EXPECT_EQ(spent_on(dusted), Amount{4'000U});
    Params params = open_params();
    params.stranger_senders = 0;
    EXPECT_EQ(spent_on(shopping(3, 20, 40), params), Amount{40U});
}
TEST(Strangers, are_not_services_nor_those_whom_the_walk_has_met) {
    AccountChain service = shopping(12, 20, 40);
    for (unsigned i = 0; i < 12; ++i) service.pay(kShop, address(200 + i), 15);
    EXPECT_EQ(spent_on(service), Amount{40U});
    Story labelled{shopping(3, 20, 40)};
    labelled.context.call(kShop, Category::kExchange);
    EXPECT_EQ(tainted_on(labelled.follow(from_address(kThief)), kMule, kShop), Amount{40U});
    AccountChain met;
    met.pay(kThief, kShop, 1);
    for (unsigned i = 0; i < 3; ++i) met.pay(address(100 + i), kShop, 20);
    met.pay(kStranger, kMule, 50).pay(kThief, kMule, 100).pay(kMule, kShop, 40);
    EXPECT_EQ(spent_on(met), Amount{40U});
}

// --- Inside one txn

TEST(Router, keeps_no_taint_in_whatever_order_its_rows_come) {
    for (const bool paid_first : {true, false}) {
        std::vector<Transfer> rows{transfer().from(kMule).to(kRouter).amount(60U),
                                   transfer().from(kRouter).to(kShop).amount(60U)};
        if (!paid_first) std::swap(rows[0], rows[1]);
        AccountChain chain;
        chain.pay(kStranger, kRouter, 500)
            .pay(kThief, kMule, 60)
            .txn(rows)
            .pay(kRouter, kStranger, 500);
        const auto result = Story{chain}.follow(from_address(kThief));
        EXPECT_EQ(resting(result, kShop, Stop::kUnspent), Amount{60U});
        EXPECT_FALSE(has_node(result, kStranger));
    }
}
TEST(Router, may_pay_in_a_ring_of_any_length) {
    std::vector<Transfer> rows{transfer().from(kMule).to(address(100)).amount(10U)};
    for (unsigned i = 100; i < 400; ++i)
        rows.push_back(transfer().from(address(i)).to(address(i + 1)).amount(10U));
    rows.push_back(transfer().from(address(400)).to(kMule).amount(10U));
    AccountChain chain;
    chain.pay(kThief, kMule, 10).txn(rows);
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{10U});
    EXPECT_EQ(result.endpoints.size(), 1U);
}
TEST(Trace, leaves_out_what_moves_no_money) {
    AccountChain chain;
    chain.pay(kThief, kMule, 10).pay(kMule, kShop, 0).pay(kMule, kMule, 10);
    chain.txn({transfer().from(kMule).to(kShop).amount(Amount::max()).asset(test::token("JUNK"))});
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(result.edges.size(), 1U);
    EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{10U});
}
TEST(Trace, survives_amounts_that_cannot_be_summed_and_says_so) {
    AccountChain chain;
    chain.pay(kThief, kMule, 10);
    for (int i = 0; i < 3; ++i)
        chain.txn(
            {transfer().from(kThief).to(kMule).amount(Amount::max()).asset(test::token("JUNK")),
             transfer().from(kThief).to(kMule).amount(1U)});
    for (const Policy policy : kPolicies) {
        const auto result = Story{chain}.follow(from_address(kThief), open_params(policy));
        EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{13U});
        EXPECT_EQ(result.warnings.size(), 1U);
    }
}
TEST(Trace, takes_amounts_below_2_to_192_and_warns_of_those_above) {
    const Amount limit = Amount::from_limbs({0, 0, 0, 1});
    const auto follow = [](const Amount& amount) {
        AccountChain chain;
        chain.txn({transfer().from(kThief).to(kMule).amount(amount)});
        chain.pay(kThief, kMule, 1);
        return Story{chain}.follow(from_address(kThief));
    };
    const auto below = follow(limit - Amount{1U});
    EXPECT_EQ(below.totals.at(0).seeded, limit);
    EXPECT_TRUE(below.warnings.empty());
    const auto above = follow(limit);
    EXPECT_EQ(above.totals.at(0).seeded, Amount{1U});
    EXPECT_EQ(above.warnings.size(), 1U);
}
TEST(Fees, come_from_clean_money_first_and_end_the_walk) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 3).pay(kThief, kMule, 100);
    chain.txn({transfer().from(kMule).to(kShop).amount(90U),
               transfer().from(kMule).to(kStranger).amount(5U).kind(TransferKind::kFee)});
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(resting(result, kMule, Stop::kFee), Amount{2U});
    EXPECT_EQ(resting(result, kMule, Stop::kUnspent), Amount{8U});
    EXPECT_EQ(result.totals.at(0).fees, Amount{2U});
}
TEST(Burning, ends_the_walk) {
    const Address zero{AddressKind::kEvm, std::vector<uint8_t>(20, 0)};
    AccountChain chain;
    chain.pay(kThief, kMule, 100)
        .txn({transfer().from(kMule).to(zero).amount(100U).kind(TransferKind::kBurn)});
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(resting(result, zero, Stop::kBurned), Amount{100U});
    EXPECT_EQ(result.totals.at(0).burned, Amount{100U});
}

// --- Stops and bounds

AccountChain line() {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kMule, kRouter, 100).pay(kRouter, kShop, 100);
    return chain;
}
TEST(Stop, at_a_labelled_service) {
    Story story{line()};
    story.context.call(kRouter, Category::kExchange);
    const auto result = story.follow(from_address(kThief));
    EXPECT_EQ(resting(result, kRouter, Stop::kLabel), Amount{100U});
    EXPECT_FALSE(has_node(result, kShop));
}
TEST(Stop, adds_up_what_a_service_got_of_each_of_many_assets) {
    constexpr unsigned kAssets = 20, kRounds = 3;
    const auto asset = [](unsigned i) { return test::token("T" + std::to_string(i)); };
    AccountChain chain;
    for (unsigned round = 0; round < kRounds; ++round)
        for (unsigned i = 0; i < kAssets; ++i)
            chain.txn({transfer().from(kThief).to(kShop).amount(100 + i).asset(asset(i))});
    Story story{chain};
    story.context.call(kShop, Category::kExchange);
    const auto result = story.follow(from_address(kThief));
    ASSERT_EQ(result.endpoints.size(), kAssets);  // One of each, the largest first.
    for (unsigned i = 0; i < kAssets; ++i) {
        const Endpoint& end = result.endpoints[kAssets - 1 - i];
        EXPECT_EQ(end.asset, asset(i));
        EXPECT_EQ(end.tainted, Amount{kRounds * (100 + i)});
        EXPECT_EQ(end.stop, Stop::kLabel);
    }
}
TEST(Stop, not_where_it_is_told_to_go_through) {
    Story story{line()};
    story.context.call(kRouter, Category::kExchange);
    Params params = open_params();
    params.through.emplace_back(kEthereum, kRouter);
    EXPECT_EQ(resting(story.follow(from_address(kThief), params), kShop, Stop::kUnspent),
              Amount{100U});
    params.through = {{kBitcoin, kRouter}};
    EXPECT_FALSE(has_node(story.follow(from_address(kThief), params), kShop)) << "another chain";
}
TEST(Stop, not_at_a_label_that_names_a_thief_nor_at_a_seed) {
    Story story{line()};
    story.context.call(kRouter, Category::kTheft).call(kThief, Category::kExchange);
    EXPECT_EQ(resting(story.follow(from_address(kThief)), kShop, Stop::kUnspent), Amount{100U});
}
TEST(Stop, at_a_service_in_the_middle_of_a_txn_but_not_at_a_router) {
    for (const Category category : {Category::kBridge, Category::kDefi}) {
        AccountChain chain;
        chain.pay(kThief, kMule, 9);
        chain.txn({transfer().from(kMule).to(kRouter).amount(9U),
                   transfer().from(kRouter).to(kShop).amount(9U)});
        Story story{chain};
        story.context.call(kRouter, category);
        const auto result = story.follow(from_address(kThief));
        EXPECT_EQ(has_node(result, kShop), category == Category::kDefi);
    }
}
TEST(Stop, at_the_hop_bound_until_a_shorter_way_is_found) {
    Params params = open_params();
    params.max_hops = 2;
    EXPECT_EQ(resting(Story{line()}.follow(from_address(kThief), params), kRouter, Stop::kHops),
              Amount{100U});
    AccountChain chain;
    chain.pay(kThief, kMule, 100)
        .pay(kMule, kRouter, 100)
        .pay(kThief, kRouter, 1)
        .pay(kRouter, kShop, 101);
    EXPECT_EQ(resting(Story{chain}.follow(from_address(kThief), params), kShop, Stop::kHops),
              Amount{101U});
}
TEST(Stop, at_the_time_bound) {
    Params params = open_params();
    params.until = AccountChain::time_of(2);
    EXPECT_EQ(resting(Story{line()}.follow(from_address(kThief), params), kRouter, Stop::kTime),
              Amount{100U});
}
TEST(Stop, at_the_budget_with_books_that_close) {
    Params params = open_params();
    params.max_edges = 1;
    const auto result = Story{line()}.follow(from_address(kThief), params);
    EXPECT_TRUE(result.incomplete);
    EXPECT_EQ(resting(result, kMule, Stop::kBudget), Amount{100U});
}
TEST(Stop, when_cancelled) {
    const Story story{line()};
    const std::atomic<bool> cancel{true};
    const Seed seed = from_address(kThief);
    const auto result =
        trace(story.ledger, story.context, {}, std::span{&seed, 1}, open_params(), {}, &cancel)
            .value();
    EXPECT_TRUE(result.incomplete);
    EXPECT_TRUE(result.edges.empty());
}
TEST(Stop, when_cancelled_on_the_way_with_what_was_found) {
    AccountChain chain;
    for (unsigned i = 1; i < 3000; ++i) chain.pay(address(i), address(i + 1), 100);
    const Story story{chain};
    std::atomic<bool> cancel{false};
    const auto after_a_while = [&](const Progress& told) { cancel = told.txns >= 1024; };
    const Seed seed = from_address(kThief);
    Params params = open_params();
    params.max_hops = 10'000;
    const auto result =
        trace(story.ledger, story.context, {}, std::span{&seed, 1}, params, after_a_while, &cancel)
            .value();
    EXPECT_TRUE(result.incomplete);
    EXPECT_EQ(result.edges.size(), 1024U);
    EXPECT_EQ(resting(result, address(1025), Stop::kBudget), Amount{100U});
}
TEST(Stop, below_a_limit_leaves_the_taint_with_the_sender) {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kMule, kShop, 3).pay(kMule, kStranger, 97);
    Params params = open_params();
    params.min_amount = Amount{5U};
    const auto result = Story{chain}.follow(from_address(kThief), params);
    EXPECT_EQ(resting(result, kMule, Stop::kBelowLimit), Amount{3U});
    EXPECT_FALSE(has_node(result, kShop));
    EXPECT_EQ(resting(result, kStranger, Stop::kUnspent), Amount{97U});
}
TEST(Stop, below_the_purity_limit_where_most_of_it_is_other_peoples_money) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 1000).pay(kThief, kMule, 10).pay(kMule, kShop, 1010);
    Params params = open_params();
    params.min_purity = 0.1;
    const auto result = Story{chain}.follow(from_address(kThief), params);
    EXPECT_EQ(resting(result, kMule, Stop::kBelowLimit), Amount{10U});
    EXPECT_FALSE(has_node(result, kShop));
}
TEST(Stop, not_below_the_purity_limit_where_it_leads_to_nobody_new) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 1000).pay(kThief, kMule, 10).pay(kMule, kShop, 1010);
    Params params = open_params();
    params.min_purity = 0.1;
    Story labelled{chain};
    labelled.context.call(kShop, Category::kExchange);
    EXPECT_EQ(resting(labelled.follow(from_address(kThief), params), kShop, Stop::kLabel),
              Amount{10U});
    AccountChain met;
    met.pay(kThief, kShop, 1).pay(kStranger, kMule, 1000).pay(kThief, kMule, 10);
    met.pay(kMule, kShop, 1010);
    EXPECT_EQ(tainted_on(Story{met}.follow(from_address(kThief), params), kMule, kShop),
              Amount{10U});
}
TEST(Stop, below_the_usd_limit_but_never_for_lack_of_a_price) {
    Params params = open_params();
    params.min_usd = 1000;
    EXPECT_TRUE(has_node(Story{line()}.follow(from_address(kThief), params), kShop));
    Story priced{line()};
    priced.context.price(Asset{}, 1.0);
    EXPECT_FALSE(has_node(priced.follow(from_address(kThief), params), kMule));
}
TEST(Stop, at_an_address_that_serves_strangers) {
    AccountChain chain;
    for (unsigned i = 0; i < 12; ++i)
        chain.pay(address(100 + i), kMule, 50).pay(kMule, address(200 + i), 40);
    chain.pay(kThief, kMule, 100).pay(kMule, kShop, 100);
    const Story story{chain};
    EXPECT_EQ(resting(story.follow(from_address(kThief)), kMule, Stop::kHighDegree), Amount{100U});
    Params open = open_params();
    open.service_both_sides = 0;
    EXPECT_EQ(resting(story.follow(from_address(kThief), open), kShop, Stop::kUnspent),
              Amount{100U});
    open.service_degree = 10;
    EXPECT_EQ(resting(story.follow(from_address(kThief), open), kMule, Stop::kHighDegree),
              Amount{100U});
    open.through.emplace_back(kEthereum, kMule);
    EXPECT_EQ(resting(story.follow(from_address(kThief), open), kShop, Stop::kUnspent),
              Amount{100U});
}
TEST(Stop, not_at_a_hub_that_gathers_from_the_thiefs_own_mules) {
    AccountChain chain;
    for (unsigned i = 0; i < 12; ++i) chain.pay(kThief, address(100 + i), 50);
    for (unsigned i = 0; i < 12; ++i) chain.pay(address(100 + i), kMule, 50);
    for (unsigned i = 0; i < 12; ++i) chain.pay(kMule, address(200 + i), 50);
    EXPECT_EQ(resting(Story{chain}.follow(from_address(kThief)), address(211), Stop::kUnspent),
              Amount{50U});
}
TEST(Stop, not_at_a_seed_however_busy) {
    AccountChain chain;
    for (unsigned i = 0; i < 30; ++i)
        chain.pay(address(100 + i), kThief, 5).pay(kThief, address(200 + i), 5);
    EXPECT_EQ(Story{chain}.follow(from_address(kThief)).edges.size(), 30U);
}

/// The mule deals with a hundred thousand strangers before it pays the shop.
const MemoryLedger& crowd() {
    static const MemoryLedger ledger = [] {
        AccountChain chain;
        chain.pay(kThief, kMule, 1'000'000);
        for (unsigned i = 0; i < 50'000; ++i)
            chain.pay(address(1'000 + i), kMule, 7).pay(kMule, address(100'000 + i), 9);
        return MemoryLedger{chain.blocks()};
    }();
    return ledger;
}
TEST(Crowd, ends_the_walk_with_the_guard_after_few_reads) {
    const test::FakeContext context;
    const Seed seed = from_address(kThief);
    for (const Policy policy : kPolicies) {
        const auto result =
            trace(crowd(), context, {}, std::span{&seed, 1}, open_params(policy)).value();
        EXPECT_EQ(result.edges.size(), 1U);
        EXPECT_EQ(resting(result, kMule, Stop::kHighDegree), Amount{1'000'000U});
    }
}
TEST(Crowd, is_followed_in_full_without_the_guard) {
    const test::FakeContext context;
    const Seed seed = from_address(kThief);
    for (const Policy policy : kPolicies) {
        Params params = open_params(policy);
        params.service_degree = params.service_both_sides = 0;
        const auto result = trace(crowd(), context, {}, std::span{&seed, 1}, params).value();
        EXPECT_FALSE(result.incomplete);
        EXPECT_GT(result.edges.size(), 49'000U) << to_string(policy);
    }
}

// --- Backward

TEST(Backward, finds_where_the_money_came_from) {
    Params params = open_params(Policy::kFifo);
    params.direction = Direction::kBackward;
    const auto result = Story{line()}.follow(from_address(kShop), params);
    EXPECT_EQ(resting(result, kThief, Stop::kUnspent), Amount{100U});
    EXPECT_EQ(tainted_on(result, kThief, kMule), Amount{100U});
    EXPECT_TRUE(std::any_of(result.nodes.begin(), result.nodes.end(), [](const Node& node) {
        return node.address == kThief && node.hop == 3;
    }));
}
TEST(Backward, pairs_the_units_of_a_commingled_balance_as_forward_does) {
    AccountChain chain;
    chain.pay(kStranger, kMule, 50)
        .pay(kThief, kMule, 100)
        .pay(kMule, kShop, 60)
        .pay(kMule, kRouter, 90);
    const Story story{chain};
    Params back = open_params(Policy::kFifo);
    back.direction = Direction::kBackward;
    const auto forward = story.follow(from_address(kThief), open_params(Policy::kFifo));
    const auto backward = story.follow(from_address(kShop), back);
    EXPECT_EQ(tainted_on(forward, kMule, kShop), Amount{10U});
    EXPECT_EQ(tainted_on(backward, kThief, kMule), Amount{10U});
    EXPECT_EQ(tainted_on(backward, kStranger, kMule), Amount{50U});
}
TEST(Backward, knows_what_the_address_still_holds_at_the_end) {
    AccountChain chain;
    chain.pay(kThief, kMule, 100).pay(kMule, kShop, 60).pay(kStranger, kMule, 7);
    Params back = open_params(Policy::kFifo);
    back.direction = Direction::kBackward;
    const auto result = Story{chain}.follow(from_address(kShop), back);
    EXPECT_EQ(tainted_on(result, kThief, kMule), Amount{60U});
    EXPECT_FALSE(has_node(result, kStranger));
}

// --- Properties

AccountChain random_chain(
    const std::vector<std::tuple<uint8_t, uint8_t, uint16_t, uint8_t>>& moves) {
    AccountChain out;
    out.pay(kThief, kMule, 1000);
    std::vector<Transfer> rows;
    for (const auto& [from, to, amount, what] : moves) {
        auto row = transfer()
                       .from(address(1U + from % 7))
                       .to(address(1U + to % 7))
                       .amount(uint64_t{amount});
        if (what % 16 == 0) row.kind(TransferKind::kFee);
        if (what % 16 == 1) row.asset(test::token("T"));
        rows.push_back(row);
        if (what % 3 != 0) continue;
        out.txn(rows);
        rows.clear();
    }
    if (!rows.empty()) out.txn(rows);
    return out;
}

TEST(Trace, closes_its_books_over_any_events_policy_and_direction) {
    EXPECT_TRUE(rc::check(
        [](const std::vector<std::tuple<uint8_t, uint8_t, uint16_t, uint8_t>>& moves, bool limits) {
            const Story story{random_chain(moves)};
            for (const Policy policy : kPolicies)
                for (const Direction direction : {Direction::kForward, Direction::kBackward})
                    for (const Overspend overspend : {Overspend::kClean, Overspend::kInherit}) {
                        Params params = open_params(policy);
                        params.direction = direction;
                        params.overspend = overspend;
                        params.stranger_senders = limits ? 1 : 0;
                        if (limits) {
                            params.min_purity = 0.2;
                            params.min_share = 0.01;
                            params.max_hops = 3;
                        }
                        const Seed seed =
                            from_address(direction == Direction::kForward ? kThief : kMule);
                        const auto result =
                            trace(story.ledger, story.context, {}, std::span{&seed, 1}, params);
                        RC_ASSERT(result.has_value());
                        for (const Edge& edge : result->edges)
                            RC_ASSERT(edge.tainted <= edge.amount);
                        if (policy == Policy::kPoison) continue;
                        for (const Total& sum : result->totals)
                            RC_ASSERT(sum.seeded + sum.inherited + sum.swapped_in ==
                                      sum.resting + sum.fees + sum.burned + sum.swapped_out);
                        if (overspend == Overspend::kClean)
                            for (const Total& sum : result->totals)
                                RC_ASSERT(sum.inherited.is_zero());
                    }
        }));
}

/// Everything that a result says, as text.
std::string told(const TraceResult& result) {
    std::string out;
    const auto say = [&](const auto&... parts) { ((out += parts, out += ' '), ...); };
    const auto hex = [](const Address& who) { return to_hex(who.payload()); };
    const auto time = [](const std::optional<UnixMillis>& at) {
        return at ? format_rfc3339(*at) : std::string{"-"};
    };
    for (const Node& node : result.nodes) {
        say(hex(node.address), std::to_string(node.hop), std::to_string(node.seed),
            to_string(node.stop), time(node.first_seen), time(node.last_seen));
        for (const Holding& held : node.holdings)
            say(held.asset.text(), held.received.to_string(), held.tainted.to_string(),
                held.resting.to_string());
    }
    for (const Edge& edge : result.edges)
        say(std::to_string(edge.at.block), hex(edge.from), hex(edge.to), edge.asset.text(),
            edge.amount.to_string(), edge.tainted.to_string(), edge.kind, std::to_string(edge.hop));
    for (const Endpoint& end : result.endpoints)
        say(hex(end.address), end.asset.text(), end.tainted.to_string(), to_string(end.stop));
    for (const Total& sum : result.totals)
        say(sum.asset.text(), sum.seeded.to_string(), sum.inherited.to_string(),
            sum.resting.to_string(), sum.fees.to_string(), sum.assumed.to_string());
    for (const std::string& warning : result.warnings) say(warning);
    return out;
}

TEST(Trace, tells_the_same_in_every_word_when_run_again) {
    EXPECT_TRUE(
        rc::check([](const std::vector<std::tuple<uint8_t, uint8_t, uint16_t, uint8_t>>& moves) {
            for (const Policy policy : kPolicies)
                for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
                    Params params = open_params(policy);
                    params.direction = direction;
                    const Seed seed =
                        from_address(direction == Direction::kForward ? kThief : kMule);
                    // Two ledgers, so that no address in memory is the same.
                    const Story one{random_chain(moves)}, two{random_chain(moves)};
                    RC_ASSERT(told(one.follow(seed, params)) == told(two.follow(seed, params)));
                }
        }));
}

TEST(Trace, gives_the_same_answer_twice_and_seeds_commute) {
    EXPECT_TRUE(
        rc::check([](const std::vector<std::tuple<uint8_t, uint8_t, uint16_t, uint8_t>>& moves) {
            const Story story{random_chain(moves)};
            const std::vector<Seed> one{from_address(kThief), from_address(kMule)},
                two{from_address(kMule), from_address(kThief)};
            const auto a = trace(story.ledger, story.context, {}, one, open_params());
            const auto b = trace(story.ledger, story.context, {}, two, open_params());
            if (!a || !b) RC_DISCARD("a seed that never moves money");
            RC_ASSERT(a->edges.size() == b->edges.size());
            for (std::size_t i = 0; i < a->edges.size(); ++i) {
                RC_ASSERT(a->edges[i].tainted == b->edges[i].tainted);
                RC_ASSERT(a->edges[i].from == b->edges[i].from);
            }
            for (std::size_t i = 0; i < a->totals.size(); ++i)
                RC_ASSERT(a->totals[i].seeded == b->totals[i].seeded);
        }));
}

}  // namespace
}  // namespace cordon::trace
