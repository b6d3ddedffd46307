// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "builders.hpp"
#include "crossing_test_bridge.hpp"
#include "fake_context.hpp"
#include "layout_value.hpp"
#include "memory_ledger.hpp"
#include "movements.hpp"
#include "paths.hpp"
#include "rank.hpp"

// The searches, where money goes over a bridge or through a mixer.
namespace cordon::trace {
namespace {

struct Story {
    test::MemoryLedger ledger;
    test::FakeContext context;
    FakeBridge bridges;
    const LinkSource* const link = &bridges;

    Story(std::vector<std::vector<Block>> chains, std::vector<Crossing> crossings)
        : bridges{std::move(crossings)} {
        for (auto& blocks : chains)
            for (Block& block : blocks) ledger.add(std::move(block));
    }

    struct Asked {
        std::unique_ptr<Sight> sight;
        std::unique_ptr<MovementReader> reader;  // Keeps what the rows point at.
        std::vector<Movement> rows;
        std::vector<std::string> warnings;
    };
    Asked movements(ChainId chain, const Address& who, std::optional<UnixMillis> until = {}) const {
        Asked asked;
        asked.sight =
            std::make_unique<Sight>(Sight{ledger, context, std::span{&link, 1}, {}, until});
        asked.reader = std::make_unique<MovementReader>(*asked.sight);
        asked.rows = asked.reader->of(chain, who, ledger::Order::kAscending, 1000).value().rows;
        asked.reader->warn(asked.warnings);
        return asked;
    }
    TraceResult paths(const Address& from, ChainId to_chain, const Address& to,
                      const PathParams& params = {}, ChainId from_chain = kEthereum) const {
        const Seed seed{from_chain, Seed::FromAddress{from, {}}, "seed"};
        const Seed target{to_chain, Seed::FromAddress{to, {}}, "target"};
        auto result = find_paths(ledger, context, std::span{&link, 1}, std::span{&seed, 1},
                                 std::span{&target, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
    TraceResult ranked(const Address& who, const RankParams& params = {},
                       ChainId chain = kEthereum) const {
        const Seed seed{chain, Seed::FromAddress{who, {}}, "seed"};
        auto result = rank(ledger, context, std::span{&link, 1}, std::span{&seed, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
};

double score(const TraceResult& result, ChainId chain, const Address& who) {
    for (const Node& node : result.nodes)
        if (node.chain == chain && node.address == who) return *node.score;
    return 0;
}

// --- Movements

TEST(MovementReader, tells_a_crossing_instead_of_the_payments_to_and_from_the_bridge) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.97)}};
    const auto asked_mule = story.movements(kEthereum, kMule);
    const auto& mule = asked_mule.rows;
    ASSERT_EQ(mule.size(), 3U);
    const Movement& over = mule[2];
    EXPECT_TRUE(over.leaves(kEthereum, kMule));
    EXPECT_TRUE(over.arrives(kPolygon, kFar));
    EXPECT_EQ(over.amount, Amount{200U});
    EXPECT_EQ(over.to_amount, Amount{198U});
    EXPECT_EQ(over.kind, "bridge");
    EXPECT_EQ(over.confidence, 0.97);
    EXPECT_EQ(*over.why, std::vector<std::string>{"message id"});
    EXPECT_EQ(over.far->txn, test::hash(5));
    EXPECT_EQ(over.far->at.block, 5U);
    EXPECT_EQ(over.far->time, AccountChain::time_of(5));
    EXPECT_EQ(over.far->via, kVault);
    EXPECT_TRUE(over.converts());

    const auto asked_far = story.movements(kPolygon, kFar);
    const auto& far = asked_far.rows;
    ASSERT_EQ(far.size(), 2U);
    EXPECT_TRUE(far[0].leaves(kEthereum, kMule));
    EXPECT_TRUE(far[0].arrives(kPolygon, kFar));
    EXPECT_EQ(far[0].to_amount, Amount{198U});
    // The bridge has no part in it.
    EXPECT_EQ(story.movements(kEthereum, kVault).rows.size(), 1U);
    EXPECT_EQ(story.movements(kPolygon, kPool).rows.size(), 4U);
}

TEST(MovementReader, never_lets_more_arrive_than_the_row_moves) {
    Place boast = kArrived;
    boast.amount = Amount{5000U};
    Place modest = kLeft;
    modest.amount = Amount{1U};
    for (const auto& claim : {bridge(kLeft, boast), bridge(modest, kArrived)}) {
        const Story story{{eth(), polygon()}, {claim}};
        EXPECT_EQ(story.movements(kEthereum, kMule).rows[2].to_amount, Amount{198U});
    }
    Place whole = kLeft;  // Of 400 that went in, by this row 200 did.
    whole.amount = Amount{400U};
    const Story part{{eth(), polygon()}, {bridge(whole, kArrived)}};
    EXPECT_EQ(part.movements(kEthereum, kMule).rows[2].to_amount, Amount{99U});
}

TEST(MovementReader, leaves_a_payment_as_it_is_where_no_candidate_is_sure_and_says_so) {
    const Story story{
        {eth(), polygon()},
        {bridge(kLeft, kArrived, 0.4), bridge(kLeft, {kPolygon, 6, kShop, Amount{198U}}, 0.31)}};
    const auto mule = story.movements(kEthereum, kMule);
    ASSERT_EQ(mule.rows.size(), 3U);
    EXPECT_TRUE(mule.rows[2].arrives(kEthereum, kVault));
    EXPECT_FALSE(mule.rows[2].ends);
    EXPECT_EQ(*mule.rows[2].why, std::vector<std::string>{
                                     "bridge: 2 candidates of where it went on, the surest 40 %"});
    const auto asked_far = story.movements(kPolygon, kFar);
    const auto& far = asked_far.rows;
    EXPECT_EQ(*far[0].why, std::vector<std::string>{
                               "bridge: 1 candidate of where it came from, the surest 40 %"});
    EXPECT_TRUE(mule.warnings.empty());
}

TEST(MovementReader, ends_at_the_bridge_where_a_sure_crossing_cannot_be_followed) {
    const auto refused = [](const Crossing& crossing, std::optional<UnixMillis> until = {}) {
        const Story story{{eth(), polygon()}, {crossing}};
        const auto mule = story.movements(kEthereum, kMule, until);
        EXPECT_TRUE(mule.rows[2].arrives(kEthereum, kVault));
        EXPECT_TRUE(mule.rows[2].ends);
        EXPECT_EQ(story.movements(kEthereum, kVault, until).rows[0].ends, true);
        return mule.warnings.size() == 1 ? mule.warnings[0] : std::string{};
    };
    EXPECT_NE(refused(bridge(kLeft, {kPolygon, 2, kOther, Amount{10U}})).find("before it left"),
              std::string::npos);
    EXPECT_NE(refused(bridge(kLeft, {kBsc, 2, kOther, Amount{10U}})).find("does not hold bsc"),
              std::string::npos);
    EXPECT_NE(refused(bridge(kLeft, kArrived), AccountChain::time_of(4)).find("time bound"),
              std::string::npos);
    Crossing elsewhere = bridge(kLeft, kArrived);
    elsewhere.to.address = kShop;
    EXPECT_NE(refused(elsewhere).find("no such arrival"), std::string::npos);
    elsewhere.to_txn = test::hash(99);
    EXPECT_NE(refused(elsewhere).find("does not hold its txn"), std::string::npos);

    // What surely came over from something that is not there did not come from the pool's payers.
    Crossing unseen = bridge({kBsc, 1, kOther, Amount{200U}}, kArrived);
    const Story story{{eth(), polygon()}, {unseen}};
    EXPECT_TRUE(story.movements(kPolygon, kFar).rows[0].begins);
}

TEST(MovementReader, gives_an_arrival_to_its_surest_deposit) {
    const auto home = AccountChain{}.pay(kMule, kVault, 200).pay(kShop, kVault, 200).blocks();
    const Story story{{home, polygon()},
                      {bridge({kEthereum, 1, kMule, Amount{200U}}, kArrived, 0.6),
                       bridge({kEthereum, 2, kShop, Amount{200U}}, kArrived, 0.9)}};
    EXPECT_TRUE(story.movements(kEthereum, kShop).rows[0].arrives(kPolygon, kFar));
    const auto mule = story.movements(kEthereum, kMule);
    EXPECT_TRUE(mule.rows[0].arrives(kEthereum, kVault));
    EXPECT_TRUE(mule.rows[0].ends);
    ASSERT_EQ(mule.warnings.size(), 1U);
    EXPECT_NE(mule.warnings[0].find("belongs to another deposit"), std::string::npos);
    EXPECT_TRUE(story.movements(kPolygon, kFar).rows[0].leaves(kEthereum, kShop));
}

TEST(MovementReader, tells_a_crossing_back_to_oneself_once) {
    const auto home = AccountChain{}.pay(kMule, kPool, 100).pay(kPool, kMule, 100).blocks();
    Crossing mix = bridge({kEthereum, 1, kMule, Amount{100U}}, {kEthereum, 2, kMule, Amount{100U}});
    mix.kind = "mixer";
    const Story story{{home}, {mix}};
    const auto asked_mule = story.movements(kEthereum, kMule);
    const auto& mule = asked_mule.rows;
    ASSERT_EQ(mule.size(), 1U);
    EXPECT_TRUE(mule[0].is_own());
    EXPECT_LT(mule[0].leaving(), mule[0].arriving());
    EXPECT_TRUE(story.movements(kEthereum, kPool).rows.empty());
}

TEST(MovementReader, shares_an_output_that_crosses_among_those_who_paid_for_it) {
    UtxoChain coins;
    coins.txn(1, {}, {{kThief, 600}, {kOther, 200}})
        .txn(2, {test::outpoint(1, 0), test::outpoint(1, 1)}, {{kVault, 400}, {kMule, 400}});
    const Story story{{coins.blocks(), polygon()},
                      {bridge({kBitcoin, 2, kThief, Amount{400U}}, kArrived)}};
    const auto asked_thief = story.movements(kBitcoin, kThief);
    const auto& thief = asked_thief.rows;
    ASSERT_EQ(thief.size(), 2U);
    const bool first = thief[0].to_chain() == kPolygon;
    EXPECT_EQ(thief[first ? 0 : 1].amount, Amount{300U});
    EXPECT_EQ(thief[first ? 0 : 1].to_amount, Amount{148U});
    EXPECT_EQ(thief[first ? 1 : 0].to, kMule);
    EXPECT_TRUE(story.movements(kBitcoin, kVault).rows.empty());
    const auto asked_far = story.movements(kPolygon, kFar);
    const auto& far = asked_far.rows;
    ASSERT_EQ(far.size(), 3U);  // From both payers, and on.
    EXPECT_EQ(far[0].to_amount + far[1].to_amount, Amount{197U});
}

// --- Paths

TEST(Paths, lead_over_a_bridge_by_value_and_not_to_its_customers) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.97)}};
    const auto result = story.paths(kThief, kPolygon, kShop);
    ASSERT_EQ(result.paths.size(), 1U);
    const Path& path = result.paths[0];
    ASSERT_EQ(path.edges.size(), 3U);
    EXPECT_EQ(path.bottleneck, Amount{99U});
    const Edge edge = result.edges[path.edges[1]];
    EXPECT_EQ(edge.chain, kEthereum);
    EXPECT_EQ(edge.from, kMule);
    EXPECT_EQ(edge.to, kFar);
    EXPECT_EQ(edge.to_chain, kPolygon);
    EXPECT_EQ(edge.to_txn, test::hash(5));
    EXPECT_EQ(edge.to_amount, Amount{198U});
    EXPECT_EQ(edge.via, kVault);
    EXPECT_EQ(edge.confidence, 0.97);
    EXPECT_EQ(result.nodes.size(), 4U);

    EXPECT_TRUE(story.paths(kThief, kEthereum, kOther).paths.empty());
    EXPECT_TRUE(story.paths(kThief, kPolygon, kOther).paths.empty());
    EXPECT_TRUE(story.paths(kStranger, kPolygon, kShop, {}, kPolygon).paths.empty());
    // A crossing is one movement.
    PathParams params;
    params.max_hops = 3;
    EXPECT_EQ(story.paths(kThief, kPolygon, kShop, params).paths.size(), 1U);
    params.max_hops = 2;
    EXPECT_TRUE(story.paths(kThief, kPolygon, kShop, params).paths.empty());
}

TEST(Paths, keep_to_the_time_of_both_chains) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    PathParams params;
    params.until = AccountChain::time_of(6);
    EXPECT_EQ(story.paths(kThief, kPolygon, kShop, params).paths.size(), 1U);
    params.until = AccountChain::time_of(4);  // It is on its way then.
    EXPECT_TRUE(story.paths(kThief, kPolygon, kFar, params).paths.empty());
    EXPECT_EQ(story.paths(kThief, kEthereum, kVault, params).paths.size(), 1U);
    EXPECT_TRUE(story.paths(kThief, kEthereum, kOther, params).paths.empty());
    params.until.reset();
    params.since = AccountChain::time_of(4);
    EXPECT_TRUE(story.paths(kMule, kPolygon, kShop, params).paths.empty());
    // It arrives after the far address has paid.
    const auto away = AccountChain{kPolygon}
                          .pay(kFar, kShop, 198)
                          .pay(kOther, kOther, 1)
                          .pay(kOther, kOther, 1)
                          .pay(kOther, kOther, 1)
                          .pay(kPool, kFar, 198)
                          .blocks();
    const Story late{{eth(), away}, {bridge(kLeft, kArrived)}};
    EXPECT_TRUE(late.paths(kThief, kPolygon, kShop).paths.empty());
    EXPECT_EQ(late.paths(kThief, kPolygon, kFar).paths.size(), 1U);
}

TEST(Paths, begin_at_a_seed_whose_first_movement_is_an_arrival) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    const Seed seed{kPolygon, Seed::FromAddress{kFar, AccountChain::time_of(1)}, "seed"};
    const Seed target{kPolygon, Seed::FromAddress{kShop, {}}, "target"};
    const auto result = find_paths(story.ledger, story.context, std::span{&story.link, 1},
                                   std::span{&seed, 1}, std::span{&target, 1}, {});
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->paths.size(), 1U);
}

TEST(Paths, come_home_over_the_other_chain) {
    // The shop is on the near chain, and only reached over the far one and back.
    const auto home = AccountChain{}
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kVault, 100)
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kVault, kMule, 90)
                          .pay(kVault, kFar, 80)
                          .pay(kFar, kShop, 70)
                          .blocks();
    const auto away = AccountChain{kPolygon}
                          .pay(kOther, kStranger, 1)
                          .pay(kOther, kStranger, 1)
                          .pay(kPool, kMule, 95)
                          .pay(kMule, kPool, 95)
                          .blocks();
    const Story story{
        {home, away},
        {bridge({kEthereum, 2, kMule, Amount{100U}}, {kPolygon, 3, kMule, Amount{95U}}),
         bridge({kPolygon, 4, kMule, Amount{95U}}, {kEthereum, 6, kFar, Amount{80U}})}};
    for (const uint32_t hops : {4U, 6U, 20U}) {
        PathParams params;
        params.max_hops = hops;
        const auto result = story.paths(kThief, kEthereum, kShop, params);
        ASSERT_EQ(result.paths.size(), 1U) << hops;
        EXPECT_EQ(result.paths[0].edges.size(), 4U);
        EXPECT_EQ(result.paths[0].bottleneck, Amount{70U});
    }
    // The mule's two addresses are two places; each is met once.
    EXPECT_EQ(story.paths(kThief, kPolygon, kMule).paths.size(), 1U);
}

TEST(Paths, take_the_crossing_that_arrives_in_time_though_another_left_before_it) {
    const auto home = AccountChain{}.pay(kThief, kVault, 100).pay(kThief, kVault, 100).blocks();
    const auto away = AccountChain{kPolygon}
                          .pay(kOther, kStranger, 1)
                          .pay(kPool, kFar, 100)
                          .pay(kFar, kShop, 100)
                          .pay(kPool, kFar, 100)
                          .blocks();
    const Story story{
        {home, away},
        {bridge({kEthereum, 1, kThief, Amount{100U}}, {kPolygon, 4, kFar, Amount{100U}}),
         bridge({kEthereum, 2, kThief, Amount{100U}}, {kPolygon, 2, kFar, Amount{100U}})}};
    const auto result = story.paths(kThief, kPolygon, kShop);
    ASSERT_EQ(result.paths.size(), 1U);
    EXPECT_EQ(result.edges[result.paths[0].edges[0]].at.block, 2U);
}

TEST(Paths, lead_through_a_mixer_only_by_the_surest_candidate) {
    AccountChain chain;
    chain.pay(kThief, kPool, 100).pay(kStranger, kPool, 100);
    for (const Address& to : {kFar, kShop, kOther}) chain.pay(kPool, to, 100);
    const auto mixed = [&](double first, double second) {
        std::vector<Crossing> all{
            bridge({kEthereum, 1, kThief, Amount{100U}}, {kEthereum, 3, kFar, Amount{100U}}, first),
            bridge({kEthereum, 1, kThief, Amount{100U}}, {kEthereum, 4, kShop, Amount{100U}},
                   second)};
        return Story{{chain.blocks()}, all};
    };
    const Story sure = mixed(0.3, 0.6);
    EXPECT_EQ(sure.paths(kThief, kEthereum, kShop).paths.size(), 1U);
    EXPECT_TRUE(sure.paths(kThief, kEthereum, kFar).paths.empty());
    EXPECT_TRUE(sure.paths(kThief, kEthereum, kOther).paths.empty());
    // None sure: the pool is an address like others, for want of a label.
    const Story unsure = mixed(0.3, 0.4);
    EXPECT_EQ(unsure.paths(kThief, kEthereum, kOther).paths.size(), 1U);
    const auto told = unsure.paths(kThief, kEthereum, kPool);
    EXPECT_EQ(told.edges[0].why.size(), 1U);
    Story labelled = mixed(0.3, 0.4);
    labelled.context.call(kPool, Category::kMixer);
    PathParams params;
    params.stop = default_stop_categories();
    EXPECT_TRUE(labelled.paths(kThief, kEthereum, kOther, params).paths.empty());
}

TEST(Paths, that_cross_end_at_their_bounds) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    const auto whole = story.paths(kThief, kPolygon, kShop);
    for (uint64_t bound = 1; bound <= 12; ++bound)
        for (const bool nodes : {true, false}) {
            PathParams params;
            (nodes ? params.max_nodes : params.max_edges) = bound;
            const auto result = story.paths(kThief, kPolygon, kShop, params);
            EXPECT_TRUE(result.incomplete || result.paths.size() == 1) << bound;
            for (const Path& path : result.paths)
                EXPECT_EQ(path.bottleneck, whole.paths[0].bottleneck);
        }
    PathParams params;
    params.min_confidence = 1.5;
    const Seed seed{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
    const std::span one{&seed, 1};
    EXPECT_FALSE(find_paths(story.ledger, story.context, {}, one, one, params).has_value());
}

TEST(Paths, order_the_txns_of_a_block_where_it_has_a_time) {
    const auto in_one_block = [](std::optional<UnixMillis> time, bool paid_first) {
        Block block;
        block.chain = kEthereum;
        block.header.number = 1;
        block.header.time = time;
        Transfer paid = transfer().from(kThief).to(kMule).amount(5U);
        Transfer on = transfer().from(kMule).to(kShop).amount(5U);
        if (!paid_first) std::swap(paid, on);
        block.account_txns = {{test::hash(1), {paid}}, {test::hash(2), {on}}};
        const Story story{{{block}}, {}};
        return story.paths(kThief, kEthereum, kShop).paths.size();
    };
    EXPECT_EQ(in_one_block(AccountChain::time_of(1), true), 1U);
    EXPECT_EQ(in_one_block(AccountChain::time_of(1), false), 0U);
    for (const std::optional<UnixMillis> none : {std::optional<UnixMillis>{}, {UnixMillis{}}}) {
        EXPECT_EQ(in_one_block(none, true), 1U);
        EXPECT_EQ(in_one_block(none, false), 1U);
    }
}

TEST(ValueScale, of_a_search_measures_both_chains_by_what_left_its_seeds) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    const auto result = story.paths(kThief, kPolygon, kShop);
    const ValueScale scale = ValueScale::make(result, &story.context);
    EXPECT_EQ(scale.unit_name(), "ETH");
    EXPECT_DOUBLE_EQ(scale.loot(), 100e-18);
    EXPECT_DOUBLE_EQ(scale.value(kEthereum, {}, Amount{200U}), 200e-18);
    EXPECT_DOUBLE_EQ(scale.value(kPolygon, {}, Amount{198U}), 200e-18);
}

// --- Ranking

TEST(Rank, follows_a_bridge_in_the_measure_of_its_confidence) {
    RankParams params;
    params.beta = 1;
    const auto at = [&](double confidence) {
        return Story{{eth(), polygon()}, {bridge(kLeft, kArrived, confidence)}}.ranked(kThief,
                                                                                       params);
    };
    const auto sure = at(1), likely = at(0.6);
    EXPECT_GT(score(sure, kPolygon, kShop), 0);
    EXPECT_NEAR(score(likely, kPolygon, kFar), 0.6 * score(sure, kPolygon, kFar), 1e-9);
    EXPECT_NEAR(score(likely, kPolygon, kShop), 0.6 * score(sure, kPolygon, kShop), 1e-9);
    for (const Address& none : {kVault, kPool, kOther})
        for (const ChainId chain : {kEthereum, kPolygon}) EXPECT_EQ(score(sure, chain, none), 0);
    const auto over = std::find_if(sure.edges.begin(), sure.edges.end(),
                                   [](const Edge& edge) { return edge.to_chain.has_value(); });
    ASSERT_NE(over, sure.edges.end());
    EXPECT_EQ((*over).to_txn, test::hash(5));
    EXPECT_EQ((*over).to_amount, Amount{198U});
}

TEST(Rank, follows_a_bridge_back_to_who_paid_it) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived)}};
    RankParams params;
    params.beta = 0;
    const auto result = story.ranked(kShop, params, kPolygon);
    EXPECT_GT(score(result, kPolygon, kFar), 0);
    EXPECT_GT(score(result, kEthereum, kMule), 0);
    EXPECT_GT(score(result, kEthereum, kThief), 0);
    EXPECT_EQ(score(result, kPolygon, kPool), 0);
    EXPECT_EQ(score(result, kPolygon, kStranger), 0);
    // The mule paid the bridge before the thief paid the mule.
    const auto home = AccountChain{}.pay(kMule, kVault, 200).pay(kThief, kMule, 100).blocks();
    const Story early{{home, polygon()}, {bridge({kEthereum, 1, kMule, Amount{200U}}, kArrived)}};
    const auto before = early.ranked(kShop, params, kPolygon);
    EXPECT_GT(score(before, kEthereum, kMule), 0);
    EXPECT_EQ(score(before, kEthereum, kThief), 0);
}

TEST(Rank, stays_at_the_bridge_where_a_sure_crossing_cannot_be_followed) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, {kPolygon, 2, kOther, Amount{10U}})}};
    const auto result = story.ranked(kThief);
    EXPECT_GT(score(result, kEthereum, kVault), 0);
    EXPECT_EQ(score(result, kEthereum, kOther), 0);
    EXPECT_EQ(score(result, kPolygon, kOther), 0);
    ASSERT_EQ(result.warnings.size(), 2U);
    EXPECT_NE(result.warnings[1].find("before it left"), std::string::npos);
    // And one that is not sure goes on like any payment.
    const Story unsure{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.4)}};
    EXPECT_GT(score(unsure.ranked(kThief), kEthereum, kOther), 0);
    EXPECT_EQ(score(unsure.ranked(kThief), kPolygon, kFar), 0);
}

TEST(Rank, takes_the_same_address_on_another_chain_for_no_imitation) {
    // The mule bridges to his own address, from where it goes on; his address here deals with more.
    const auto home = AccountChain{}
                          .pay(kStranger, kMule, 1)
                          .pay(kThief, kMule, 200)
                          .pay(kThief, kVault, 200)
                          .pay(kMule, kShop, 100)
                          .pay(kMule, kOther, 100)
                          .blocks();
    const auto away = AccountChain{kPolygon}
                          .pay(kStranger, kPool, 1000)
                          .pay(kPool, kOther, 10)
                          .pay(kPool, kOther, 10)
                          .pay(kPool, kMule, 200)
                          .pay(kMule, kFar, 200)
                          .blocks();
    const Story story{
        {home, away},
        {bridge({kEthereum, 3, kThief, Amount{200U}}, {kPolygon, 4, kMule, Amount{200U}})}};
    const auto result = story.ranked(kThief);
    EXPECT_GT(score(result, kEthereum, kShop), 0);
    EXPECT_GT(score(result, kPolygon, kMule), 0);
    EXPECT_GT(score(result, kPolygon, kFar), 0);
}

TEST(Rank, goes_through_a_mixer_to_the_same_address) {
    const auto chain = AccountChain{}
                           .pay(kThief, kMule, 100)
                           .pay(kMule, kOther, 30)
                           .pay(kMule, kPool, 70)
                           .pay(kStranger, kPool, 70)
                           .pay(kPool, kMule, 70)
                           .pay(kMule, kShop, 70)
                           .pay(kPool, kFar, 70)
                           .blocks();
    const Story story{
        {chain}, {bridge({kEthereum, 3, kMule, Amount{70U}}, {kEthereum, 5, kMule, Amount{70U}})}};
    const auto result = story.ranked(kThief);
    EXPECT_GT(score(result, kEthereum, kShop), 0);
    EXPECT_EQ(score(result, kEthereum, kPool), 0);
    EXPECT_EQ(score(result, kEthereum, kFar), 0);
    double sum = 0;
    for (const Node& node : result.nodes) sum += *node.score;
    EXPECT_LE(sum, 1 + 1e-9);
}

TEST(Rank, that_crosses_is_bounded_and_gives_the_same_answer_twice) {
    const Story story{{eth(), polygon()}, {bridge(kLeft, kArrived, 0.8)}};
    for (uint64_t bound = 1; bound <= 8; ++bound) {
        RankParams params;
        params.max_pushes = bound;
        const auto a = story.ranked(kThief, params), b = story.ranked(kThief, params);
        ASSERT_EQ(a.nodes.size(), b.nodes.size());
        for (std::size_t i = 0; i < a.nodes.size(); ++i) {
            EXPECT_EQ(a.nodes[i].score, b.nodes[i].score);
            EXPECT_EQ(a.nodes[i].address, b.nodes[i].address);
        }
        params = {};
        params.max_nodes = bound;
        EXPECT_LE(story.ranked(kThief, params).nodes.size(), bound + 4);
    }
}

}  // namespace
}  // namespace cordon::trace
