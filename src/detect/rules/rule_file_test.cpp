// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Rule files: what is refused and where, and what macros, lists, exceptions and overrides do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cordon/chain/text.hpp>

#include "test_rules.hpp"

namespace cordon::detect {
namespace {

using ::testing::HasSubstr;

const Address kHot = named("hot");

TEST(RuleFile, an_error_in_a_condition_points_at_its_line_and_column) {
    const CompiledRules compiled = compile_text(
        "- rule: r\n"
        "  desc: test\n"
        "  output: seen\n"
        "  priority: high\n"
        "  condition: >\n"
        "    amount > 5 ETH and\n"
        "    to.lable.category == mixer\n");
    ASSERT_FALSE(compiled.ok());
    ASSERT_EQ(compiled.diagnostics.size(), 1U) << problems_of(compiled);
    const Diagnostic& one = compiled.diagnostics[0];
    EXPECT_EQ(one.file, "test.yaml");
    EXPECT_EQ(one.line, 7U);
    EXPECT_EQ(one.column, 5U);
    EXPECT_THAT(one.hint, HasSubstr("to.label.category"));
}

TEST(RuleFile, tells_places_in_every_way_to_quote_a_text) {
    const auto at = [](const std::string& condition) {
        const CompiledRules compiled = compile_text(
            "- rule: r\n  desc: test\n  output: seen\n  priority: high\n  event: transfer\n"
            "  condition: " +
            condition);
        if (compiled.diagnostics.size() != 1) return problems_of(compiled);
        return std::to_string(compiled.diagnostics[0].line) + ":" +
               std::to_string(compiled.diagnostics[0].column);
    };
    EXPECT_EQ(at("wrong > 1\n"), "6:14");
    EXPECT_EQ(at("amount > 1 and wrong > 1\n"), "6:29");
    EXPECT_EQ(at("\"amount > 1 and wrong > 1\"\n"), "6:30");
    EXPECT_EQ(at("'amount > 1 and wrong > 1'\n"), "6:30");
    EXPECT_EQ(at("\"to.set == \\\"a\\\" and wrong > 1\"\n"), "6:35");
    EXPECT_EQ(at("amount > 1 and\n    wrong > 1\n"), "7:5");
    EXPECT_EQ(at("|\n    amount > 1 and\n\n    wrong > 1\n"), "9:5");
    EXPECT_EQ(at(">-\n      amount > 1\n      and wrong > 1\n"), "8:11");
    EXPECT_EQ(at("to.set == \"é\" and wrong > 1\n"), "6:32");
}

/// The first problem of a file.
std::string first(const std::string& text) {
    const CompiledRules compiled = compile_text(text);
    if (compiled.ok()) return "ok";
    return compiled.diagnostics.empty() ? "nothing told" : to_string(compiled.diagnostics[0]);
}

TEST(RuleFile, refuses_with_a_reason) {
    const auto refuses = [](const std::string& condition, const std::string& why) {
        EXPECT_THAT(first(rule_of(condition, "  event: transfer\n")), HasSubstr(why)) << condition;
    };
    refuses("amount", "expected a condition");
    refuses("amount > \"x\"", "amount");
    refuses("amount > 10m", "expected a value of type amount");
    refuses("to.age < 5 ETH", "duration");
    refuses("to > from", "neither more nor less");
    refuses("to == usd", "not compared");
    refuses("to == 0x12", "0x");
    refuses("to == 0xde709f2102306220921060314715629080e2FB77", "hecksum");
    refuses("to.label.category == mixr", "did you mean mixer");
    refuses("from.tier == hott", "did you mean hot");
    refuses("1 == 1", "both sides are fixed");
    refuses("amount > 1 and", "the end");
    refuses("(amount > 1", "expected \")\"");
    refuses("amount > > 1", "expected a field");
    refuses("1 < amount < 2", "do not follow");
    refuses("to.label.text regex \"(\"", "no regular expression");
    refuses("to.label.text glob from.set", "quotes");
    refuses("contract == to", "no field contract");
    refuses("log is \"Paused(address)\"", "only a log");
    refuses("to in allowedd", "did you mean allowed");
    refuses("usd in protocols", "holds addresses");
    refuses("amount + usd > 1", "means nothing");
    refuses("group.value > 1", "correlate");
    refuses("amount > 1 $", "means nothing here");
    refuses("to.label.text == \"a", "last quote");
    refuses(std::string(200, '(') + "amount > 1", "levels");
    refuses(
        "not " + std::string(4 * 100, ' ') +
            [] {
                std::string all;
                for (int i = 0; i < 100; ++i) all += "not ";
                return all;
            }() +
            "allowed",
        "levels");
    EXPECT_THAT(first(rule_of("log is \"Paused(addres account)\"")), HasSubstr("addres"));
    EXPECT_THAT(first(rule_of("arg.x == 1 and log is \"A(uint256 y)\"")),
                HasSubstr("has an argument"));
    EXPECT_THAT(first(rule_of("amount > 1")), HasSubstr("fits several events"));
    EXPECT_THAT(first(rule_of("slot == zero.hash and amount > 1")), HasSubstr("no event has all"));
    EXPECT_THAT(first("- rule: a\n"), HasSubstr("desc"));
    EXPECT_THAT(first("- rul: a\n"), HasSubstr("did you mean rule"));
    EXPECT_THAT(first("rule: a\n"), HasSubstr("expected a list"));
    EXPECT_THAT(problems_of(compile_text("- rule: a\n  conditon: x\n")),
                HasSubstr("did you mean condition"));
    EXPECT_THAT(first("- [\n"), HasSubstr("test.yaml:2"));
    EXPECT_THAT(first("- required_engine_version: 9\n"), HasSubstr("newer"));
    EXPECT_THAT(first(rule_of("pending", "  event: transfer\n") +
                      rule_of("pending", "  event: transfer\n")),
                HasSubstr("there already"));
}

TEST(RuleFile, refuses_correlations_without_bounds) {
    const auto refuses = [](const std::string& correlate, const std::string& why) {
        EXPECT_THAT(
            first(rule_of("amount > 0", "  event: transfer\n  correlate: " + correlate + "\n")),
            HasSubstr(why))
            << correlate;
    };
    refuses("{type: count, having: group.value > 1}", "for ever");
    refuses("{type: count, window: 900d, having: group.value > 1}", "90 days");
    refuses("{type: count, window: 0s, having: group.value > 1}", "duration");
    refuses("{type: count, window: 1m}", "without \"having\"");
    refuses("{type: count, window: 1m, having: amount > 1}", "does not name group.value");
    refuses("{type: sum, window: 1m, having: group.value > 1}", "without \"of\"");
    refuses("{type: sum, of: to, window: 1m, having: group.value > 1}", "not summed");
    refuses("{type: distinct, of: to, window: 1m, having: group.value > 5000}", "at most 256");
    refuses("{type: quantile, of: usd, share: 2, window: 1m, having: group.value > 1}", "share");
    refuses("{type: nothing, window: 1m}", "type of the correlation");
    refuses("{type: sequence, window: 1m, steps: [{condition: amount > 1}]}", "");
}

TEST(RuleFile, tells_all_problems_at_once_in_the_order_of_the_file) {
    const CompiledRules compiled = compile_text(
        "- rule: a\n  desc: d\n  output: \"%wrong\"\n  priority: loud\n  event: transfer\n"
        "  condition: nothing > 1 and amunt > 2\n"
        "- rule: b\n  desc: d\n  output: o\n  priority: low\n  event: transfer\n  condition: "
        "usd\n");
    ASSERT_FALSE(compiled.ok());
    EXPECT_GE(compiled.diagnostics.size(), 2U);
    for (std::size_t i = 1; i < compiled.diagnostics.size(); ++i)
        EXPECT_LE(compiled.diagnostics[i - 1].line, compiled.diagnostics[i].line);
}

std::size_t alerts_of(const std::string& text) {
    RuleBench b;
    b.config.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
    b.start(text);
    if (!b.watch) return 999;
    b.stream.transfer(kHot, named("a"), Amount{5U});
    b.block();
    return b.count("r");
}

TEST(RuleFile, macros_and_lists_stand_for_what_they_say) {
    const std::string a = chain::format_address(kEthereum, named("a"));
    EXPECT_EQ(alerts_of("- macro: ours\n  condition: from.set exists\n"
                        "- list: inner\n  items: [" +
                        a +
                        "]\n"
                        "- list: bad\n  items: [inner]\n" +
                        rule_of("ours and to in (bad) and to in bad", "  event: transfer\n")),
              1U);
    EXPECT_EQ(alerts_of("- macro: m\n  condition: amount > 9\n"
                        "- macro: m\n  append: true\n  condition: or amount > 4\n" +
                        rule_of("m", "  event: transfer\n")),
              1U);
    EXPECT_EQ(alerts_of("- list: l\n  items: [9]\n"
                        "- list: l\n  override: {items: append}\n  items: [5]\n" +
                        rule_of("amount in l", "  event: transfer\n")),
              1U);
    EXPECT_THAT(first("- macro: m\n  condition: m and m\n" + rule_of("m", "  event: transfer\n")),
                HasSubstr("m"));
    EXPECT_THAT(first("- list: l\n  items: [l]\n" + rule_of("amount in l", "  event: transfer\n")),
                HasSubstr("itself"));
    std::string bomb = "- macro: m0\n  condition: amount > 1\n";
    for (int i = 1; i < 16; ++i)
        bomb += "- macro: m" + std::to_string(i) + "\n  condition: m" + std::to_string(i - 1) +
                " and m" + std::to_string(i - 1) + " and m" + std::to_string(i - 1) + "\n";
    EXPECT_THAT(first(bomb + rule_of("m15", "  event: transfer\n")), HasSubstr("more than"));
}

TEST(RuleFile, exceptions_take_out_what_they_name) {
    const std::string a = chain::format_address(kEthereum, named("a"));
    const auto with = [&](const std::string& exceptions) {
        return alerts_of(rule_of("amount > 0", "  event: transfer\n  exceptions:\n" + exceptions));
    };
    EXPECT_EQ(with("    - {name: known, fields: [to], values: [[" + a + "]]}\n"), 0U);
    EXPECT_EQ(with("    - {name: known, fields: to, values: [" + a + "]}\n"), 0U);
    EXPECT_EQ(with("    - {name: known, fields: [to, amount], comps: [==, '>'], values: [[" + a +
                   ", 5]]}\n"),
              1U);
    EXPECT_EQ(with("    - {name: known, fields: [to, from.set], comps: [in, startswith], values: "
                   "[[[" +
                   a + "], hot]]}\n"),
              0U);
    EXPECT_EQ(with("    - {name: empty, fields: [to]}\n"), 1U);
    const std::string base =
        rule_of("amount > 0", "  event: transfer\n  exceptions: [{name: known, fields: [to]}]\n");
    EXPECT_EQ(
        alerts_of(base + "- rule: r\n  append: true\n  exceptions: [{name: known, values: [[" + a +
                  "]]}]\n"),
        0U);
    EXPECT_THAT(first(rule_of("amount > 0",
                              "  event: transfer\n  exceptions: [{name: k, fields: "
                              "[to, from], values: [[" +
                                  a + "]]}]\n")),
                HasSubstr("a row of 1"));
}

TEST(RuleFile, later_files_change_earlier_rules) {
    const std::string base = rule_of("amount > 9", "  event: transfer\n");
    EXPECT_EQ(alerts_of(base), 0U);
    EXPECT_EQ(alerts_of(base + "- rule: r\n  append: true\n  condition: or amount > 4\n"), 1U);
    EXPECT_EQ(alerts_of(base + "- rule: r\n  override: {condition: replace}\n"
                               "  condition: amount == 5\n"),
              1U);
    EXPECT_EQ(
        alerts_of(rule_of("amount > 0", "  event: transfer\n") + "- rule: r\n  enabled: false\n"),
        0U);
    EXPECT_THAT(first(base + "- rule: rr\n  append: true\n  condition: or pending\n"),
                HasSubstr("did you mean r"));
    EXPECT_THAT(first(base + "- rule: r\n  override: {condition: append}\n  condition: or pending\n"
                             "  output: new\n"),
                HasSubstr("not said to be appended or replaced"));
}

TEST(RuleFile, takes_falcos_priorities_and_says_so) {
    std::string text = rule_of("amount > 0", "  event: transfer\n");
    text.replace(text.find("high"), 4, "ERROR");
    const CompiledRules compiled = compile_text(text);
    ASSERT_TRUE(compiled.ok()) << problems_of(compiled);
    ASSERT_EQ(compiled.diagnostics.size(), 1U);
    EXPECT_TRUE(compiled.diagnostics[0].warning);
    EXPECT_EQ(list_rules(*compiled.program)[0].severity, Severity::kHigh);
}

TEST(RuleFile, warns_of_names_that_the_configuration_does_not_have) {
    WatchConfig config;
    config.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
    const CompiledRules compiled =
        compile_text(rule_of("from.set == \"hot-2\"", "  event: transfer\n"), &config);
    ASSERT_TRUE(compiled.ok());
    ASSERT_EQ(compiled.diagnostics.size(), 1U);
    EXPECT_THAT(compiled.diagnostics[0].hint, HasSubstr("hot-1"));
}

TEST(RuleFile, an_alert_carries_what_the_rule_says) {
    RuleBench b;
    b.config.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
    b.knowledge.prices[Asset{}] = 2000;
    b.start(
        "- rule: big\n  id: X1\n  desc: Big one\n  priority: critical\n  stage: exploitation\n"
        "  confidence: 0.75\n  tags: [b, a]\n  next: Look.\n  event: transfer\n"
        "  condition: amount > 0\n"
        "  output: \"%amount (%usd, 100%%) left %from.set for %to.\"\n");
    b.stream.transfer(kHot, named("a"), *parse_units("1.5", 18));
    b.block();
    ASSERT_EQ(b.count("X1"), 1U);
    const Alert alert = b.alerts.of("X1")[0];
    EXPECT_EQ(alert.title, "Big one");
    EXPECT_EQ(alert.severity, Severity::kCritical);
    EXPECT_EQ(alert.stage, Stage::kExploitation);
    EXPECT_EQ(alert.confidence, 0.75);
    EXPECT_EQ(alert.subject, kHot);
    EXPECT_EQ(alert.related, std::vector<Address>{named("a")});
    EXPECT_EQ(alert.usd, 300'000);
    EXPECT_EQ(alert.reason, "1.5 ETH ($3,000, 100%) left hot-1 for " +
                                chain::display_address(kEthereum, named("a")) + ".");
    EXPECT_EQ(alert.next, "Look.");
    EXPECT_EQ(alert.tags, (std::vector<std::string>{"a", "b"}));
}

TEST(RuleFile, explains_and_lists) {
    const CompiledRules compiled =
        compile_text("- list: l\n  items: [0x8ba1f109551bD432803012645Ac136ddd64DBA72]\n" +
                     rule_of("log is \"Paused(address account)\" and contract in l"));
    ASSERT_TRUE(compiled.ok()) << problems_of(compiled);
    const auto found = explain_rule(*compiled.program, "r");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->front().event, "log");
    EXPECT_THAT(found->front().index, HasSubstr("topic0 and contract"));
    EXPECT_THAT(found->front().condition, HasSubstr("0x8ba1"));
    const auto none = explain_rule(*compiled.program, "rr");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("did you mean r"));
}

TEST(RuleFile, rules_of_alerts_hear_other_detectors) {
    class Loud final : public Detector {
    public:
        const Descriptor& descriptor() const noexcept override {
            static const Descriptor kOne{
                .id = "D00", .name = "loud", .title = "Loud", .severity = Severity::kHigh};
            return kOne;
        }
        void on_txn(const TxnView& view, const World&, Findings& findings) override {
            findings.push_back({Severity::kHigh, {}, 0.9, view.movements[0].transfer->to});
        }
    };
    RuleBench b;
    const CompiledRules compiled = compile_text(rule_of(
        "detector == \"D00\" and severity >= high and confidence > 50%", "  event: alert\n"));
    ASSERT_TRUE(compiled.ok()) << problems_of(compiled);
    std::vector<std::unique_ptr<Detector>> more;
    more.push_back(std::make_unique<Loud>());
    more.push_back(std::make_unique<RuleSet>(compiled.program));
    for (const Maker& maker : detectors()) b.config.disabled.emplace_back(maker.descriptor->id);
    b.watch = std::make_unique<Watch>(b.config, b.knowledge, WatchOptions{.addresses = 1024},
                                      std::move(more));
    b.stream.transfer(kHot, named("a"), Amount{5U});
    b.block();
    ASSERT_EQ(b.count("r"), 1U);
    EXPECT_EQ(b.alerts.of("r")[0].subject, named("a"));
}

TEST(RuleFile, counts_costs_and_backtests) {
    RuleBench b;
    b.start(rule_of("amount > 3", "  event: transfer\n"), {.cost = true, .groups = 64});
    for (unsigned i = 0; i < 10; ++i) {
        b.stream.transfer(kHot, named("a"), Amount{i});
        b.block(86'400 / 9);
    }
    const RuleMetrics one = b.rules->metrics()[0];
    EXPECT_EQ(one.events, 10U);
    EXPECT_EQ(one.matched, 6U);
    EXPECT_EQ(one.alerts, 6U);
    const BacktestRow row = b.rules->backtest()[0];
    EXPECT_NEAR(*row.per_day, 6, 0.01);
    EXPECT_NEAR(*row.per_million_transfers, 600'000, 1);
}

/// A small fuzzer that always runs: bytes of the shipped rules are cut, doubled and changed.
TEST(RuleFile, damaged_files_are_refused_or_run) {
    uint64_t random = 7;
    const auto below = [&random](std::size_t limit) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX.
        return static_cast<std::size_t>((random >> 33) % limit);
    };
    const std::vector<RuleText> whole = shipped_rules();
    for (int i = 0; i < 200; ++i) {
        std::string text = whole[below(whole.size())].text;
        for (std::size_t n = below(4) + 1; n > 0; --n) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text.erase(at, below(40)); break;
                case 1: text.insert(at, text.substr(below(text.size()), below(40))); break;
                case 2: text[at] = static_cast<char>(below(256)); break;
                default: text[at] = "()\"'%:-,\n#[]{}"[below(14)]; break;
            }
            if (text.empty()) text = "-";
        }
        const CompiledRules compiled = compile_text(text);
        EXPECT_TRUE(compiled.ok() || !compiled.diagnostics.empty());
    }
}

TEST(RuleFile, odd_files_are_refused_or_empty_but_never_harm) {
    for (const std::string& text :
         {std::string{}, std::string{"\n"}, std::string{"# only\n"}, std::string{"[]\n"},
          std::string(3, '\0'), std::string{"\xff\xfe"}, std::string{"- rule\n"},
          std::string{"- {}\n"}, std::string{"- rule: {a: b}\n"},
          std::string{"- rule: [1]\n  condition: {}\n  correlate: x\n"}})
        compile_text(text);
}

}  // namespace
}  // namespace cordon::detect
