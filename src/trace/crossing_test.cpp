// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "builders.hpp"
#include "crossing_test_bridge.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

struct Story {
    test::MemoryLedger ledger;
    test::FakeContext context;
    FakeBridge bridges;

    Story(std::vector<std::vector<Block>> chains, std::vector<Crossing> crossings)
        : bridges{std::move(crossings)} {
        for (auto& blocks : chains)
            for (Block& block : blocks) ledger.add(std::move(block));
    }
    TraceResult follow(const Address& seed, const Params& params, ChainId chain = kEthereum) const {
        const Seed from{chain, Seed::FromAddress{seed, {}}, "seed"};
        const LinkSource* const link = &bridges;
        auto result = trace(ledger, context, std::span{&link, 1}, std::span{&from, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
};

Params open_params(Direction direction = Direction::kForward) {
    Params params;
    params.direction = direction;
    params.min_purity = params.min_share = 0;
    params.stop = default_stop_categories();
    return params;
}

Amount resting(const TraceResult& result, ChainId chain, const Address& who, Stop stop) {
    Amount sum;
    for (const Endpoint& end : result.endpoints)
        if (end.chain == chain && end.address == who && end.stop == stop) sum += end.tainted;
    return sum;
}
std::vector<Edge> crossed(const TraceResult& result) {
    std::vector<Edge> out;
    for (const Edge& edge : result.edges)
        if (edge.to_chain) out.push_back(edge);
    return out;
}
const Total& total(const TraceResult& result, ChainId chain) {
    return *std::find_if(result.totals.begin(), result.totals.end(),
                         [&](const Total& sum) { return sum.chain == chain; });
}
Node node(const TraceResult& result, ChainId chain, const Address& who) {
    return *std::find_if(result.nodes.begin(), result.nodes.end(), [&](const Node& node) {
        return node.chain == chain && node.address == who;
    });
}
bool has_node(const TraceResult& result, const Address& who) {
    return std::any_of(result.nodes.begin(), result.nodes.end(),
                       [&](const Node& node) { return node.address == who; });
}

// --- There, and on

TEST(Crossing, carries_its_share_of_taint_to_a_chain_that_no_seed_named) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.97)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(resting(result, kPolygon, kShop, Stop::kUnspent), Amount{99U});
    EXPECT_FALSE(has_node(result, kVault));
    EXPECT_FALSE(has_node(result, kOther));
    EXPECT_EQ(total(result, kEthereum).swapped_out, Amount{100U});
    EXPECT_EQ(total(result, kPolygon).swapped_in, Amount{99U});
    EXPECT_TRUE(result.warnings.empty());

    const auto edges = crossed(result);
    ASSERT_EQ(edges.size(), 1U);
    const Edge& edge = edges[0];
    EXPECT_EQ(edge.kind, "bridge");
    EXPECT_EQ(edge.chain, kEthereum);
    EXPECT_EQ(edge.at.block, 3U);
    EXPECT_EQ(edge.from, kMule);
    EXPECT_EQ(edge.to, kFar);
    EXPECT_EQ(edge.via, kVault);
    EXPECT_EQ(edge.to_chain, kPolygon);
    EXPECT_EQ(edge.to_txn, test::hash(5));
    EXPECT_EQ(edge.amount, Amount{200U});
    EXPECT_EQ(edge.tainted, Amount{100U});
    EXPECT_EQ(edge.to_amount, Amount{198U});
    EXPECT_EQ(edge.to_tainted, Amount{99U});
    EXPECT_EQ(edge.confidence, 0.97);
    EXPECT_EQ(edge.why, std::vector<std::string>{"message id"});
    EXPECT_EQ(edge.hop, 2U);
    EXPECT_EQ(node(result, kPolygon, kFar).hop, 2U);
    EXPECT_EQ(node(result, kPolygon, kFar).first_seen, AccountChain::time_of(5));
}
TEST(Crossing, goes_before_a_label_of_the_bridge_and_before_burning) {
    Story labelled{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    labelled.context.call(kVault, Category::kBridge);
    EXPECT_EQ(resting(labelled.follow(kThief, open_params()), kPolygon, kShop, Stop::kUnspent),
              Amount{99U});

    const Address zero{AddressKind::kEvm, std::vector<uint8_t>(20, 0)};
    const auto burned =
        AccountChain{}
            .pay(kThief, kMule, 200)
            .pay(kOther, kOther, 1)
            .txn({transfer().from(kMule).to(zero).amount(200U).kind(TransferKind::kBurn)})
            .blocks();
    const Story story{{burned, polygon()}, {bridge(kLeft, kArrived)}};
    EXPECT_EQ(resting(story.follow(kThief, open_params()), kPolygon, kShop, Stop::kUnspent),
              Amount{198U});
}
TEST(Crossing, comes_home_again_and_may_go_in_circles) {
    const auto home = AccountChain{}
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kVault, 100)
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kVault, kMule, 90)
                          .pay(kMule, kVault, 90)
                          .blocks();
    const auto away = AccountChain{kPolygon}
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kPool, kMule, 95)
                          .pay(kMule, kPool, 95)
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kPool, kMule, 80)
                          .blocks();
    const Story story{
        {home, away},
        {bridge({kEthereum, 2, kMule, Amount{100U}}, {kPolygon, 3, kMule, Amount{95U}}),
         bridge({kPolygon, 4, kMule, Amount{95U}}, {kEthereum, 5, kMule, Amount{90U}}),
         bridge({kEthereum, 6, kMule, Amount{90U}}, {kPolygon, 7, kMule, Amount{80U}})}};
    for (const Policy policy : {Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut}) {
        Params params = open_params();
        params.policy = policy;
        const auto result = story.follow(kThief, params);
        EXPECT_EQ(crossed(result).size(), 3U);
        EXPECT_EQ(resting(result, kPolygon, kMule, Stop::kUnspent), Amount{80U});
        EXPECT_EQ(result.endpoints.size(), 1U);
    }
}
TEST(Crossing, may_stay_on_its_chain) {
    const auto chain = AccountChain{}
                           .pay(kThief, kVault, 100)
                           .pay(kStranger, kVault, 100)
                           .pay(kVault, kOther, 100)
                           .pay(kVault, kFar, 100)
                           .pay(kFar, kShop, 100)
                           .blocks();
    const Story story{
        {chain},
        {bridge({kEthereum, 1, kThief, Amount{100U}}, {kEthereum, 4, kFar, Amount{100U}}, 0.8)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(resting(result, kEthereum, kShop, Stop::kUnspent), Amount{100U});
    EXPECT_EQ(result.edges.size(), 2U);
}
TEST(Crossing, gives_its_share_exactly_near_2_to_the_192) {
    const Amount huge = Amount::from_limbs({0, 0, ~0ULL, 0});
    AccountChain home, away{kPolygon};
    home.pay(kStranger, kMule, 1)
        .pay(kThief, kMule, 2)
        .txn({transfer().from(kMule).to(kVault).amount(3U)});
    away.pay(kOther, kStranger, 1).pay(kOther, kStranger, 1).pay(kOther, kStranger, 1);
    away.txn({transfer().from(kPool).to(kFar).amount(huge)});
    const Story story{{home.blocks(), away.blocks()},
                      {bridge({kEthereum, 3, kMule, Amount{3U}}, {kPolygon, 4, kFar, huge})}};
    EXPECT_EQ(resting(story.follow(kThief, open_params()), kPolygon, kFar, Stop::kUnspent),
              mul_div(huge, Amount{2U}, Amount{3U}));
}
TEST(Crossing, never_brings_more_than_the_row_moves_whatever_the_recogniser_says) {
    Place boast = kArrived;
    boast.amount = Amount{5000U};
    Place modest = kLeft;
    modest.amount = Amount{1U};
    for (const auto& claim : {bridge(kLeft, boast), bridge(modest, kArrived)}) {
        const Story story{{eth(), polygon()}, {claim}};
        const auto result = story.follow(kThief, open_params());
        EXPECT_LE(total(result, kPolygon).swapped_in, Amount{198U});
    }
}

// --- Where it arrives, other money moves too

TEST(Crossing, arrives_in_a_txn_that_pays_on_at_once) {
    AccountChain away{kPolygon};
    for (int i = 0; i < 4; ++i) away.pay(kOther, kStranger, 1);
    away.txn({transfer().from(kFar).to(kShop).amount(198U),
              transfer().from(kPool).to(kOther).amount(7U),
              transfer().from(kPool).to(kFar).amount(198U)});
    Place arrived = kArrived;
    arrived.row = 2;
    const Story story{{eth(), away.blocks()}, {bridge(kLeft, arrived)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(resting(result, kPolygon, kShop, Stop::kUnspent), Amount{99U});
    EXPECT_FALSE(has_node(result, kOther));
}
TEST(Crossing, adds_to_other_taint_in_the_row_and_never_counts_a_unit_twice) {
    // On the far chain the pool itself was fed by the thief: part of what it pays is stolen anyway.
    const auto away = AccountChain{kPolygon}
                          .pay(kOther, kStranger, 1)
                          .pay(kThief, kPool, 150)
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kPool, kFar, 198)
                          .blocks();
    const Story story{{eth(), away}, {bridge(kLeft, kArrived)}};
    const std::vector<Seed> seeds{{kEthereum, Seed::FromAddress{kThief, {}}, "a"},
                                  {kPolygon, Seed::FromAddress{kThief, {}}, "b"}};
    const LinkSource* const link = &story.bridges;
    Params params = open_params();
    params.overspend = Overspend::kClean;
    const auto result =
        trace(story.ledger, story.context, std::span{&link, 1}, seeds, params).value();
    EXPECT_EQ(resting(result, kPolygon, kFar, Stop::kUnspent), Amount{198U});
    EXPECT_EQ(total(result, kPolygon).swapped_in, Amount{48U});
    EXPECT_EQ(crossed(result).at(0).to_tainted, Amount{48U});
    EXPECT_EQ(result.warnings.size(), 1U);
}

// --- What is not followed

TEST(Crossing, that_could_not_be_looked_for_is_a_warning) {
    class TooMany final : public LinkSource {
        bool may_cross(ChainId, const Context&) const override { return true; }
        Result<std::vector<Crossing>> crossings(ChainId, const ledger::PlacedAccountTxn&, bool,
                                                const ledger::Reader&,
                                                const Context&) const override {
            return fail(ErrorCode::kLimit, "bridges with more than 3 deposits");
        }
    };
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    const TooMany too_many;
    const std::array<const LinkSource*, 2> sources{&too_many, &story.bridges};
    const Seed from{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
    const auto result =
        trace(story.ledger, story.context, sources, std::span{&from, 1}, open_params());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(crossed(*result).size(), 1U);  // The others are still asked.
    ASSERT_EQ(result->warnings.size(), 1U);
    EXPECT_NE(result->warnings[0].find("more than 3 deposits"), std::string::npos);
}
TEST(Crossing, to_a_chain_that_the_ledger_does_not_hold_rests_at_the_bridge) {
    Place elsewhere = kArrived;
    elsewhere.chain = kBsc;
    Story story{{eth(), polygon()}, {bridge(kLeft, elsewhere)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(resting(result, kEthereum, kVault, Stop::kUnknown), Amount{100U});
    EXPECT_FALSE(has_node(result, kOther));
    ASSERT_EQ(result.warnings.size(), 1U);
    EXPECT_NE(result.warnings[0].find("does not hold bsc"), std::string::npos);
    EXPECT_NE(result.edges.all().back().why.at(0).find("does not hold bsc"), std::string::npos);

    story.context.call(kVault, Category::kBridge);
    EXPECT_EQ(resting(story.follow(kThief, open_params()), kEthereum, kVault, Stop::kLabel),
              Amount{100U});
}
TEST(Crossing, to_something_that_is_not_there_rests_at_the_bridge) {
    const auto not_followed = [](auto change) {
        Crossing crossing = bridge(kLeft, kArrived);
        change(crossing);
        const Story story{{eth(), polygon()}, {crossing}};
        return resting(story.follow(kThief, open_params()), kEthereum, kVault, Stop::kUnknown) ==
               Amount{100U};
    };
    EXPECT_FALSE(not_followed([](Crossing&) {}));
    EXPECT_TRUE(not_followed([](Crossing& c) { c.to_txn = test::hash(99); }));
    EXPECT_TRUE(not_followed([](Crossing& c) { c.to_at = {77, 3}; }));
    EXPECT_TRUE(not_followed([](Crossing& c) { c.to_row = 4; }));
    EXPECT_TRUE(not_followed([](Crossing& c) { c.to.address = kShop; }));
    EXPECT_TRUE(not_followed([](Crossing& c) { c.to.asset = test::token("T"); }));
}
TEST(Crossing, from_a_row_that_is_not_tainted_or_not_there_changes_nothing) {
    Crossing row = bridge(kLeft, kArrived);
    row.from_row = 9;
    Crossing asset = bridge(kLeft, kArrived);
    asset.from.asset = test::token("T");
    Crossing nothing = bridge(kLeft, kArrived, 0);
    Crossing mad = bridge(kLeft, kArrived, std::numeric_limits<double>::quiet_NaN());
    const auto clean = bridge({kEthereum, 4, kVault, Amount{500U}}, kArrived);
    const Story story{{eth(), polygon()}, {row, asset, nothing, mad, clean}};
    const Story without{{eth(), polygon()}, {}};
    EXPECT_EQ(crossed(story.follow(kThief, open_params())).size(), 1U);  // Onward from the vault.
    Params params = open_params();
    params.overspend = Overspend::kClean;  // The vault pays more than it is known to have.
    EXPECT_EQ(resting(without.follow(kThief, params), kEthereum, kOther, Stop::kUnspent),
              Amount{100U});
}
TEST(Crossing, to_an_earlier_event_is_refused) {
    const auto result =
        Story{{eth(), polygon()}, {bridge(kLeft, {kPolygon, 2, kOther, Amount{10U}})}}.follow(
            kThief, open_params());
    EXPECT_EQ(resting(result, kEthereum, kVault, Stop::kUnknown), Amount{100U});
    ASSERT_EQ(result.warnings.size(), 1U);
    EXPECT_NE(result.warnings[0].find("before it left"), std::string::npos);
    // Within the same chain order decides, and a txn cannot cross into itself.
    const auto itself =
        Story{{eth()}, {bridge(kLeft, {kEthereum, 3, kVault, Amount{200U}})}}.follow(kThief,
                                                                                     open_params());
    EXPECT_EQ(resting(itself, kEthereum, kVault, Stop::kUnknown), Amount{100U});
}
TEST(Crossing, beyond_the_time_bound_rests_at_the_bridge) {
    Params params = open_params();
    params.until = AccountChain::time_of(4);
    const auto result = Story{{eth(), polygon()}, {bridge(kLeft, kArrived)}}.follow(kThief, params);
    EXPECT_EQ(resting(result, kEthereum, kVault, Stop::kTime), Amount{100U});
}
TEST(Crossing, is_used_once_by_the_surest_deposit_and_the_other_says_so) {
    const auto home = AccountChain{}
                          .pay(kThief, kMule, 400)
                          .pay(kMule, kVault, 200)
                          .pay(kMule, kVault, 200)
                          .blocks();
    const auto claimed = [](double first, double second) {
        return std::vector<Crossing>{bridge({kEthereum, 2, kMule, Amount{200U}}, kArrived, first),
                                     bridge({kEthereum, 3, kMule, Amount{200U}}, kArrived, second)};
    };
    // Of equals the earlier deposit has it.
    for (const auto& [first, second, taker] :
         {std::tuple{0.6, 0.9, 3U}, {0.9, 0.6, 2U}, {0.7, 0.7, 2U}}) {
        const auto result =
            Story{{home, polygon()}, claimed(first, second)}.follow(kThief, open_params());
        ASSERT_EQ(crossed(result).size(), 1U);
        EXPECT_EQ(crossed(result)[0].at.block, taker);
        EXPECT_EQ(resting(result, kPolygon, kShop, Stop::kUnspent), Amount{198U});
        EXPECT_EQ(resting(result, kEthereum, kVault, Stop::kUnknown), Amount{200U});
        ASSERT_EQ(result.warnings.size(), 1U);
        EXPECT_NE(result.warnings[0].find("belongs to another deposit"), std::string::npos);
    }

    // Another candidate, still sure enough, takes its place.
    std::vector<Crossing> more = claimed(0.6, 0.9);
    more.push_back(
        bridge({kEthereum, 2, kMule, Amount{200U}}, {kPolygon, 6, kShop, Amount{198U}}, 0.55));
    const auto second = Story{{home, polygon()}, more}.follow(kThief, open_params());
    EXPECT_EQ(crossed(second).size(), 2U);
    EXPECT_EQ(second.warnings.size(), 1U);  // That row moves the other deposit's money already.
}
TEST(Crossing, gives_way_to_a_surer_deposit_of_others_whom_no_taint_reaches) {
    const auto home = AccountChain{}
                          .pay(kThief, kMule, 200)
                          .pay(kMule, kVault, 200)
                          .pay(kOther, kVault, 200)
                          .blocks();
    const Story story{{home, polygon()},
                      {bridge({kEthereum, 2, kMule, Amount{200U}}, kArrived, 0.6),
                       bridge({kEthereum, 3, kOther, Amount{200U}}, kArrived, 0.9)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_TRUE(crossed(result).empty());
    EXPECT_EQ(resting(result, kEthereum, kVault, Stop::kUnknown), Amount{200U});
    // Backward the arrival is his, and not the mule's.
    const auto back = story.follow(kShop, open_params(Direction::kBackward), kPolygon);
    ASSERT_EQ(crossed(back).size(), 1U);
    EXPECT_EQ(crossed(back)[0].from, kOther);
}
TEST(Crossing, frees_what_a_still_surer_crossing_keeps_a_rival_from) {
    // The second deposit would take the first payout, were the second payout not surely its own.
    const auto home = AccountChain{}
                          .pay(kThief, kMule, 400)
                          .pay(kMule, kVault, 200)
                          .pay(kMule, kVault, 200)
                          .blocks();
    const Story story{
        {home, polygon()},
        {bridge({kEthereum, 2, kMule, Amount{200U}}, kArrived, 0.6),
         bridge({kEthereum, 3, kMule, Amount{200U}}, kArrived, 0.7),
         bridge({kEthereum, 3, kMule, Amount{200U}}, {kPolygon, 6, kShop, Amount{198U}}, 0.8)}};
    EXPECT_EQ(crossed(story.follow(kThief, open_params())).size(), 2U);
}
TEST(Crossing, settles_a_long_chain_of_rivals) {
    // Each deposit claims two payouts, all alike: the order of deposits decides, from the first on.
    constexpr unsigned kMany = 3000;
    AccountChain home, away{kPolygon};
    home.pay(kThief, kMule, 100 * kMany);
    away.pay(kOther, kStranger, 1);
    std::vector<Crossing> all;
    for (unsigned i = 0; i < kMany; ++i) {
        home.pay(kMule, kVault, 100);
        away.pay(kPool, address(100 + i), 100);
    }
    for (unsigned i = 0; i < kMany; ++i)
        for (const unsigned to : {i, i + 1})
            if (to < kMany)
                all.push_back(bridge({kEthereum, i + 2, kMule, Amount{100U}},
                                     {kPolygon, to + 2, address(100 + to), Amount{100U}}, 0.6));
    const Story story{{home.blocks(), away.blocks()}, all};
    const LinkSource* const link = &story.bridges;
    CrossingChoice choice{story.ledger, story.context, std::span{&link, 1}, 0.5};
    const Crossing& last = all.back();
    const auto pick = choice.pick({last}, left_by(last).place(), {}, false).value();
    EXPECT_EQ(pick.crossing != nullptr, true);
}
TEST(Crossing, that_is_not_sure_enough_is_counted_where_the_money_rests) {
    const std::vector<Crossing> guesses{
        bridge(kLeft, kArrived, 0.4), bridge(kLeft, {kPolygon, 6, kShop, Amount{198U}}, 0.31),
        bridge(kLeft, kArrived, 0.2),  // Said twice.
    };
    Story story{{eth(), polygon()}, guesses};
    story.context.call(kVault, Category::kMixer);
    const auto result = story.follow(kThief, open_params());
    ASSERT_EQ(result.endpoints.size(), 1U);
    EXPECT_EQ(result.endpoints[0].stop, Stop::kLabel);
    EXPECT_EQ(result.endpoints[0].candidates, 2U);
    EXPECT_EQ(result.endpoints[0].best_candidate, 0.4);
    EXPECT_EQ(
        result.edges.all().back().why,
        std::vector<std::string>{"bridge: 2 candidates of where it went on, the surest 40 %"});

    Params lower = open_params();
    lower.min_confidence = 0.4;
    EXPECT_EQ(resting(story.follow(kThief, lower), kPolygon, kShop, Stop::kUnspent), Amount{99U});
}
TEST(Crossing, asks_for_a_confidence_between_0_and_1) {
    const Story story{{eth()}, {}};
    for (const double wrong : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
        Params params = open_params();
        params.min_confidence = wrong;
        const Seed seed{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
        const auto result = trace(story.ledger, story.context, {}, std::span{&seed, 1}, params);
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().code, ErrorCode::kInvalidParam);
    }
}
TEST(Crossing, on_its_way_when_the_walk_ends_rests_where_it_would_arrive) {
    Params params = open_params();
    params.max_nodes = 2;
    const auto result = Story{{eth(), polygon()}, {bridge(kLeft, kArrived)}}.follow(kThief, params);
    // The thief and the mule fill the budget before anything crosses.
    EXPECT_TRUE(result.incomplete);
    EXPECT_EQ(resting(result, kEthereum, kMule, Stop::kBudget), Amount{100U});

    // A second seed, so that the budget runs out between leaving and arriving.
    auto home = eth();
    const Story story{{home, polygon()}, {bridge(kLeft, kArrived)}};
    const std::vector<Seed> seeds{{kEthereum, Seed::FromAddress{kThief, {}}, "a"},
                                  {kEthereum, Seed::FromAddress{kVault, {}}, "b"}};
    const LinkSource* const link = &story.bridges;
    params.max_nodes = 4;
    const auto stopped =
        trace(story.ledger, story.context, std::span{&link, 1}, seeds, params).value();
    EXPECT_TRUE(stopped.incomplete);
    EXPECT_EQ(resting(stopped, kPolygon, kFar, Stop::kBudget), Amount{99U});
    EXPECT_EQ(crossed(stopped).size(), 1U);
}
TEST(Crossing, is_not_walked_once_cancelled) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    const std::atomic<bool> cancel{true};
    const Seed seed{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
    const LinkSource* const link = &story.bridges;
    const auto result = trace(story.ledger, story.context, std::span{&link, 1}, std::span{&seed, 1},
                              open_params(), {}, &cancel)
                            .value();
    EXPECT_TRUE(result.incomplete);
    EXPECT_TRUE(result.edges.empty());
}

TEST(Confidence, of_an_address_is_that_of_the_surest_way_there) {
    // Two bridges in a row, and a surer way to the shop in one.
    auto home = AccountChain{}
                    .pay(kThief, kMule, 300)
                    .pay(kMule, kVault, 100)
                    .pay(kMule, kVault, 100)
                    .blocks();
    auto away = AccountChain{kPolygon}
                    .pay(kOther, kOther, 1)
                    .pay(kOther, kOther, 1)
                    .pay(kPool, kFar, 100)
                    .pay(kFar, kShop, 100)
                    .pay(kPool, kShop, 100)
                    .pay(kShop, kOther, 200)
                    .blocks();
    const Story story{
        {home, away},
        {bridge({kEthereum, 2, kMule, Amount{100U}}, {kPolygon, 3, kFar, Amount{100U}}, 0.6),
         bridge({kEthereum, 3, kMule, Amount{100U}}, {kPolygon, 5, kShop, Amount{100U}}, 0.9)}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(node(result, kEthereum, kMule).confidence, 1);
    EXPECT_EQ(node(result, kPolygon, kFar).confidence, 0.6);
    EXPECT_EQ(node(result, kPolygon, kShop).confidence, 0.9);
    EXPECT_EQ(result.endpoints.front().confidence, 0.9);
    const auto back = story.follow(kOther, open_params(Direction::kBackward), kPolygon);
    EXPECT_EQ(node(back, kEthereum, kThief).confidence, 0.9);
    EXPECT_EQ(node(back, kPolygon, kFar).confidence, 1);
}

// --- Backward

TEST(Crossing, is_walked_backward_to_where_it_left) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.97)}};
    const auto result = story.follow(kShop, open_params(Direction::kBackward), kPolygon);
    const auto edges = crossed(result);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].chain, kEthereum);
    EXPECT_EQ(edges[0].at.block, 3U);
    EXPECT_EQ(edges[0].from, kMule);
    EXPECT_EQ(edges[0].to, kFar);
    EXPECT_EQ(edges[0].to_chain, kPolygon);
    EXPECT_EQ(edges[0].to_txn, test::hash(5));
    EXPECT_EQ(edges[0].amount, Amount{200U});
    EXPECT_EQ(edges[0].tainted, Amount{200U});
    EXPECT_EQ(edges[0].to_tainted, Amount{198U});
    EXPECT_EQ(resting(result, kEthereum, kThief, Stop::kUnspent), Amount{100U});
    EXPECT_EQ(resting(result, kEthereum, kStranger, Stop::kUnspent), Amount{100U});
    EXPECT_FALSE(has_node(result, kPool));
    EXPECT_EQ(total(result, kPolygon).swapped_out, Amount{198U});
    EXPECT_EQ(total(result, kEthereum).swapped_in, Amount{200U});
}

// --- UTXO chains

/// Bitcoin: the thief's coin pays the bridge in block 2. The first coin is block 1's.
std::vector<Block> bitcoin_out() {
    return UtxoChain{}
        .txn(1, {}, {{kThief, 1000}})
        .txn(2, {test::outpoint(1, 0)}, {{kVault, 600}, {kMule, 390}})
        .blocks();
}
TEST(Crossing, leaves_a_utxo_chain_by_an_output) {
    const Story story{{bitcoin_out(), polygon()},
                      {bridge({kBitcoin, 2, kThief, Amount{600U}}, kArrived)}};
    const auto result = story.follow(kThief, open_params(), kBitcoin);
    EXPECT_EQ(resting(result, kPolygon, kShop, Stop::kUnspent), Amount{198U});
    EXPECT_EQ(resting(result, kBitcoin, kMule, Stop::kUnspent), Amount{390U});
    EXPECT_FALSE(has_node(result, kVault));
    const auto edges = crossed(result);
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_EQ(edges[0].outpoint, test::outpoint(2, 0));
    EXPECT_EQ(edges[0].spends, test::outpoint(1, 0));

    const auto back = story.follow(kShop, open_params(Direction::kBackward), kPolygon);
    EXPECT_EQ(resting(back, kBitcoin, kThief, Stop::kUnspent) +
                  resting(back, kBitcoin, kThief, Stop::kUnknown),
              Amount{600U});
    ASSERT_EQ(crossed(back).size(), 1U);
    EXPECT_EQ(crossed(back)[0].from, kThief);
    EXPECT_FALSE(has_node(back, kVault));
}
TEST(Crossing, arrives_on_a_utxo_chain_as_an_output) {
    UtxoChain away;
    away.txn(1, {}, {{kPool, 1000}})
        .txn(2, {}, {{kOther, 1}})
        .txn(3, {}, {{kOther, 1}})
        .txn(4, {test::outpoint(1, 0)}, {{kPool, 800}, {kFar, 190}})
        .txn(5, {test::outpoint(4, 1)}, {{kShop, 190}});
    const Story story{{eth(), away.blocks()},
                      {bridge(kLeft, {kBitcoin, 4, kFar, Amount{190U}, 1})}};
    const auto result = story.follow(kThief, open_params());
    EXPECT_EQ(resting(result, kBitcoin, kShop, Stop::kUnspent), Amount{95U});
    EXPECT_FALSE(has_node(result, kPool));
    EXPECT_EQ(total(result, kBitcoin).swapped_in, Amount{95U});

    const auto back = story.follow(kShop, open_params(Direction::kBackward), kBitcoin);
    EXPECT_EQ(resting(back, kEthereum, kThief, Stop::kUnspent), Amount{100U});
    EXPECT_EQ(resting(back, kEthereum, kStranger, Stop::kUnspent), Amount{100U});
    EXPECT_FALSE(has_node(back, kPool));
}

// --- Properties

using Move = std::tuple<uint8_t, uint8_t, uint8_t>;
using Jump = std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>;

std::vector<Block> random_chain(ChainId chain, const std::vector<Move>& moves) {
    AccountChain out{chain};
    out.pay(kThief, kMule, 1000);
    for (const auto& [from, to, amount] : moves)
        out.pay(address(1U + from % 7), address(1U + to % 7), amount);
    return out.blocks();
}
/// Crossings between rows of two chains, true or not.
std::vector<Crossing> random_crossings(const std::vector<Block>& one, const std::vector<Block>& two,
                                       const std::vector<Jump>& jumps) {
    std::vector<Crossing> out;
    for (const auto& [a, b, how, sure] : jumps) {
        const auto place = [&](bool first, uint8_t number) -> Place {
            const auto& blocks = first ? one : two;
            const Block& block = blocks[number % blocks.size()];
            const Transfer& row = block.account_txns[0].transfers[0];
            return {block.chain, block.header.number, row.from, row.amount};
        };
        Crossing crossing =
            bridge(place(how % 2 == 0, a), place(how % 4 < 2, b), 0.3 + sure / 360.0);
        const auto& blocks = how % 4 < 2 ? one : two;
        crossing.to.address = blocks[b % blocks.size()].account_txns[0].transfers[0].to;
        if (how % 16 == 3) crossing.to.amount = Amount{uint64_t{sure}};
        out.push_back(crossing);
    }
    return out;
}

TEST(Crossing, closes_the_books_of_both_chains_over_any_events_and_source_order) {
    EXPECT_TRUE(rc::check([](const std::vector<Move>& home, const std::vector<Move>& away,
                             const std::vector<Jump>& jumps) {
        const auto one = random_chain(kEthereum, home), two = random_chain(kPolygon, away);
        const auto all = random_crossings(one, two, jumps);
        const std::size_t half = all.size() / 2;
        const FakeBridge whole{all},
            first{{all.begin(), all.begin() + static_cast<std::ptrdiff_t>(half)}},
            second{{all.begin() + static_cast<std::ptrdiff_t>(half), all.end()}};
        const Story story{{one, two}, {}};
        for (const Policy policy :
             {Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut, Policy::kPoison})
            for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
                Params params = open_params(direction);
                params.policy = policy;
                const Seed seed{
                    kEthereum,
                    Seed::FromAddress{direction == Direction::kForward ? kThief : kMule, {}},
                    "seed"};
                const auto run = [&](std::vector<const LinkSource*> links) {
                    auto result =
                        trace(story.ledger, story.context, links, std::span{&seed, 1}, params);
                    RC_ASSERT(result.has_value());  // The books checked themselves.
                    return std::move(*result);
                };
                const auto a = run({&whole}), b = run({&second, &first});
                RC_ASSERT(a.edges.size() == b.edges.size());
                for (std::size_t i = 0; i < a.edges.size(); ++i) {
                    RC_ASSERT(a.edges[i].tainted == b.edges[i].tainted);
                    RC_ASSERT(a.edges[i].to == b.edges[i].to);
                    RC_ASSERT(a.edges[i].to_txn == b.edges[i].to_txn);
                    RC_ASSERT(a.edges[i].tainted <= a.edges[i].amount);
                    if (a.edges[i].to_tainted)
                        RC_ASSERT(*a.edges[i].to_tainted <= *a.edges[i].to_amount);
                }
                RC_ASSERT(a.warnings == b.warnings);
                for (std::size_t i = 0; i < a.totals.size(); ++i)
                    RC_ASSERT(a.totals[i].resting == b.totals[i].resting);
            }
    }));
}

}  // namespace
}  // namespace cordon::trace
