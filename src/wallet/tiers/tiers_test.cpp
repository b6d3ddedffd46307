// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "plan.hpp"

namespace cordon::wallet {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kText =
    R"(version: 1
requester: treasury
assets:
  - chain: eth
    asset: native
    hot: {wallets: ["0x1111111111111111111111111111111111111111"], floor: 20, target: 50, cap: 100, most: 40, delay: 6h}
    cold: {wallets: ["0x3333333333333333333333333333333333333333"]}
)";

Address address(char digit) {
    return *chain::parse_address(kEthereum, "0x" + std::string(40, digit));
}
const Address kHot = address('1'), kWarm = address('2'), kCold = address('3');

TierConfig config() { return *parse_tiers(kText, "t"); }
std::vector<Balance> holding(uint64_t hot, uint64_t cold) {
    return {{kEthereum, kHot, Asset{}, Amount{hot}}, {kEthereum, kCold, Asset{}, Amount{cold}}};
}
UnixMillis at(int64_t hours) { return from_unix_seconds(1'800'000'000 + hours * 3600); }

TEST(Tiers, fill_what_is_low_and_sweep_what_is_high) {
    const auto moved = [](uint64_t hot, uint64_t cold) {
        return plan_tiers(config(), holding(hot, cold), {}, at(0)).proposals;
    };
    EXPECT_TRUE(moved(20, 1000).empty());
    EXPECT_TRUE(moved(100, 1000).empty());
    auto all = moved(15, 1000);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].from, kCold);
    EXPECT_EQ(all[0].to, kHot);
    EXPECT_EQ(all[0].amount, Amount{35U});
    EXPECT_EQ(all[0].requester, "treasury");
    EXPECT_EQ(moved(0, 1000)[0].amount, Amount{40U});  // At most.
    EXPECT_EQ(moved(0, 7)[0].amount, Amount{7U});
    EXPECT_TRUE(moved(0, 0).empty());
    all = moved(101, 0);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].from, kHot);
    EXPECT_EQ(all[0].to, kCold);
    EXPECT_EQ(all[0].amount, Amount{51U});
}

TEST(Tiers, propose_nothing_of_what_is_not_known) {
    auto some = holding(0, 1000);
    some.pop_back();
    EXPECT_TRUE(plan_tiers(config(), some, {}, at(0)).proposals.empty());
    const Plan plan = plan_tiers(config(), {}, {}, at(0));
    EXPECT_TRUE(plan.proposals.empty());
    ASSERT_EQ(plan.states.size(), 2U);
    EXPECT_EQ(plan.states[0].standing, TierStanding::kUnknown);
    // Sums beyond 2^256-1 are not known either.
    auto two = config();
    two.assets[0].tiers[0]->wallets.push_back(kWarm);
    const std::vector<Balance> huge{{kEthereum, kHot, Asset{}, Amount::max()},
                                    {kEthereum, kWarm, Asset{}, Amount{1U}},
                                    {kEthereum, kCold, Asset{}, Amount{1U}}};
    EXPECT_EQ(plan_tiers(two, huge, {}, at(0)).states[0].standing, TierStanding::kUnknown);
}

TEST(Tiers, refill_once_a_delay_and_one_at_a_time) {
    PastRefill last;
    last.request = plan_tiers(config(), holding(0, 1000), {}, at(0)).proposals.at(0);
    const auto again = [&](int64_t hours) {
        const std::vector past{last};
        return plan_tiers(config(), holding(0, 1000), past, at(hours)).proposals.size();
    };
    EXPECT_EQ(again(5), 0U);
    EXPECT_EQ(again(6), 1U);
    EXPECT_EQ(again(-100), 0U);  // The clock was set back.
    last.open = true;
    EXPECT_EQ(again(1000), 0U);
    last.request.asset = *Asset::parse("USDT");
    EXPECT_EQ(again(0), 1U);  // Another asset's is none of ours.
}

TEST(Tiers, take_refills_from_the_warm_tier_where_there_is_one) {
    std::string text{kText};
    text.insert(text.find("    cold:"),
                "    warm: {wallets: [\"0x2222222222222222222222222222222222222222\"], floor: 100, "
                "target: 300, cap: 400, most: 200, delay: 24h}\n");
    const auto three = parse_tiers(text, "t");
    ASSERT_TRUE(three) << three.error().message;
    auto held = holding(0, 1000);
    held.push_back({kEthereum, kWarm, Asset{}, Amount{410U}});
    const Plan plan = plan_tiers(*three, held, {}, at(0));
    ASSERT_EQ(plan.proposals.size(), 2U);
    EXPECT_EQ(plan.proposals[0].from, kWarm);
    EXPECT_EQ(plan.proposals[1].to, kCold);
    // What the refill takes is not swept as well.
    EXPECT_EQ(plan.proposals[0].amount + plan.proposals[1].amount, Amount{110U});
    EXPECT_NE(plan.proposals[0].id, plan.proposals[1].id);
}

TEST(Tiers, refuse_files_that_are_not_as_their_page_says) {
    const auto refused = [](std::string_view old, std::string_view with) {
        std::string text{kText};
        text.replace(text.find(old), old.size(), with);
        const auto read = parse_tiers(text, "t.yaml");
        EXPECT_FALSE(read) << with;
        if (!read) {
            EXPECT_TRUE(read.error().message.starts_with("t.yaml:")) << read.error().message;
        }
    };
    refused("version: 1", "version: 2");
    refused("floor: 20", "floor: 51");
    refused("cap: 100", "cap: 49");
    refused("floor: 20, target: 50, cap: 100", "floor: 50, target: 50, cap: 50");
    refused("most: 40", "most: 0");
    refused("most: 40, ", "");
    refused("delay: 6h", "delay: 0h");
    refused("delay: 6h", "delay: 6");
    refused("delay: 6h", "delay: h");
    refused("delay: 6h", "delay: 99999h");
    refused("floor: 20", "floor: -1");
    refused("floor: 20", "flor: 20");
    refused("requester: treasury", "requester: \"tr\\u200beasury\"");
    refused("0x3333333333333333333333333333333333333333",
            "0x1111111111111111111111111111111111111111");
    refused("    cold: {wallets: [\"0x3333333333333333333333333333333333333333\"]}\n", "");
    const std::string text{kText};
    EXPECT_EQ(parse_tiers(text + text.substr(text.find("  - chain")), "t").error().code,
              ErrorCode::kDuplicate);
    for (std::size_t size = 0; size + 1 < text.size(); size += 5)
        EXPECT_FALSE(parse_tiers(text.substr(0, size), "t")) << size;
}

// --- docs/security/maximum-loss.md: nobody with the hot keys takes more than its formula says. ---

/// A world in which the real planner proposes, people agree when they like, policies have rolling
/// limits, and a thief takes what is hot whenever he likes.
struct Heist {
    TierConfig config;
    Theft theft;
    bool asks;  ///< The thief has no key: he has to ask the gate.
    bool late;  ///< Nobody agrees to refills before it begins: what waits leaves then.

    static Amount sum_since(const std::vector<std::pair<milliseconds, Amount>>& moves,
                            milliseconds since) {
        Amount out;
        for (const auto& [when, amount] : moves)
            if (when > since) out += amount;
        return out;
    }
    /// Whether the rolling limit lets that through, and notes it.
    static bool pass(const std::optional<RollingLimit>& limit,
                     std::vector<std::pair<milliseconds, Amount>>& moves, milliseconds now,
                     const Amount& amount) {
        if (limit && sum_since(moves, now - limit->window) + amount > limit->most) return false;
        moves.emplace_back(now, amount);
        return true;
    }

    /// What he took.
    Amount run() {
        const TierRule& rule = *config.assets[0].rule(Tier::kHot);
        Amount hot =
            *rc::gen::map(rc::gen::inRange<uint64_t>(0, 300), [](uint64_t n) { return Amount{n}; });
        Amount cold{uint64_t{100'000}}, loot;
        std::vector<PastRefill> past;
        std::vector<std::pair<milliseconds, Amount>> refilled, taken;
        // Peace comes first, so that the theft begins at any point of what goes on.
        const milliseconds begin = rule.delay * *rc::gen::inRange(0, 6) +
                                   milliseconds{*rc::gen::inRange<int64_t>(0, 10'000'000)};
        const milliseconds end = begin + theft.time;
        milliseconds now{0};
        bool begun = false;
        while (now <= end) {
            if (!begun && now >= begin) {
                begun = true;
                theft.balance = hot;
                theft.deposits = Amount{};
            }
            // Customers pay in and are paid.
            const Amount in{*rc::gen::inRange<uint64_t>(0, 12)};
            hot += in;
            if (begun) theft.deposits += in;
            if (!begun) hot -= std::min(hot, Amount{*rc::gen::inRange<uint64_t>(0, 30)});
            step(hot, cold, now, begun || !late, past, refilled);
            if (begun && *rc::gen::inRange(0, 4) != 0) {
                const Amount wish = std::min(hot, Amount{*rc::gen::inRange<uint64_t>(1, 400)});
                if (!wish.is_zero() && (!asks || pass(theft.hot, taken, now, wish))) {
                    hot -= wish;
                    loot += wish;
                }
            }
            // Mostly the worst moments: exactly a delay on, the beginning, the end.
            const milliseconds next =
                now + *rc::gen::elementOf(std::vector<milliseconds>{
                          rule.delay, rule.delay / 2, milliseconds{1}, rule.delay / 7});
            now = now < begin && next > begin ? begin : now < end && next > end ? end : next;
        }
        return loot;
    }

    /// Refills are proposed by the planner, and leave after their delay or ever so much later.
    void step(Amount& hot, Amount& cold, milliseconds now, bool awake,
              std::vector<PastRefill>& past,
              std::vector<std::pair<milliseconds, Amount>>& refilled) const {
        const TierRule& rule = *config.assets[0].rule(Tier::kHot);
        const auto time = [&](milliseconds when) { return at(0) + when; };
        for (int round = 0; round < 2; ++round) {
            for (PastRefill& each : past) {
                if (!each.open || each.request.time + rule.delay > time(now)) continue;
                if (!awake || *rc::gen::inRange(0, 5) == 0) continue;  // Nobody has agreed yet.
                if (!pass(theft.behind, refilled, now, each.request.amount)) continue;
                each.open = false;
                cold -= each.request.amount;
                hot += each.request.amount;
            }
            const std::vector<Balance> held{{kEthereum, kHot, Asset{}, hot},
                                            {kEthereum, kCold, Asset{}, cold}};
            for (const auto& request : plan_tiers(config, held, past, time(now)).proposals) {
                if (request.to == kHot) {
                    past.push_back({request, true});
                } else if (*rc::gen::inRange(0, 2) == 0) {
                    hot -= request.amount;
                    cold += request.amount;
                }
            }
        }
    }
};

RC_GTEST_PROP(MaximumLoss, is_never_exceeded, ()) {
    Heist heist{config(), {}, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
    TierRule& rule = *heist.config.assets[0].tiers[0];
    rule.floor = Amount{*rc::gen::inRange<uint64_t>(0, 60)};
    rule.target = rule.floor + Amount{*rc::gen::inRange<uint64_t>(0, 60)};
    rule.cap = rule.target + Amount{*rc::gen::inRange<uint64_t>(1, 60)};
    rule.most = Amount{*rc::gen::inRange<uint64_t>(1, 90)};
    rule.delay = milliseconds{*rc::gen::inRange<int64_t>(60'000, 4'000'000)};
    heist.theft.time =
        rule.delay * *rc::gen::inRange(0, 8) + milliseconds{*rc::gen::inRange<int64_t>(0, 60'000)};
    const auto limit = [&]() -> std::optional<RollingLimit> {
        if (*rc::gen::arbitrary<bool>()) return std::nullopt;
        return RollingLimit{Amount{*rc::gen::inRange<uint64_t>(1, 100)},
                            rule.delay * *rc::gen::inRange(1, 5)};
    };
    heist.theft.behind = limit();
    if (heist.asks) heist.theft.hot = limit();
    const Amount loot = heist.run();
    const auto bound = maximum_loss(heist.config.assets[0], heist.theft);
    RC_ASSERT(bound.has_value());
    RC_ASSERT(loot <= *bound);
}

TEST(MaximumLoss, can_be_reached) {
    // One refill on its way when it begins, and one at the end of each delay: the bound is exact.
    const TierConfig tiers = config();
    const milliseconds delay = tiers.assets[0].rule(Tier::kHot)->delay;
    const Theft theft{Amount{100U}, Amount{9U}, delay * 3};
    EXPECT_EQ(maximum_loss(tiers.assets[0], theft), Amount{100U + 9 + 4 * 40});
    Amount loot = theft.balance + theft.deposits;
    std::vector<PastRefill> past;
    for (int64_t hours = -6; hours <= 18; hours += 6) {
        for (PastRefill& each : past)
            if (each.open && each.request.time + delay <= at(hours)) {
                each.open = false;
                loot += each.request.amount;
            }
        for (const auto& request : plan_tiers(tiers, holding(0, 1000), past, at(hours)).proposals)
            past.push_back({request, true});
    }
    EXPECT_EQ(loot, maximum_loss(tiers.assets[0], theft));
}

TEST(MaximumLoss, is_bounded_by_limits_and_says_nothing_beyond_its_numbers) {
    const TierConfig tiers = config();
    const milliseconds hour{3'600'000};
    Theft theft{Amount{100U}, {}, hour * 24};
    EXPECT_EQ(maximum_loss(tiers.assets[0], theft), Amount{100U + 5 * 40});
    theft.behind = RollingLimit{Amount{60U}, hour * 24};
    EXPECT_EQ(maximum_loss(tiers.assets[0], theft), Amount{100U + 2 * 60});
    theft.hot = RollingLimit{Amount{30U}, hour * 48};
    EXPECT_EQ(maximum_loss(tiers.assets[0], theft), Amount{30U});
    theft.balance = Amount::max();
    EXPECT_FALSE(maximum_loss(tiers.assets[0], theft));
}

}  // namespace
}  // namespace cordon::wallet
