// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

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
TEST(Overspend, inherits_the_share_of_the_last_spend) {
    const auto result = Story{overspent()}.follow(from_address(kThief));
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{150U});
    EXPECT_EQ(result.totals.at(0).inherited, Amount{50U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{50U});
}
TEST(Overspend, stays_clean_where_the_address_had_means_before_the_loot) {
    AccountChain chain;
    chain.pay(kMule, kShop, 30)
        .pay(kThief, kMule, 100)
        .pay(kMule, kShop, 100)
        .pay(kMule, kShop, 50);
    const auto result = Story{chain}.follow(from_address(kThief));
    EXPECT_EQ(tainted_on(result, kMule, kShop), Amount{100U});
    EXPECT_EQ(result.totals.at(0).assumed, Amount{80U});
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
    rc::check(
        [](const std::vector<std::tuple<uint8_t, uint8_t, uint16_t, uint8_t>>& moves, bool limits) {
            const Story story{random_chain(moves)};
            for (const Policy policy : kPolicies)
                for (const Direction direction : {Direction::kForward, Direction::kBackward})
                    for (const Overspend overspend : {Overspend::kClean, Overspend::kInherit}) {
                        Params params = open_params(policy);
                        params.direction = direction;
                        params.overspend = overspend;
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
        });
}

TEST(Trace, gives_the_same_answer_twice_and_seeds_commute) {
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
    });
}

}  // namespace
}  // namespace cordon::trace
