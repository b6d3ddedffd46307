// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cordon/trace/layout_test_theft.hpp>

#include "case_file.hpp"

/// Cases that tests of pictures and pages share.
namespace cordon::report::test {

using trace::test::make_theft;
using trace::test::TheftShape;

/// Names that try to break out of every context they are put into.
inline std::vector<std::string> hostile_names() {
    return {"</text><script>alert(1)</script>",
            "\" onload=\"alert(1)\" x='&amp;",
            "\xE2\x80\xAE"
            "egnahcxE evil\xE2\x80\xAC",
            std::string(10'000, 'W'),
            "zero\xE2\x80\x8Bwidth\0nul" + std::string(1, '\0') + "\x01\x1F\x7F",
            "bad \xFF\xFE\xC0\xAF utf8 \xED\xA0\x80",
            "]]><!-- --><![CDATA[ &#x3c; {{7*7}} ${7*7}",
            "a\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81 zalgo",
            "取引所 デポジット 交易所 充值地址 非常に長い名前",
            "  \t\r\n  "};
}

inline trace::TraceResult single_node() {
    trace::TraceResult result = make_theft({.edges = 0});
    return result;
}

inline std::vector<std::pair<std::string, trace::TraceResult>> picture_cases() {
    std::vector<std::pair<std::string, trace::TraceResult>> cases;
    cases.emplace_back("small", make_theft({.seed = 3, .edges = 16, .service = 0.3}));
    cases.emplace_back("medium", make_theft({.seed = 5, .edges = 300}));
    cases.emplace_back("large", make_theft({.seed = 7, .edges = 5'000}));
    cases.emplace_back("huge", make_theft({.seed = 9, .edges = 50'000}));
    cases.emplace_back("assets", make_theft({.seed = 11, .edges = 400, .several_assets = true}));
    cases.emplace_back(
        "hostile",
        make_theft({.seed = 13, .edges = 120, .service = 0.5, .services = hostile_names()}));
    cases.emplace_back("cycles", make_theft({.seed = 17, .edges = 250, .back = 0.45}));
    cases.emplace_back("peel",
                       make_theft({.seed = 19, .edges = 400, .back = 0, .clean = 0, .peel = 1.0}));
    cases.emplace_back("single", single_node());
    cases.emplace_back("empty", trace::TraceResult{});
    return cases;
}

/// Lifetime: both arguments must outlive the result.
inline CaseInput case_input(const trace::TraceResult& result, const trace::Context& context) {
    Evidence evidence;
    evidence.version = "0.1.0";
    evidence.command_line = "cordon report --ledger led --seed eth:theft --out case";
    evidence.params = {{"policy", "lifo"}, {"overspend", "inherit"}};
    ledger::ChainSummary chain;
    chain.chain = kEthereum;
    chain.first.number = 18'000'000;
    chain.tip.number = 18'050'000;
    chain.tip.time = from_unix_seconds(1'705'000'000);
    chain.tip.hash = trace::test::hash_of(1);
    chain.blocks = 50'000;
    evidence.ledger.push_back(chain);
    evidence.inputs.push_back(
        {"transfers.csv.zst", "transfers", 123'456, std::string(64, 'a'), 50'000});
    evidence.files.push_back({"result.json", 98'765, std::string(64, 'b')});
    return {"Hot wallet theft",
            "The hot wallet of an exchange was emptied in one night.",
            {"a public statement"},
            result,
            context,
            evidence};
}

}  // namespace cordon::report::test
