// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "requests.hpp"

namespace cordon::heists {
namespace {

std::shared_ptr<const guard::Policy> policy(std::string_view text) {
    auto compiled = guard::Policy::compile(text, "test.yaml");
    for (const auto& each : compiled.diagnostics)
        if (!each.warning) ADD_FAILURE() << to_string(each);
    return compiled.policy;
}

Requests judged(std::string_view heist, std::string_view text) {
    const auto library = shipped_heists();
    EXPECT_TRUE(library.has_value());
    const Facts* facts = library->find(heist);
    const auto with = policy(text);
    if (!facts || !with) return {};
    auto out = judge_requests(library->common, *facts, *with);
    EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
    if (!out) return {};
    out->facts = nullptr;  // Of this library.
    return *std::move(out);
}

bool has(const guard::Judgement& judgement, std::string_view rule, std::string_view text) {
    for (const Reason& each : judgement.reasons)
        if (each.rule == rule && each.text.find(text) != std::string::npos) return true;
    return false;
}

constexpr std::string_view kAnything =
    "version: 1\npeople: {a: \"ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\", "
    "b: \"ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\"}\ngroups: {all: [a, b]}\n"
    "checks: {explain: off, screening: off, feed: off}\n"
    "rules: [{id: any, when: \"true\", then: allow}]\n"
    "change: {group: all, m: 2, delay: 24h}\nreset: {group: all, m: 2}\n";

TEST(HeistRequests,
     what_people_were_deceived_to_sign_is_denied_with_the_reason_a_person_would_give) {
    const Requests bybit = judged("bybit", shipped_policy());
    ASSERT_EQ(bybit.judged.size(), 1U);
    EXPECT_EQ(bybit.judged[0].judgement.decision, Decision::kDeny);
    EXPECT_TRUE(has(bybit.judged[0].judgement, "explain", "R1"));
    EXPECT_EQ(bybit.kept, bybit.stolen);
    const Requests dmm = judged("dmm", shipped_policy());
    ASSERT_EQ(dmm.judged.size(), 1U);
    EXPECT_TRUE(has(dmm.judged[0].judgement, "look-alike", "1B6rJ6ZKfZmkqMyBGe5KR27oWkEbQdNM7P"));
    const Requests radiant = judged("radiant", shipped_policy());
    ASSERT_EQ(radiant.judged.size(), 2U) << "one on each chain";
    for (const JudgedAttempt& each : radiant.judged)
        EXPECT_TRUE(has(each.judgement, "more-than-a-payment", "ownership"));
}

TEST(HeistRequests, who_lets_everything_through_keeps_nothing) {
    for (const char* heist : {"bybit", "dmm", "coincheck"}) {
        const Requests one = judged(heist, kAnything);
        EXPECT_EQ(one.allowed, one.judged.size()) << heist;
        EXPECT_GT(one.stolen, 0) << heist;
        EXPECT_EQ(one.kept, 0) << heist;
    }
}

TEST(HeistRequests, limits_count_what_the_thief_was_let_have_before) {
    const Requests one = judged("coincheck", shipped_policy());
    ASSERT_FALSE(one.judged.empty());
    EXPECT_EQ(one.judged.front().judgement.decision, Decision::kAllow) << "ten XEM, as a test";
    EXPECT_EQ(one.judged[1].judgement.decision, Decision::kDeny);
    const std::string limit(kAnything);
    const Requests two =
        judged("coincheck",
               limit + "limits: [{id: few, scope: wallet, window: 24h, count: 3, then: deny}]\n");
    EXPECT_EQ(two.allowed, 3U);
}

TEST(HeistRequests, where_no_key_of_the_house_signed_there_is_none_and_a_reason_why) {
    for (const char* heist : {"poly", "euler", "wintermute", "atomic"}) {
        const Requests one = judged(heist, shipped_policy());
        EXPECT_TRUE(one.judged.empty()) << heist;
        EXPECT_FALSE(one.none.empty()) << heist;
        EXPECT_EQ(one.kept, 0) << heist;
    }
}

TEST(HeistRequests, every_heist_says_who_signed_and_from_where_that_is_known) {
    const auto library = shipped_heists();
    ASSERT_TRUE(library.has_value());
    for (const Facts& facts : library->heists) {
        EXPECT_FALSE(facts.signed_how.empty()) << facts.name;
        EXPECT_FALSE(facts.signed_source.empty()) << facts.name;
    }
}

}  // namespace
}  // namespace cordon::heists
