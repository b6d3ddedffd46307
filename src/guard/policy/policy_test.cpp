// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <fstream>
#include <sstream>

#include <cordon/chain/text.hpp>

#include "cases.hpp"
#include "data.hpp"

namespace cordon::guard {
namespace {

constexpr UnixMillis kNow = from_unix_seconds(1'772'600'000);
const Address kHot = *chain::parse_address(kEthereum, "0x0000000000000000000000000000000000000a01");
const Address kTo = *chain::parse_address(kEthereum, "0x0000000000000000000000000000000000000c01");

std::shared_ptr<const Policy> compiled(const std::string& yaml) {
    auto result = Policy::compile(yaml, "policy.yaml");
    for (const auto& one : result.diagnostics)
        if (!one.warning) ADD_FAILURE() << to_string(one);
    return result.policy;
}
std::string refused(const std::string& yaml) {
    const auto result = Policy::compile(yaml, "p");
    EXPECT_EQ(result.policy, nullptr) << yaml;
    std::string all;
    for (const auto& one : result.diagnostics) all += to_string(one) + "\n";
    return all;
}
WithdrawalRequest ether(uint64_t wei) {
    WithdrawalRequest request;
    request.id = "wd-1";
    request.chain = kEthereum;
    request.from = kHot;
    request.to = kTo;
    request.amount = Amount{wei};
    request.requester = "alice";
    request.time = kNow;
    return request;
}
constexpr uint64_t kEther = 1'000'000'000'000'000'000;

ToldWorld world() {
    ToldWorld told;
    told.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
    told.prices = {{kEthereum, Asset{}, UnixMillis{}, 2000.0}};
    told.balances = {{kEthereum, kHot, Asset{}, Amount{10 * kEther}}};
    return told;
}
Judgement judge(const std::string& yaml, const WithdrawalRequest& request, ToldWorld told,
                const ToldSpending& spending = {}) {
    const auto policy = compiled(yaml);
    if (!policy) return {};
    return policy->judge(request, told, spending, kNow);
}
Judgement by_rule(const std::string& condition, const ToldWorld& told = world()) {
    return judge("version: 1\nrules: [{id: r, when: \"" + condition + "\", then: allow}]\n",
                 ether(kEther), told);
}

TEST(Policy, denies_what_no_rule_allows) {
    const Judgement out = judge("version: 1\nrules: []\n", ether(1), world());
    EXPECT_EQ(out.decision, Decision::kDeny);
    ASSERT_EQ(out.reasons.size(), 1U);
    EXPECT_EQ(out.reasons[0].rule, "default");
    EXPECT_EQ(judge("version: 1\ndefault: hold\n", ether(1), world()).decision, Decision::kHold);
}

TEST(Policy, judges_the_policy_of_the_contract) {
    const std::string yaml = R"(version: 1
default: deny
rules:
  - {id: small,      when: "tier == 'hot' and usd <= 10000 and to in book", then: allow}
  - {id: big,        when: "usd > 10000", then: hold, approvals: {group: treasury, m: 2}}
  - {id: sanctioned, when: "screen.hit", then: deny}
limits:
  - {id: day, scope: wallet, window: 24h, usd: 500000}
)";
    const Judgement big = judge(yaml, ether(9 * kEther), world());
    EXPECT_EQ(big.decision, Decision::kHold);
    EXPECT_TRUE(big.approvable);
    ASSERT_EQ(big.needs.size(), 1U);
    EXPECT_EQ(big.needs[0], (ApprovalNeed{"treasury", 2, 0}));
    ASSERT_EQ(big.counts_under.size(), 1U);
    EXPECT_EQ(big.counts_under[0].first, "day");
    EXPECT_EQ(judge(yaml, ether(kEther), world()).decision, Decision::kDeny);  // Not in the book.
    ToldSpending spent;
    spent.by_limit["day"] = {49'999'999, {}, 5};
    const Judgement over = judge(yaml, ether(9 * kEther), world(), spent);
    EXPECT_EQ(over.decision, Decision::kDeny);
    EXPECT_EQ(over.reasons[0].rule, "day");
}

TEST(Policy, holds_what_it_cannot_judge_and_says_why) {
    ToldWorld told = world();
    told.prices.clear();
    const Judgement out = by_rule("usd <= 10", told);
    EXPECT_EQ(out.decision, Decision::kHold);
    EXPECT_FALSE(out.approvable);
    EXPECT_NE(out.reasons[0].text.find("no price is known"), std::string::npos)
        << out.reasons[0].text;
    // A part that is not known matters only where it could change the answer.
    EXPECT_EQ(by_rule("usd <= 10 or tier == hot", told).decision, Decision::kAllow);
    EXPECT_EQ(by_rule("usd <= 10 and tier == cold", told).decision, Decision::kDeny);
    EXPECT_EQ(by_rule("not (usd <= 10)", told).decision, Decision::kHold);
    EXPECT_EQ(by_rule("usd exists", told).decision, Decision::kDeny);
    EXPECT_EQ(by_rule("amount > 1 BTC", world()).decision, Decision::kHold);
}

TEST(Policy, conditions_say_what_they_mean) {
    const auto allows = [](const std::string& condition) {
        return by_rule(condition).decision == Decision::kAllow;
    };
    for (const char* yes : {"always",
                            "amount == 1 ETH",
                            "0.5 ETH < amount",
                            "usd == 2000",
                            "usd == 2_000 usd",
                            "share == 10%",
                            "amount <= 10% of balance",
                            "chain == eth",
                            "asset == native",
                            "symbol in (BTC, ETH)",
                            "requester startswith 'al'",
                            "requester glob 'a*e'",
                            "requester regex '^a.*e$'",
                            "from in ours",
                            "not (to in ours)",
                            "to.age == 0s",
                            "not to.seen",
                            "paid.count == 0",
                            "not paid.last exists",
                            "largest == 0",
                            "screen.clear",
                            "not screen.hit",
                            "exposure.mixer == 0%",
                            "alerts.worst == none",
                            "feed.lag <= 1m",
                            "explain.effects contains 'code' or explain.rules in (R1) or always",
                            "to == 0x0000000000000000000000000000000000000c01",
                            "time > '2026-01-01'",
                            "spent.wallet.24h == 0",
                            "count.all.lifetime < 5",
                            "time_of_day < 24h",
                            "weekday in (mon, tue, wed, thu, fri, sat, sun)",
                            "usd + 1 usd > 2000"})
        EXPECT_TRUE(allows(yes)) << yes;
    for (const char* no : {"tier == cold", "amount > 1 ETH", "to in book", "to.look_alike",
                           "to.tier == hot", "alerts.worst >= info", "payload.type == safe"})
        EXPECT_FALSE(allows(no)) << no;
}

TEST(Policy, tells_every_problem_at_its_place) {
    const std::string said = refused(R"(version: 0
rule: []
default: allow
people: {alice: x}
groups: {g: [nobody]}
rules:
  - {id: a, when: "usd <= ", then: allow}
  - {id: a, when: "usd < 5 and amuont > 3", then: allow}
  - {id: c, when: "tier == hto", then: maybe, approvals: {group: g, m: 1}}
limits: [{id: d, scope: moon}]
)");
    for (const char* part :
         {"p:1:10", "p:2:1", "did you mean rules?", "p:3:10", "p:4:17", "p:5:14", "p:7", "amuont",
          "did you mean amount?", "\"hto\" is no tier", "did you mean hot?", "allow, hold or deny",
          "expected wallet, tier", "a limit without a bound"})
        EXPECT_NE(said.find(part), std::string::npos) << part << "\n" << said;
}

TEST(Policy, refuses_hostile_files) {
    for (const std::string& yaml :
         {std::string{}, std::string{"[]"}, std::string{"version"}, std::string(100, '['),
          std::string{"version: 1\nversion: 1"}, std::string{"a: &x [1]\nb: *x"},
          std::string{"version: 1\nrules: [{id: r, when: \"\\\"\", then: allow}]"},
          std::string{"version: 1\nrules: [{id: r, when: \"" + std::string(70, '(') +
                      "\", then: allow}]"},
          std::string{"version: 99999999999999999999999999"}, std::string{"\xff\xfe"},
          std::string((std::size_t{16} << 20) + 1, ' ')})
        refused(yaml);
}

TEST(Policy, quorums_hold_what_they_promise) {
    const std::string people = R"(version: 1
people:
  a: "ed25519:yAoMEsJ8gUHhL6DOj2hTeEAd6ujzwMdm31uQsJSIFg8="
  b: "ed25519:Q60DFKySmsz0iE1X2yJ/yCtIH7wvROlkWukUY26CxV4="
)";
    EXPECT_NE(refused(people + "  c: \"ed25519:Q60DFKySmsz0iE1X2yJ/yCtIH7wvROlkWukUY26CxV4=\"\n")
                  .find("same key"),
              std::string::npos);
    const std::string groups = people + "groups: {g: [a, b], h: [b]}\n";
    EXPECT_NE(refused(groups + "separation: {apart: [[g, h]]}\n").find("b is in both"),
              std::string::npos);
    const std::string rule =
        "rules: [{id: r, when: always, then: hold, approvals: {group: g, m: 2}}]\n";
    EXPECT_NE(
        refused(groups + rule + "change: {group: h, m: 1, delay: 1h}\n").find("a rule wants 2"),
        std::string::npos);
    EXPECT_NE(refused(groups + rule + "change: {group: g, m: 2}\n").find("changes at once"),
              std::string::npos);
    const auto policy = compiled(groups + rule + "change: {group: g, m: 2, delay: 1h}\n");
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->group("g")->size(), 2U);
    EXPECT_FALSE(policy->group("x"));
    EXPECT_NE(policy->key_of("a"), nullptr);
    EXPECT_EQ(policy->key_of("x"), nullptr);
    EXPECT_EQ(policy->change().needed, 2U);
}

TEST(Policy, limits_of_every_kind_stop_at_their_bound) {
    const std::string rule = "version: 1\nrules: [{id: r, when: always, then: allow}]\nlimits: ";
    ToldSpending spent;
    spent.by_limit["l"] = {100'000, Amount{kEther}, 3};
    const auto decide = [&](const std::string& limit) {
        return judge(rule + "[{id: l, " + limit + "}]\n", ether(kEther), world(), spent).decision;
    };
    EXPECT_EQ(decide("scope: wallet, window: 24h, usd: 3000"), Decision::kAllow);
    EXPECT_EQ(decide("scope: wallet, window: 24h, usd: 2999.99"), Decision::kDeny);
    EXPECT_EQ(decide("scope: all, usd: 1999.99, then: hold"), Decision::kHold);
    EXPECT_EQ(decide("scope: tier, window: lifetime, count: 4"), Decision::kAllow);
    EXPECT_EQ(decide("scope: tier, window: lifetime, count: 3"), Decision::kDeny);
    EXPECT_EQ(decide("scope: asset, window: 1h, chain: eth, asset: native, amount: "
                     "\"2000000000000000000\""),
              Decision::kAllow);
    EXPECT_EQ(decide("scope: asset, window: 1h, chain: eth, asset: native, amount: "
                     "\"1999999999999999999\""),
              Decision::kDeny);
    EXPECT_EQ(decide("scope: wallet, window: 1h, share: 20%"), Decision::kAllow);
    EXPECT_EQ(decide("scope: wallet, window: 1h, share: 19.99%"), Decision::kDeny);
    EXPECT_EQ(decide("scope: wallet, when: \"tier == cold\", window: 1h, usd: 0"),
              Decision::kAllow);
}

// --- Properties, over random policies, requests and worlds.

const std::vector<std::string>& atoms() {
    static const std::vector<std::string> kAtoms{"tier == hot",
                                                 "tier == cold",
                                                 "usd <= 1000",
                                                 "usd > 1000",
                                                 "amount > 1 ETH",
                                                 "to in book",
                                                 "from in ours",
                                                 "to in ours",
                                                 "screen.hit",
                                                 "screen.clear",
                                                 "to.look_alike",
                                                 "paid.count == 0",
                                                 "to.age >= 30d",
                                                 "paid.last exists",
                                                 "exposure.mixer >= 10%",
                                                 "alerts.worst >= high",
                                                 "feed.lag > 1h",
                                                 "to.category contains 'scam'",
                                                 "share > 50%",
                                                 "spent.wallet.24h > 500",
                                                 "explain.verdict == ok",
                                                 "amount > 2 * largest",
                                                 "symbol == ETH",
                                                 "explain.effects in (code)"};
    return kAtoms;
}
std::string random_condition(int depth) {
    if (depth == 0 || *rc::gen::inRange(0, 3) == 0)
        return atoms()[*rc::gen::inRange<std::size_t>(0, atoms().size())];
    switch (*rc::gen::inRange(0, 3)) {
        case 0: return "not (" + random_condition(depth - 1) + ")";
        case 1:
            return "(" + random_condition(depth - 1) + ") and (" + random_condition(depth - 1) +
                   ")";
        default:
            return "(" + random_condition(depth - 1) + ") or (" + random_condition(depth - 1) + ")";
    }
}
const std::string kPeople = R"(version: 1
people:
  a: "ed25519:yAoMEsJ8gUHhL6DOj2hTeEAd6ujzwMdm31uQsJSIFg8="
  b: "ed25519:Q60DFKySmsz0iE1X2yJ/yCtIH7wvROlkWukUY26CxV4="
  c: "ed25519:cnERAL2o4BWP3/dcOXLk60MN26AzCMn7+3w9COp6mRY="
groups: {g: [a, b, c], h: [a, c]}
book: [{chain: eth, address: "0x0000000000000000000000000000000000000c02", name: Friend}]
)";
std::vector<std::string> random_rules() {
    std::vector<std::string> rules;
    const int count = *rc::gen::inRange(1, 7);
    for (int i = 0; i < count; ++i) {
        const int then = *rc::gen::inRange(0, 4);
        rules.push_back("  - {id: r" + std::to_string(i) + ", when: \"" + random_condition(2) +
                        "\", then: " +
                        (then == 0   ? "deny"
                         : then == 1 ? "hold"
                         : then == 2 ? "hold, approvals: {group: g, m: 2}"
                                     : "allow") +
                        "}\n");
    }
    return rules;
}
std::string policy_of(const std::vector<std::string>& rules) {
    std::string yaml = kPeople;
    yaml += "limits: [{id: l, scope: wallet, window: 24h, usd: 5000}]\nrules:\n";
    for (const std::string& rule : rules) yaml += rule;
    return yaml;
}
WithdrawalRequest random_request() {
    WithdrawalRequest request =
        ether(static_cast<uint64_t>(*rc::gen::inRange(1, 40)) * kEther / 10);
    if (*rc::gen::inRange(0, 6) == 0) request.from = {};
    if (*rc::gen::inRange(0, 2) == 0)
        request.to = *chain::parse_address(kEthereum, "0x0000000000000000000000000000000000000c02");
    if (*rc::gen::inRange(0, 2) == 0) request.payload = {"evm", "00"};
    return request;
}
ToldWorld random_world() {
    ToldWorld told = world();
    const auto coin = [] { return *rc::gen::inRange(0, 2) == 0; };
    if (coin()) told.wallets[0].tier = "cold";
    if (coin()) told.prices.clear();
    if (coin()) told.balances.clear();
    if (coin()) told.payments.push_back({kEthereum, kHot, kTo, Asset{}, Amount{kEther}, 3, kNow});
    if (coin()) told.feed_lag = std::chrono::hours{*rc::gen::inRange(0, 4)};
    told.explanation.emplace();
    told.explanation->verdict = static_cast<explain::Verdict>(*rc::gen::inRange(0, 3));
    if (coin()) {
        screen::Screening screening;
        screening.outcome = static_cast<screen::Outcome>(*rc::gen::inRange(0, 3));
        screening.incomplete = coin();
        screening.reasons = {"told"};
        told.screenings[{kEthereum, kTo}] = screening;
    }
    return told;
}
auto summary(const Judgement& j) {
    std::string text = std::string{to_string(j.decision)} + (j.approvable ? "!" : "");
    for (const Reason& r : j.reasons) text += "|" + r.rule + ":" + r.text;
    for (const ApprovalNeed& n : j.needs) text += "&" + n.group + std::to_string(n.needed);
    return text;
}

TEST(PolicyProperty, the_order_of_rules_never_matters) {
    EXPECT_TRUE(rc::check([] {
        std::vector<std::string> rules = random_rules();
        const auto first = compiled(policy_of(rules));
        const auto request = random_request();
        ToldWorld told = random_world();
        std::reverse(rules.begin(), rules.end());
        if (rules.size() > 2) std::swap(rules[0], rules[rules.size() / 2]);
        const auto second = compiled(policy_of(rules));
        RC_ASSERT(summary(first->judge(request, told, ToldSpending{}, kNow)) ==
                  summary(second->judge(request, told, ToldSpending{}, kNow)));
    }));
}

TEST(PolicyProperty, a_denial_wins_and_adding_one_never_allows_more) {
    EXPECT_TRUE(rc::check([] {
        std::vector<std::string> rules = random_rules();
        const auto request = random_request();
        ToldWorld told = random_world();
        const Judgement before =
            compiled(policy_of(rules))->judge(request, told, ToldSpending{}, kNow);
        for (const Reason& r : before.reasons) RC_ASSERT(r.decision <= before.decision);
        rules.push_back("  - {id: more, when: \"" + random_condition(2) + "\", then: deny}\n");
        const Judgement after =
            compiled(policy_of(rules))->judge(request, told, ToldSpending{}, kNow);
        RC_ASSERT(after.decision >= before.decision);
        RC_ASSERT(!after.approvable || before.approvable || before.decision == Decision::kAllow);
        rules.back() = "  - {id: more, when: always, then: deny}\n";
        RC_ASSERT(compiled(policy_of(rules))->judge(request, told, ToldSpending{}, kNow).decision ==
                  Decision::kDeny);
    }));
}

TEST(PolicyProperty, knowing_less_never_lets_more_through) {
    EXPECT_TRUE(rc::check([] {
        const auto policy = compiled(policy_of(random_rules()));
        const auto request = random_request();
        ToldWorld told = random_world();
        const Judgement knowing = policy->judge(request, told, ToldSpending{}, kNow);
        for (const std::string_view question : ToldWorld::questions())
            if (*rc::gen::inRange(0, 3) == 0) told.unknown.emplace(question);
        ToldSpending spending;
        spending.unknown = *rc::gen::inRange(0, 4) == 0;
        const Judgement after = policy->judge(request, told, spending, kNow);
        if (knowing.decision != Decision::kAllow) RC_ASSERT(after.decision != Decision::kAllow);
        if (knowing.decision == Decision::kDeny) RC_ASSERT(!after.approvable);
        if (knowing.decision == Decision::kHold && !knowing.approvable)
            RC_ASSERT(!after.approvable);
    }));
}

TEST(PolicyProperty, a_policy_with_an_error_is_no_policy) {
    EXPECT_TRUE(rc::check([] {
        std::vector<std::string> rules = random_rules();
        std::string yaml = policy_of(rules);
        const auto at = *rc::gen::inRange<std::size_t>(0, yaml.size());
        yaml[at] = *rc::gen::arbitrary<char>();
        const auto result = Policy::compile(yaml, "p");
        const bool wrong = std::any_of(result.diagnostics.begin(), result.diagnostics.end(),
                                       [](const auto& d) { return !d.warning; });
        RC_ASSERT(wrong == (result.policy == nullptr));
    }));
}

// --- Files that are shipped.

std::string file(const std::string& name) {
    std::ifstream in{std::string{CORDON_ROOT} + "/" + name, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(PolicyFiles, every_case_of_the_examples_and_heists_comes_out_as_it_says) {
    for (const std::string name :
         {"examples/policies/exchange.test.yaml", "examples/policies/fund.test.yaml",
          "examples/policies/defi-treasury.test.yaml",
          "tests/scenarios/guard/heists.policy.yaml"}) {
        const std::string folder = name.substr(0, name.rfind('/') + 1);
        const Cases cases = read_cases(file(name), name, [&](const std::string& path) {
            return Result<std::string>{file(folder + path)};
        });
        for (const auto& one : cases.diagnostics) ADD_FAILURE() << to_string(one);
        EXPECT_FALSE(cases.cases.empty()) << name;
        const auto policy = compiled(file(folder + cases.policy));
        ASSERT_TRUE(policy) << name;
        EXPECT_FALSE(policy->explain().empty());
        for (const Case& one : cases.cases) {
            const CaseResult result = run_case(*policy, one);
            for (const std::string& failure : result.failures)
                ADD_FAILURE() << name << ":" << one.line << ": " << one.name << ": " << failure
                              << "\n"
                              << summary(result.judgement);
        }
    }
}

TEST(PolicyDocs, the_pages_name_everything_that_a_file_can_say) {
    const auto check = [](const std::string& page, const std::string& name) {
        EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
    };
    const std::string policy = file("docs/formats/policy.md");
    for (const Field& one : fields()) check(policy, std::string{one.name});
    for (const Family& one : families()) check(policy, std::string{one.name});
    for (const KeyTable& table : policy_keys())
        for (const Key& key : table.keys) check(policy, std::string{key.name});
    const std::string cases = file("docs/formats/policy-cases.md");
    for (const KeyTable& table : case_keys())
        for (const Key& key : table.keys) check(cases, std::string{key.name});
    for (const std::string_view one : ToldWorld::questions()) check(cases, std::string{one});
}

TEST(Cases, tell_what_is_wrong_with_them) {
    const auto none = [](const std::string&) -> Result<std::string> {
        return fail(ErrorCode::kNotFound, "no such file");
    };
    for (const std::string yaml : {"", "version: 1", "version: 1\ncases: [{}]",
                                   "version: 1\ncases: [{name: x, at: 2026-01-01, request: {to: y, "
                                   "amount: 1}, expect: {}}]"}) {
        const Cases cases = read_cases(yaml, "c", none);
        EXPECT_FALSE(cases.diagnostics.empty()) << yaml;
    }
}

}  // namespace
}  // namespace cordon::guard
