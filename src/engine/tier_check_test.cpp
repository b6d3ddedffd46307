// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tier_check.hpp"

#include <gtest/gtest.h>

#include <cordon/guard/gate/test_stage.hpp>

namespace cordon::engine {
namespace {

/// Of a tier whose largest refill is `most`, with a delay of six hours.
TierCheck check(uint64_t most, std::string_view cool_down) {
    guard::TestWorld world;
    world.wallets[guard::test_address(1)] = "cold";
    const auto tiers = wallet::parse_tiers(
        format("version: 1\nrequester: treasury\nassets:\n  - chain: eth\n    asset: native\n"
               "    hot: {{wallets: [\"0x0211111111111111111111111111111111111111\"], floor: 1, "
               "target: 2, cap: 3, most: {}, delay: 6h}}\n"
               "    cold: {{wallets: [\"0x0111111111111111111111111111111111111111\"]}}\n",
               most),
        "tiers");
    EXPECT_TRUE(tiers) << (tiers ? "" : tiers.error().message);
    std::string yaml = guard::stage::policy_text_of(1);
    const std::string was = "cool_down: 10m";
    yaml.replace(yaml.find(was), was.size(), format("cool_down: {}", cool_down));
    const auto policy = guard::Policy::compile(yaml, "policy").policy;
    EXPECT_TRUE(policy);
    const auto all = check_tiers(*tiers, *policy, world, guard::stage::kNow);
    EXPECT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).tier, "eth native hot");
    return all.at(0);
}

TEST(TierCheck, says_what_the_policy_makes_of_a_delay) {
    EXPECT_TRUE(check(500, "6h").good);
    EXPECT_TRUE(check(500, "1d").good);
    const TierCheck early = check(500, "10m");
    EXPECT_FALSE(early.good);
    EXPECT_NE(early.text.find("10 min"), std::string::npos);
    EXPECT_NE(early.text.find("360 min"), std::string::npos);
    EXPECT_NE(check(50, "6h").text.find("at once"), std::string::npos);
    EXPECT_NE(check(50'000, "6h").text.find("denies"), std::string::npos);
}

}  // namespace
}  // namespace cordon::engine
