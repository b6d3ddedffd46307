// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Correlations over event time, and that a reorg takes them back exactly.
#include <gtest/gtest.h>

#include "../test_state.hpp"
#include "correlate.hpp"
#include "test_rules.hpp"

namespace cordon::detect {
namespace {

const Address kHot = named("hot");

std::string correlated(const std::string& condition, const std::string& lines) {
    std::string text = rule_of(condition, "  event: transfer\n");
    text += "  correlate:\n";
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        text += "    " + lines.substr(at, end - at) + "\n";
        at = end == std::string::npos ? lines.size() : end + 1;
    }
    return text;
}

Amount eth(unsigned n) { return *parse_units(std::to_string(n), 18); }

TEST(Correlate, counts_within_the_window_and_raises_once_in_it) {
    RuleBench b;
    b.start(
        correlated("amount > 0", "type: count\nby: [from]\nwindow: 10m\nhaving: group.value >= 3"));
    for (int i = 0; i < 2; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block(60);
    }
    b.stream.transfer(named("other"), named("a"), eth(1));
    b.block(60);
    EXPECT_EQ(b.count("r"), 0U);
    for (int i = 0; i < 3; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block(60);
    }
    ASSERT_EQ(b.count("r"), 1U);
    EXPECT_EQ(b.alerts.of("r")[0].txns.size(), 3U);
    b.stream.wait(3600);
    for (int i = 0; i < 3; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block(60);
    }
    EXPECT_EQ(b.count("r"), 2U);
}

TEST(Correlate, events_that_are_too_far_apart_do_not_count) {
    RuleBench b;
    b.start(correlated("amount > 0", "type: count\nwindow: 1m\nhaving: group.value >= 2"));
    for (int i = 0; i < 5; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block(60);
    }
    EXPECT_EQ(b.count("r"), 0U);
}

TEST(Correlate, counts_different_values) {
    RuleBench b;
    b.start(correlated(
        "amount > 0", "type: distinct\nof: to\nby: [from]\nwindow: 10m\nhaving: group.value >= 3"));
    for (const char* to : {"a", "a", "b", "a", "b"}) {
        b.stream.transfer(kHot, named(to), eth(1));
        b.block();
    }
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("c"), eth(1));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

TEST(Correlate, sums_amounts_beyond_the_events_it_tells_apart) {
    RuleBench b;
    b.start(correlated(
        "amount > 0",
        "type: sum\nof: amount\nby: [from]\nwindow: 24h\nhaving: group.value >= 200 ETH"));
    for (unsigned i = 0; i < 199; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block();
    }
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("a"), eth(1));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

TEST(Correlate, compares_with_a_quantile_of_what_came_before) {
    RuleBench b;
    b.start(correlated("amount > 0",
                       "type: quantile\nof: amount\nshare: 99%\nby: [from]\nwindow: 7d\n"
                       "having: group.events >= 50 and amount > 4 * group.value"));
    for (unsigned i = 0; i < 60; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1 + i % 5));
        b.block();
    }
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("a"), eth(19));
    b.block();
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("a"), eth(80));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

constexpr const char* kTwoSteps =
    "by: [from]\nwindow: 10m\nsteps:\n  - condition: amount < 1 ETH\n  - condition: amount > 10 "
    "ETH";

TEST(Correlate, sees_a_sequence_in_its_order_only) {
    RuleBench b;
    b.start(correlated("", std::string{"type: sequence\n"} + kTwoSteps));
    b.stream.transfer(kHot, named("a"), eth(20));
    b.block();
    b.stream.transfer(kHot, named("a"), Amount{5U});
    b.block();
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(named("other"), named("a"), eth(20));
    b.block();
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("a"), eth(20));
    b.block();
    ASSERT_EQ(b.count("r"), 1U);
    EXPECT_EQ(b.alerts.of("r")[0].txns.size(), 2U);
    b.stream.transfer(kHot, named("a"), Amount{5U}).wait(700);
    b.block();
    b.stream.wait(700).transfer(kHot, named("a"), eth(20));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);  // Too late.
}

TEST(Correlate, joins_in_any_order) {
    RuleBench b;
    b.start(correlated("", std::string{"type: join\n"} + kTwoSteps));
    b.stream.transfer(kHot, named("a"), eth(20));
    b.block();
    b.stream.transfer(kHot, named("a"), eth(30));
    b.block();
    EXPECT_EQ(b.count("r"), 0U);
    b.stream.transfer(kHot, named("a"), Amount{5U});
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

TEST(Correlate, tells_what_did_not_come) {
    const std::string rule =
        correlated("amount > 10 ETH",
                   "type: absence\nby: [from]\nwindow: 10m\nwithout:\n  condition: amount < 1 ETH");
    RuleBench b;
    b.start(rule);
    b.stream.transfer(kHot, named("a"), eth(20));
    b.block(300);
    b.block(300);
    EXPECT_EQ(b.count("r"), 0U);
    b.block();
    ASSERT_EQ(b.count("r"), 1U);
    EXPECT_EQ(b.alerts.of("r")[0].subject, kHot);
    EXPECT_EQ(b.alerts.of("r")[0].txns.size(), 1U);
    b.stream.transfer(kHot, named("a"), eth(20));
    b.block(60);
    b.stream.transfer(kHot, named("a"), Amount{1U});
    b.block(3600);
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

/// Every correlation: what a branch taught it is gone after a reorg, to the byte.
TEST(Correlate, a_reorg_takes_back_what_was_learned) {
    for (const std::string& lines :
         {std::string{"type: count\nwindow: 10m\nhaving: group.value >= 3"},
          std::string{"type: distinct\nof: to\nwindow: 10m\nhaving: group.value >= 3"},
          std::string{"type: sum\nof: amount\nwindow: 10m\nhaving: group.value >= 30 ETH"},
          std::string{"type: quantile\nof: amount\nshare: 50%\nwindow: 10m\n"
                      "having: group.events >= 2 and amount >= group.value"},
          std::string{"type: sequence\n"} + kTwoSteps, std::string{"type: join\n"} + kTwoSteps,
          std::string{"type: absence\nwindow: 20s\nwithout:\n  condition: amount == 77"}}) {
        const bool steps = lines.find("steps") != std::string::npos;
        RuleBench b;
        b.start(correlated(steps ? "" : "amount > 0", lines));
        b.stream.transfer(kHot, named("a"), Amount{5U});
        b.block();
        MemoryState before;
        ASSERT_TRUE(b.watch->save(before));
        for (unsigned i = 0; i < 4; ++i) {
            b.stream.transfer(kHot, named("b" + std::to_string(i)), eth(20 + i));
            b.block();
        }
        EXPECT_GT(b.count("r"), 0U) << lines;
        b.on(b.stream.rewind(1, "fork"));
        MemoryState after;
        ASSERT_TRUE(b.watch->save(after));
        EXPECT_EQ(before.bytes, after.bytes) << lines;
        std::size_t retracted = 0;
        for (const Alert& alert : b.alerts.all)
            retracted += alert.state == AlertState::kRetracted ? 1 : 0;
        EXPECT_EQ(retracted, b.count("r")) << lines;
    }
}

TEST(Correlate, a_checkpoint_goes_on_where_it_was) {
    const std::string rule =
        correlated("amount > 0", "type: count\nwindow: 10m\nhaving: group.value >= 3");
    RuleBench a;
    a.start(rule);
    for (int i = 0; i < 2; ++i) {
        a.stream.transfer(kHot, named("a"), eth(1));
        a.block();
    }
    MemoryState saved;
    ASSERT_TRUE(a.watch->save(saved));
    RuleBench b;
    b.start(rule);
    ASSERT_TRUE(b.watch->load(saved));
    b.stream = a.stream;
    b.stream.transfer(kHot, named("a"), eth(1));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
}

TEST(Correlate, a_rule_that_stays_the_same_keeps_its_state_when_the_file_changes) {
    const std::string rule =
        correlated("amount > 0", "type: count\nwindow: 10m\nhaving: group.value >= 3");
    RuleBench b;
    b.start(rule);
    for (int i = 0; i < 2; ++i) {
        b.stream.transfer(kHot, named("a"), eth(1));
        b.block();
    }
    const std::string other =
        "- rule: new\n  desc: n\n  output: n\n  priority: low\n"
        "  event: transfer\n  condition: amount > 0\n";
    const CompiledRules next = compile_text(other + rule);
    ASSERT_TRUE(next.ok()) << problems_of(next);
    b.rules->replace(next.program);
    b.stream.transfer(kHot, named("a"), eth(1));
    b.block();
    EXPECT_EQ(b.count("r"), 1U);
    EXPECT_EQ(b.count("new"), 1U);
}

TEST(Correlate, many_groups_stay_within_the_table) {
    RuleBench b;
    b.start(
        correlated("amount > 0", "type: count\nby: [to]\nwindow: 10m\nhaving: group.value >= 2"),
        {.cost = false, .groups = 64});
    for (int i = 0; i < 500; ++i) {
        b.stream.transfer(kHot, named("a" + std::to_string(i)), eth(1));
        if (i % 50 == 49) b.block();
    }
    EXPECT_LE(b.rules->tables()[0]->size(), 64U + 8U);  // And the spare bucket.
    EXPECT_GT(b.rules->tables()[0]->evictions(), 0U);
}

TEST(AmountSketch, quantiles_are_within_a_percent_for_amounts_of_any_size) {
    for (const Amount unit :
         {Amount{1U}, *Amount::parse("1000000000000000000"),
          *Amount::parse("1000000000000000000000000000000000000000000000000")}) {
        AmountSketch sketch;
        for (unsigned i = 1; i <= 1000; ++i) sketch.add(unit * Amount{i});
        for (const unsigned share : {10U, 50U, 99U, 100U}) {
            const double wanted = share * 10.0;
            const double got = ratio(sketch.quantile(share * 10'000), unit);
            EXPECT_NEAR(got, wanted, wanted * 0.01 + 0.5) << share;
        }
    }
    AmountSketch ends;
    ends.add(Amount{});
    ends.add(Amount::max());
    EXPECT_EQ(ends.quantile(0), Amount{});
    EXPECT_GT(ratio(ends.quantile(kShareOne), Amount::max()), 0.99);
    EXPECT_EQ(AmountSketch{}.quantile(500'000), Amount{});
}

}  // namespace
}  // namespace cordon::detect
