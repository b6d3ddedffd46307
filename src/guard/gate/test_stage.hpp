// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "test_world.hpp"

/// A gate with a treasury and a board, for tests that ask and sign.
namespace cordon::guard::stage {

inline const UnixMillis kNow = from_unix_seconds(1'700'000'000);
inline const Person kAlice{"alice"};
inline const Person kBob{"bob"};
inline const Person kCarol{"carol"};
inline const Person kDave{"dave"};

inline std::string people() {
    std::string text = "people:\n";
    for (const Person* each : {&kAlice, &kBob, &kCarol, &kDave})
        text += format("  {}: \"{}\"\n", each->name(), each->key().text());
    return text;
}

/// Up to 100 USD freely, up to 10,000 with two of treasury; 250 a day.
inline std::string policy_text_of(uint64_t version, std::string_view more = "") {
    return format(
        "version: {}\n{}"
        "groups: {{treasury: [alice, bob, carol], board: [alice, carol, dave]}}\n"
        "checks: {{explain: off, screening: off, feed: off}}\n"
        "rules:\n"
        "  - {{id: small, when: \"usd <= 100\", then: allow}}\n"
        "  - {{id: big, when: \"usd > 100 and usd <= 10000\", then: hold,\n"
        "     approvals: {{group: treasury, m: 2}}, cool_down: 10m, expires: 4h}}\n"
        "limits:\n"
        "  - {{id: day, scope: wallet, window: 24h, usd: 25000}}\n"
        "  - {{id: often, scope: wallet, window: 1h, count: 10}}\n"
        "breakers:\n"
        "  - {{id: theft, detectors: [D11], severity: critical, trips: wallet}}\n"
        "change: {{group: board, m: 2, delay: 24h}}\n"
        "reset: {{group: board, m: 2, delay: 0s}}\n{}",
        version, people(), more);
}

class Stage {
public:
    Stage() { open(policy_text_of(1)); }
    explicit Stage(std::string_view policy) { open(policy); }
    void open(std::string_view policy = "") {
        gate.reset();
        auto opened =
            Gate::open(folder / "gate", test_key(), policy, world, {.disk = &fast_disk()});
        ASSERT_TRUE(opened) << opened.error().message;
        gate = std::move(*opened);
    }
    Verdict check(const WithdrawalRequest& request, UnixMillis at = kNow) {
        auto verdict = gate->check(request, at);
        EXPECT_TRUE(verdict) << verdict.error().message;
        return verdict.value_or(Verdict{});
    }
    wallet::SignedStatement statement(const Person& person, wallet::Subject subject,
                                      std::string about, UnixMillis at, bool approves = true) {
        wallet::Statement statement;
        statement.approves = approves;
        statement.subject = subject;
        statement.policy = gate->policy(at)->digest();
        statement.by = person.name();
        statement.time = std::chrono::floor<Seconds>(at);
        statement.expires = statement.time + std::chrono::hours{1};
        statement.about = std::move(about);
        return person.sign(statement);
    }
    Result<Verdict> approve(const Person& person, const WithdrawalRequest& request,
                            UnixMillis at = kNow, bool approves = true) {
        return gate->approve(statement(person, wallet::Subject::kWithdrawal,
                                       wallet::withdrawal_text(request).value(), at, approves),
                             at);
    }
    TestFolder folder;
    TestWorld world;
    std::unique_ptr<Gate> gate;
};

}  // namespace cordon::guard::stage
