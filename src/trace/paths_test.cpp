// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "fake_context.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

using test::AccountChain;
using test::address;
using test::MemoryLedger;
using test::token;
using test::transfer;

const Address kThief = address(1), kA = address(2), kB = address(3), kShop = address(4),
              kPool = address(5);

class OneSwap final : public LinkSource {
public:
    OneSwap(LinkEnd from, LinkEnd to) : from_{std::move(from)}, to_{std::move(to)} {}
    std::vector<Link> links(ChainId, const ledger::PlacedAccountTxn& txn,
                            const Context&) const override {
        if (txn.txn.transfers.size() < 2) return {};
        return {Link{"swap", {from_}, {to_}, 1, {}}};
    }

private:
    LinkEnd from_, to_;
};

struct Story {
    MemoryLedger ledger;
    test::FakeContext context;
    std::vector<const LinkSource*> links;

    explicit Story(const AccountChain& chain) : ledger{chain.blocks()} {}

    TraceResult paths(const Address& from, const Address& to, PathParams params = {}) const {
        const Seed seed{kEthereum, Seed::FromAddress{from, {}}, "seed"};
        const Seed target{kEthereum, Seed::FromAddress{to, {}}, "target"};
        auto result =
            find_paths(ledger, context, links, std::span{&seed, 1}, std::span{&target, 1}, params);
        EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
        return result ? std::move(*result) : TraceResult{};
    }
};

std::vector<Address> stations(const TraceResult& result, const Path& path) {
    std::vector<Address> out{result.edges[path.edges.front()].from};
    for (const uint32_t edge : path.edges) out.push_back(result.edges[edge].to);
    return out;
}

TEST(Paths, come_widest_first) {
    const Story story{AccountChain{}
                          .pay(kThief, kA, 100)
                          .pay(kThief, kB, 60)
                          .pay(kA, kShop, 30)
                          .pay(kB, kShop, 55)};
    const TraceResult result = story.paths(kThief, kShop);
    ASSERT_EQ(result.paths.size(), 2);
    EXPECT_EQ(result.mode, Mode::kPaths);
    EXPECT_EQ(result.paths[0].bottleneck, Amount{55U});
    EXPECT_EQ(stations(result, result.paths[0]), (std::vector{kThief, kB, kShop}));
    EXPECT_EQ(result.paths[1].bottleneck, Amount{30U});
    EXPECT_EQ(result.edges.size(), 4);
}

TEST(Paths, respect_time) {
    const Story story{AccountChain{}.pay(kA, kShop, 30).pay(kThief, kA, 100)};
    EXPECT_TRUE(story.paths(kThief, kShop).paths.empty());
}

TEST(Paths, of_many_movements_between_the_same_addresses_the_widest_is_told) {
    AccountChain chain;
    for (uint64_t i = 1; i <= 50; ++i) chain.pay(kThief, kA, i).pay(kA, kShop, i);
    const TraceResult result = Story{chain}.paths(kThief, kShop);
    ASSERT_EQ(result.paths.size(), 1);
    EXPECT_EQ(result.paths[0].bottleneck, Amount{50U});
}

TEST(Paths, keep_to_hops_floor_and_count) {
    AccountChain chain;
    for (unsigned i = 10; i < 16; ++i) chain.pay(address(i), address(i + 1), 100 + i);
    for (unsigned i = 0; i < 30; ++i)
        chain.pay(kThief, address(100 + i), 10 + i).pay(address(100 + i), kShop, 10 + i);
    const Story story{chain};
    PathParams params;
    EXPECT_EQ(story.paths(address(10), address(16), params).paths.size(), 1);
    params.max_hops = 5;
    EXPECT_TRUE(story.paths(address(10), address(16), params).paths.empty());
    params.count = 7;
    EXPECT_EQ(story.paths(kThief, kShop, params).paths.size(), 7);
    params.min_amount = Amount{39U};
    EXPECT_EQ(story.paths(kThief, kShop, params).paths.size(), 1);
}

TEST(Paths, go_on_in_what_a_swap_bought) {
    const Asset usd = token("USD");
    Story story{AccountChain{}
                    .pay(kThief, kA, 100)
                    .txn({transfer().from(kA).to(kPool).amount(50),
                          transfer().from(kPool).to(kA).amount(1000).asset(usd)})
                    .pay(kA, kShop, 400, usd)};
    const OneSwap swap{{kA, {}, Amount{50U}}, {kA, usd, Amount{1000U}}};
    story.links.push_back(&swap);
    const TraceResult result = story.paths(kThief, kShop);
    ASSERT_EQ(result.paths.size(), 1);
    EXPECT_EQ(result.paths[0].bottleneck, Amount{400U});
    EXPECT_EQ(result.paths[0].asset, usd);
    EXPECT_EQ(result.paths[0].edges.size(), 3);
}

TEST(Paths, another_asset_of_the_same_address_is_another_way) {
    const Story story{AccountChain{}.pay(kThief, kA, 100).pay(kA, kShop, 100, token("USD"))};
    EXPECT_TRUE(story.paths(kThief, kShop).paths.empty());
}

TEST(Paths, do_not_lead_through_services_but_may_end_there) {
    Story story{AccountChain{}.pay(kThief, kShop, 100).pay(kShop, kA, 90)};
    story.context.call(kShop, Category::kExchange);
    PathParams params;
    params.stop = default_stop_categories();
    EXPECT_TRUE(story.paths(kThief, kA, params).paths.empty());
    EXPECT_EQ(story.paths(kThief, kShop, params).paths.size(), 1);
}

TEST(Paths, cycles_self_payments_and_zero_amounts_make_none) {
    const Story story{AccountChain{}
                          .pay(kThief, kA, 100)
                          .pay(kA, kA, 100)
                          .pay(kA, kB, 100)
                          .pay(kB, kA, 100)
                          .pay(kA, kB, 0)
                          .pay(kB, kThief, 100)
                          .pay(kA, kShop, 100)};
    PathParams params;
    params.max_hops = 64;
    const TraceResult result = story.paths(kThief, kShop, params);
    ASSERT_EQ(result.paths.size(), 1);
    EXPECT_EQ(stations(result, result.paths[0]), (std::vector{kThief, kA, kShop}));
}

TEST(Paths, a_dense_graph_ends_at_its_budget) {
    AccountChain chain;
    for (int round = 0; round < 4; ++round)
        for (unsigned i = 1; i <= 12; ++i)
            for (unsigned j = 1; j <= 12; ++j)
                if (i != j) chain.pay(address(i), address(j), 1 + (i * 7 + j * 3) % 11);
    PathParams params;
    params.count = 1'000'000;
    params.max_labels = 20'000;
    const TraceResult result = Story{chain}.paths(address(1), address(12), params);
    EXPECT_TRUE(result.incomplete);
    EXPECT_FALSE(result.paths.empty());
    for (std::size_t i = 1; i < result.paths.size(); ++i)
        EXPECT_LE(result.paths[i].bottleneck, result.paths[i - 1].bottleneck);
}

TEST(Paths, a_hub_at_one_end_costs_its_movements_only) {
    AccountChain chain;
    for (unsigned i = 0; i < 20'000; ++i) chain.pay(address(1000 + i), kShop, 5);
    chain.pay(kThief, kA, 9).pay(kA, kShop, 8);
    const TraceResult result = Story{chain}.paths(kThief, kShop);
    ASSERT_EQ(result.paths.size(), 1);
    EXPECT_EQ(result.nodes.size(), 3);
}

TEST(Paths, are_found_over_an_address_that_the_other_end_met_on_a_shorter_way) {
    const Address near_both = address(10), a = address(11), b = address(12), c = address(13);
    AccountChain chain;
    chain
        .pay(near_both, kShop, 1)  // Too early for the thief's money.
        .pay(kThief, near_both, 50)
        .pay(near_both, a, 50)
        .pay(a, b, 50)
        .pay(b, c, 50)
        .pay(c, kShop, 50)
        .pay(kA, address(20), 5)
        .pay(address(20), address(21), 5)
        .pay(kB, address(22), 5);
    // So many that the search turns to the seeds after two steps back from the shop.
    for (unsigned i = 0; i < 20; ++i) chain.pay(address(100 + i), c, 1);
    const Story story{chain};
    std::vector<Seed> seeds;
    for (const Address& who : {kThief, kA, kB})
        seeds.push_back({kEthereum, Seed::FromAddress{who, {}}, "seed"});
    const Seed target{kEthereum, Seed::FromAddress{kShop, {}}, "target"};
    PathParams params;
    params.max_hops = 5;
    const auto result =
        find_paths(story.ledger, story.context, {}, seeds, std::span{&target, 1}, params).value();
    ASSERT_EQ(result.paths.size(), 1U);
    EXPECT_EQ(result.paths[0].edges.size(), 5U);
}

TEST(Paths, refuse_bounds_out_of_range) {
    const Story story{AccountChain{}.pay(kThief, kA, 1)};
    const Seed seed{kEthereum, Seed::FromAddress{kThief, {}}, "seed"};
    const std::span one{&seed, 1};
    for (const uint32_t hops : {0U, 65U}) {
        PathParams params;
        params.max_hops = hops;
        EXPECT_FALSE(find_paths(story.ledger, story.context, {}, one, one, params).has_value());
    }
    EXPECT_FALSE(find_paths(story.ledger, story.context, {}, one, {}, {}).has_value());
}

}  // namespace
}  // namespace cordon::trace
