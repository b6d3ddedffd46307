// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "known_calls.hpp"
#include "rules.hpp"
#include "test_payload.hpp"

namespace cordon::explain {
namespace {

using namespace test;

constexpr uint64_t kEther = 1'000'000'000'000'000'000;

/// A Safe that paid kPayee 10 ETH once, and what it is about to sign.
struct Story {
    FakeHistory history;
    Context context;
    Story() {
        history.paid = {{kPayee, Amount{10 * kEther}}};
        context.history = &history;
    }
    Explanation pay(const Address& to, uint64_t value) const {
        return explain_safe(proposal(to, {}, 0, value), context);
    }
};

TEST(Judge, lets_a_usual_payment_pass) {
    const Story story;
    EXPECT_EQ(story.pay(kPayee, 10 * kEther).verdict, Verdict::kOk);
}

TEST(Judge, says_who_was_never_paid) {
    const Story story;
    EXPECT_EQ(raised(story.pay(kStranger, kEther), "R3"), Verdict::kWarn);
    EXPECT_FALSE(raised(story.pay(kPayee, kEther), "R3"));
}

TEST(Judge, says_what_was_never_as_much) {
    Story story;
    EXPECT_EQ(raised(story.pay(kPayee, 11 * kEther), "R11"), Verdict::kWarn);
    story.history.paid[0].second = Amount{kEther};
    EXPECT_EQ(raised(story.pay(kPayee, 10 * kEther), "R11"), Verdict::kBlock);
    story.history.paid[0].second = Amount{10 * kEther};
    story.history.held = Amount{16 * kEther};
    EXPECT_EQ(raised(story.pay(kPayee, 8 * kEther), "R11"), Verdict::kWarn);
    EXPECT_FALSE(raised(story.pay(kPayee, 7 * kEther), "R11"));
}

TEST(Judge, blocks_a_look_alike_of_a_payee_and_knows_the_payee_itself) {
    Story story;
    const Address real = evm("0xabcd1111111111111111111111111111111194ef");
    const Address fake = evm("0xabcd2222222222222222222222222222222294ef");
    story.history.paid.emplace_back(real, Amount{kEther});
    EXPECT_EQ(raised(story.pay(fake, kEther), "R4"), Verdict::kBlock);
    EXPECT_FALSE(raised(story.pay(real, kEther), "R4"));
    story.context.book.push_back({kEthereum, fake, "Meant", true, false, false, false, false});
    EXPECT_FALSE(raised(story.pay(fake, kEther), "R4"));
}

TEST(Judge, binds_the_payload_to_the_request) {
    Story story;
    ApprovedRequest request{"wd-1", kEthereum, kSafe, kPayee, Asset{}, Amount{kEther}};
    story.context.request = request;
    EXPECT_EQ(raised(story.pay(kPayee, kEther), "R12"), Verdict::kOk);
    EXPECT_EQ(raised(story.pay(kPayee, kEther + 1), "R12"), Verdict::kBlock);
    EXPECT_EQ(raised(story.pay(kStranger, kEther), "R12"), Verdict::kBlock);
    const Bytes twice = multi_send({{kPayee, kEther}, {kPayee, kEther}});
    EXPECT_EQ(raised(explain_safe(proposal(kCallOnly, twice, 1), story.context), "R12"),
              Verdict::kBlock);
    const Bytes more = multi_send({{kPayee, kEther}, {kStranger, 0, {1, 2, 3, 4}}});
    EXPECT_EQ(raised(explain_safe(proposal(kCallOnly, more, 1), story.context), "R12"),
              Verdict::kBlock);
    story.context.request->from = kStranger;
    EXPECT_EQ(raised(story.pay(kPayee, kEther), "R12"), Verdict::kBlock);
    story.context.request.reset();
    story.context.request_required = true;
    EXPECT_EQ(raised(story.pay(kPayee, kEther), "R12"), Verdict::kBlock);
}

TEST(Judge, without_knowledge_says_so_and_stops_nobody) {
    const Explanation out = explain_safe(proposal(kPayee, {}, 0, kEther), {});
    EXPECT_EQ(out.verdict, Verdict::kOk);
    for (const std::string_view rule : {"R3", "R7", "R9", "R11", "R12"}) {
        EXPECT_FALSE(raised(out, rule)) << rule;
        EXPECT_TRUE(std::any_of(out.findings.begin(), out.findings.end(), [&](const Finding& f) {
            return f.rule == rule && !f.judged;
        })) << rule;
    }
}

TEST(Judge, warns_of_a_failure_of_the_last_day_only) {
    Story story;
    story.context.now = from_unix_seconds(1'000'000);
    story.context.failed_executions = {from_unix_seconds(1'000'000 - 3'600)};
    EXPECT_EQ(raised(story.pay(kPayee, kEther), "R9"), Verdict::kWarn);
    story.context.failed_executions = {from_unix_seconds(1'000'000 - 90'000)};
    EXPECT_FALSE(raised(story.pay(kPayee, kEther), "R9"));
}

TEST(Judge, shows_no_more_findings_than_a_person_reads) {
    std::vector<Part> parts;
    for (unsigned i = 0; i < 500; ++i)
        parts.push_back({account(static_cast<uint8_t>(i)), 0, {1, 2, 3, 4}});
    const Explanation out = explain_safe(proposal(kCallOnly, multi_send(parts), 1), {});
    EXPECT_LT(out.findings.size(), 2 * kMaxFindingsOfRule);
    EXPECT_EQ(out.effects.size(), 500U);
}

TEST(KnownCalls, have_each_a_selector_of_its_own) {
    const auto calls = known_calls();
    for (std::size_t i = 1; i < calls.size(); ++i)
        EXPECT_NE(calls[i - 1].signature.selector(), calls[i].signature.selector())
            << calls[i].signature.text;
    EXPECT_EQ(find_call({}), nullptr);
    const Bytes none{0, 0, 0, 0};
    EXPECT_EQ(find_call(none), nullptr);
    for (const ReadyCall& each : calls) {
        const auto four = each.signature.selector();
        EXPECT_EQ(find_call(four), &each);
        EXPECT_EQ(each.signature.text, each.known->text) << "not in canonical form";
    }
}

TEST(Rules, are_sorted_and_each_once) {
    const auto key = [](std::string_view id) {
        return std::pair{id[0], std::stoi(std::string{id.substr(1)})};
    };
    const auto all = rules();
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(key(all[i - 1].id), key(all[i].id));
}

/// Every effect that differs makes the sentence differ.
TEST(Summary, changes_when_an_effect_changes) {
    std::vector<Part> parts;
    for (unsigned i = 1; i <= 9; ++i)
        parts.push_back({kToken, 0, transfer(account(static_cast<uint8_t>(i)), i)});
    uint64_t state = 20250221;  // MINSTD.
    const auto random = [&](std::size_t limit) {
        state = state * 48271 % 2147483647;
        return static_cast<std::size_t>(state % limit);
    };
    const SafeProposal base = proposal(kCallOnly, multi_send(parts), 1);
    const Explanation before = explain_safe(base, {});
    for (unsigned i = 0; i < 500; ++i) {
        SafeProposal changed = base;
        changed.txn.data[random(changed.txn.data.size())] ^= static_cast<uint8_t>(1 << random(8));
        const Explanation after = explain_safe(changed, {});
        if (after.effects != before.effects) {
            EXPECT_NE(after.summary, before.summary);
        }
    }
}

}  // namespace
}  // namespace cordon::explain
