// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rank.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"
#include "movements.hpp"
#include "sweep.hpp"

namespace cordon::trace {
namespace {

using test::AccountChain;
using test::address;
using test::MemoryLedger;
using test::token;
using test::transfer;

const Address kThief = address(1), kMule = address(2), kShop = address(3), kOther = address(4),
              kPool = address(5);

/// Turns what one address sells for another token into a swap link.
class OneSwap final : public LinkSource {
public:
    OneSwap(Address who, LinkEnd from, LinkEnd to)
        : who_{who}, from_{std::move(from)}, to_{std::move(to)} {}
    std::vector<Link> links(ChainId, const ledger::PlacedAccountTxn& txn,
                            const Context&) const override {
        for (const Transfer& row : txn.txn.transfers)
            if (row.from == who_ && row.asset == from_.asset)
                return {Link{"swap", {from_}, {to_}, 1, {}}};
        return {};
    }
    bool is_worthless(ChainId, const Asset& asset, const Context&) const override {
        return asset == token("FAKE");
    }

private:
    Address who_;
    LinkEnd from_, to_;
};

struct Story {
    MemoryLedger ledger;
    test::FakeContext context;
    std::vector<const LinkSource*> links;

    explicit Story(std::vector<Block> blocks) : ledger{std::move(blocks)} {}

    TraceResult rank_from(const Address& who, const RankParams& params = defaults(),
                          ChainId chain = kEthereum) const {
        const Seed seed{chain, Seed::FromAddress{who, {}}, "seed"};
        auto result = rank(ledger, context, links, std::span{&seed, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
    static RankParams defaults() {
        RankParams params;
        params.stop = default_stop_categories();
        return params;
    }
};

double score(const TraceResult& result, const Address& who) {
    for (const Node& node : result.nodes)
        if (node.address == who) return *node.score;
    return 0;
}

/// An EVM address with given first and last digits, as wallets show it.
Address shown_as(const Address& model, uint8_t middle) {
    std::vector<uint8_t> bytes(model.payload().begin(), model.payload().end());
    bytes[9] = middle;
    return Address{AddressKind::kEvm, bytes};
}

TEST(Sweep, shares_mass_over_later_movements_by_weight) {
    const Sweep sweep{{{0, 10, {}}, {0, 30, {}}, {1, 5, {}}, {0, 10, {}}}};
    const auto given = sweep.share({{1, 0, 1.0}});
    EXPECT_EQ(given[0], 0);
    EXPECT_DOUBLE_EQ(given[1], 0.75);
    EXPECT_EQ(given[2], 0) << "another asset";
    EXPECT_DOUBLE_EQ(given[3], 0.25);
}

TEST(Sweep, a_chip_without_a_way_out_stays) {
    const Sweep sweep{{{0, 1, {}}}};
    EXPECT_EQ(sweep.share({{1, 0, 1.0}, {0, 7, 1.0}})[0], 0);
    EXPECT_TRUE(Sweep{}.share({{0, 0, 1.0}}).empty());
}

TEST(Sweep, a_swap_carries_mass_into_the_asset_bought_and_only_behind_it) {
    const Sweep sweep{{{1, 4, {}}, {0, 1, 1U}, {1, 4, {}}}};
    const auto given = sweep.share({{0, 0, 1.0}});
    EXPECT_EQ(given[0], 0) << "sent before the swap";
    EXPECT_DOUBLE_EQ(given[1], 1);
    EXPECT_DOUBLE_EQ(given[2], 1);
}

TEST(Sweep, never_gives_more_than_came_in) {
    std::vector<SweepRow> rows;
    for (uint32_t i = 0; i < 100; ++i) rows.push_back({i % 3, 1.0 + i % 7, {}});
    std::vector<Chip> chips;
    for (std::size_t i = 0; i < 50; ++i)
        chips.push_back({i * 2, static_cast<uint32_t>(i % 4), 0.5});
    const auto given = Sweep{rows}.share(chips);
    EXPECT_LE(std::accumulate(given.begin(), given.end(), 0.0), 25.0 + 1e-9);
}

TEST(Rank, follows_money_in_time_and_not_what_was_sent_before_it_came) {
    const Story story{AccountChain{}
                          .pay(kMule, kOther, 5)
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kShop, 90)
                          .pay(kShop, kPool, 1)
                          .blocks()};
    RankParams params = Story::defaults();
    params.beta = 1;
    const TraceResult result = story.rank_from(kThief, params);
    EXPECT_EQ(result.mode, Mode::kRanked);
    EXPECT_GT(score(result, kMule), 0);
    EXPECT_GT(score(result, kShop), 0);
    EXPECT_EQ(score(result, kOther), 0);
}

TEST(Rank, an_extract_without_times_is_ranked_without_order) {
    Block block;
    block.chain = kEthereum;
    block.header.number = 1;
    const auto add = [&](const Address& from, const Address& to) {
        block.account_txns.push_back(
            {test::hash(block.account_txns.size() + 1), {transfer().from(from).to(to).amount(5)}});
    };
    add(kMule, kShop);
    add(kShop, kOther);
    add(kThief, kMule);
    const Story story{{block}};
    EXPECT_GT(score(story.rank_from(kThief), kShop), 0);
}

TEST(Rank, an_account_that_passes_on_counts_more_than_a_dead_end) {
    const Story story{AccountChain{}
                          .pay(kThief, kOther, 100)
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kShop, 90)
                          .blocks()};
    const TraceResult result = story.rank_from(kThief);
    EXPECT_GT(score(result, kMule), 2 * score(result, kOther));
    EXPECT_GT(score(result, kOther), 0) << "later, not lost";
}

TEST(Rank, paying_back_is_not_passing_on) {
    const Story story{AccountChain{}
                          .pay(kThief, kOther, 100)
                          .pay(kOther, kThief, 100)
                          .pay(kThief, kMule, 100)
                          .pay(kMule, kShop, 90)
                          .blocks()};
    const TraceResult result = story.rank_from(kThief);
    EXPECT_GT(score(result, kMule), score(result, kOther));
}

TEST(Rank, dust_zero_amounts_counterfeits_and_self_payments_lead_nowhere) {
    const Address zero = address(20), fake = address(21);
    Story story{AccountChain{}
                    .pay(kThief, kMule, 100)
                    .pay(kThief, zero, 0)
                    .pay(kThief, fake, 100, token("FAKE"))
                    .pay(kThief, kThief, 500)
                    .pay(kMule, kShop, 90)
                    .blocks()};
    const OneSwap counterfeit{kPool, {}, {}};
    story.links.push_back(&counterfeit);
    const TraceResult result = story.rank_from(kThief);
    EXPECT_EQ(score(result, zero), 0);
    EXPECT_EQ(score(result, fake), 0);
    EXPECT_EQ(result.edges.size(), 2);
}

TEST(Rank, of_addresses_that_look_alike_only_the_used_one_is_followed) {
    const Address copy = shown_as(kMule, 9);
    ASSERT_EQ(shown_digits(copy), shown_digits(kMule));
    const Story story{AccountChain{}
                          .pay(kThief, kMule, 100)
                          .pay(kThief, copy, 100)
                          .pay(kMule, kShop, 50)
                          .pay(kMule, kOther, 50)
                          .blocks()};
    const TraceResult result = story.rank_from(kThief);
    EXPECT_GT(score(result, kMule), 0);
    EXPECT_EQ(score(result, copy), 0);
}

TEST(Rank, look_alikes_with_equal_dealings_are_both_kept) {
    const Address copy = shown_as(kMule, 9);
    const Story story{AccountChain{}.pay(kThief, kMule, 100).pay(kThief, copy, 100).blocks()};
    const TraceResult result = story.rank_from(kThief);
    EXPECT_GT(score(result, kMule), 0);
    EXPECT_GT(score(result, copy), 0);
}

TEST(Rank, a_swap_redirects_mass_to_the_asset_bought) {
    const Asset usd = token("USD");
    Story story{AccountChain{}
                    .pay(kThief, kMule, 100)
                    .txn({transfer().from(kMule).to(kPool).amount(100),
                          transfer().from(kPool).to(kMule).amount(7).asset(usd)})
                    .pay(kMule, kShop, 7, usd)
                    .pay(kShop, kOther, 7, usd)
                    .blocks()};
    const OneSwap swap{kMule, {kMule, {}, Amount{100U}}, {kMule, usd, Amount{7U}}};
    story.links.push_back(&swap);
    const TraceResult result = story.rank_from(kThief);
    EXPECT_GT(score(result, kShop), 0);
    EXPECT_EQ(score(result, kPool), 0) << "the pool gave as much as it took";
    EXPECT_TRUE(std::any_of(result.edges.begin(), result.edges.end(), [&](const Edge& edge) {
        return edge.kind == "swap" && edge.to_asset == usd;
    }));
}

TEST(Rank, stops_at_services_and_says_so) {
    Story story{AccountChain{}.pay(kThief, kShop, 100).pay(kShop, kOther, 90).blocks()};
    story.context.call(kShop, Category::kExchange);
    const TraceResult result = story.rank_from(kThief);
    EXPECT_EQ(score(result, kOther), 0);
    const auto shop = std::find_if(result.nodes.begin(), result.nodes.end(),
                                   [](const Node& node) { return node.address == kShop; });
    ASSERT_NE(shop, result.nodes.end());
    EXPECT_EQ((*shop).stop, Stop::kLabel);
}

TEST(Rank, dust_of_many_strangers_does_not_make_a_mule_a_service) {
    AccountChain chain;
    chain.pay(kThief, kMule, 1'000'000);
    for (unsigned i = 0; i < 20; ++i) chain.pay(address(100 + i), kMule, 1);
    for (unsigned i = 0; i < 20; ++i) chain.pay(kMule, address(200 + i), 50'000);
    chain.pay(address(203), kOther, 40'000);
    EXPECT_GT(score(Story{chain.blocks()}.rank_from(kThief), address(203)), 0);

    AccountChain served;
    served.pay(kThief, kMule, 1'000'000);
    for (unsigned i = 0; i < 20; ++i) served.pay(address(100 + i), kMule, 100'000);
    for (unsigned i = 0; i < 20; ++i) served.pay(kMule, address(200 + i), 50'000);
    EXPECT_EQ(score(Story{served.blocks()}.rank_from(kThief), address(203)), 0);
}

TEST(Rank, a_cycle_ends_and_conserves_mass) {
    AccountChain chain;
    for (int round = 0; round < 50; ++round)
        chain.pay(kThief, kMule, 10).pay(kMule, kShop, 10).pay(kShop, kThief, 10);
    const TraceResult result = Story{chain.blocks()}.rank_from(kThief);
    double sum = 0;
    for (const Node& node : result.nodes) sum += *node.score;
    EXPECT_GT(sum, 0);
    EXPECT_LE(sum, 1 + 1e-9);
    EXPECT_FALSE(result.incomplete);
}

TEST(Rank, a_hub_of_a_hundred_thousand_is_met_and_not_opened) {
    Block block;
    block.chain = kEthereum;
    block.header.number = 1;
    block.account_txns.push_back({test::hash(1), {transfer().from(kThief).to(kShop).amount(5)}});
    for (uint32_t i = 0; i < 100'000; ++i)
        block.account_txns.push_back(
            {test::hash(i + 2), {transfer().from(kShop).to(address(1000 + i)).amount(5)}});
    const TraceResult result = Story{{block}}.rank_from(kThief);
    EXPECT_EQ(result.nodes.size(), 2);
    EXPECT_EQ(result.nodes[1].stop, Stop::kHighDegree);
}

TEST(Rank, is_bounded_and_says_when_a_bound_ended_it) {
    AccountChain chain;
    for (unsigned i = 1; i < 200; ++i) chain.pay(address(i), address(i + 1), 100);
    RankParams params = Story::defaults();
    params.epsilon = 1e-9;
    params.max_pushes = 5;
    const TraceResult result = Story{chain.blocks()}.rank_from(kThief, params);
    EXPECT_TRUE(result.incomplete);
    EXPECT_LE(result.nodes.size(), 7);
}

TEST(Rank, gives_the_same_answer_twice_and_ranks_coins_of_utxo_chains) {
    test::UtxoChain chain;
    const auto at = [](unsigned i) { return address(i, AddressKind::kP2wpkh); };
    chain.txn(1, {}, {{at(1), 100}});
    chain.txn(2, {test::outpoint(1, 0)}, {{at(2), 60}, {at(3), 40}});
    chain.txn(3, {test::outpoint(2, 0)}, {{at(4), 60}});
    const Story story{chain.blocks()};
    const TraceResult a = story.rank_from(at(1), Story::defaults(), kBitcoin);
    const TraceResult b = story.rank_from(at(1), Story::defaults(), kBitcoin);
    ASSERT_EQ(a.nodes.size(), b.nodes.size());
    for (std::size_t i = 0; i < a.nodes.size(); ++i) EXPECT_EQ(a.nodes[i].score, b.nodes[i].score);
    EXPECT_GT(score(a, at(2)), score(a, at(3)));
    EXPECT_GT(score(a, at(4)), 0);
}

TEST(Rank, refuses_parameters_out_of_range_and_unknown_seeds) {
    const Story story{AccountChain{}.pay(kThief, kMule, 1).blocks()};
    const Seed seed{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
    const auto code = [&](const Seed& from, auto change) {
        RankParams params;
        change(params);
        const auto result = rank(story.ledger, story.context, {}, std::span{&from, 1}, params);
        return result ? std::nullopt : std::optional{result.error().code};
    };
    EXPECT_EQ(code(seed, [](RankParams& p) { p.alpha = 0; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(seed, [](RankParams& p) { p.epsilon = 0; }), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(seed, [](RankParams& p) { p.phi = std::nan(""); }), ErrorCode::kInvalidParam);
    EXPECT_EQ(code(seed, [](RankParams& p) { p.max_pushes = 0; }), ErrorCode::kInvalidParam);
    const Seed unknown{kEthereum, Seed::FromAddress{address(99), {}}, "seed"};
    EXPECT_EQ(code(unknown, [](RankParams&) {}), ErrorCode::kNotFound);
    EXPECT_FALSE(rank(story.ledger, story.context, {}, {}, RankParams{}).has_value());
}

}  // namespace
}  // namespace cordon::trace
