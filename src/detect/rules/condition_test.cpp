// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What conditions say of one event, operator by operator.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <tuple>

#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/text.hpp>

#include "language.hpp"
#include "test_rules.hpp"

namespace cordon::detect {
namespace {

const Address kHot = named("hot");
const Address kMixer = named("mixer");
const Address kToken = named("token");
const Address kSafe = named("safe");

std::string text_of(const Address& address) { return chain::format_address(kEthereum, address); }

Hash256 word(uint64_t n) {
    Hash256 hash;
    const auto raw = Amount{n}.to_big_endian();
    std::copy(raw.begin(), raw.end(), hash.bytes.begin());
    return hash;
}
Hash256 word(const Address& address) {
    Hash256 hash;
    std::copy_n(address.payload().begin(), 20, hash.bytes.begin() + 12);
    return hash;
}

/// A hot wallet pays 6 ETH of its 20 to a mixer, in a txn with a log, two calls and a change.
RuleBench bench() {
    RuleBench b;
    b.config.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
    b.config.safes = {{"treasury", {kEthereum, kSafe}, {}, {}}};
    b.config.allowed = {{{kEthereum, named("friend")}, "", "", {}}};
    b.knowledge.labels_by[kMixer] = {
        {{}, kMixer, "Tornado.Cash", Category::kMixer, "ours", 0.9, {}, {}, {}, {}},
        {{}, kMixer, "SDN", Category::kSanctioned, "ofac", 0.5, {}, {}, {}, {}}};
    b.knowledge.prices[Asset{}] = 2000;
    b.knowledge.balances[{kHot, Asset{}}] = *parse_units("20", 18);
    b.stream.transfer(kHot, kMixer, *parse_units("6", 18));
    TxnActivity& txn = b.stream.activity();
    txn.from = kHot;
    txn.to = kMixer;
    txn.nonce = 7;
    txn.input = {0xa9, 0x05, 0x9c, 0xbb, 0x01};
    const Hash256 approval = crypto::keccak256(
        {reinterpret_cast<const uint8_t*>("Approval(address,address,uint256)"), 33});
    Log log;
    log.index = 3;
    log.contract = kToken;
    log.topics = {approval, word(kHot), word(kMixer)};
    const Hash256 value = word(500);
    log.data.assign(value.bytes.begin(), value.bytes.end());
    txn.logs = {log};
    Call outer;
    outer.kind = CallKind::kCall;
    outer.from = kHot;
    outer.to = kMixer;
    outer.input = txn.input;
    Call inner = outer;
    inner.parent = 0;
    inner.depth = 1;
    inner.kind = CallKind::kDelegateCall;
    inner.from = kMixer;
    inner.to = kToken;
    inner.failed = true;
    txn.calls = {outer, inner};
    txn.changes = {{kSafe, word(4), word(3), word(1)}, {kSafe, word(0), word(kHot), word(kMixer)}};
    b.stream.block_activity().has_logs = true;
    b.stream.block_activity().has_calls = true;
    b.stream.block_activity().has_changes = true;
    return b;
}

bool holds(const std::string& condition, const std::string& event) {
    RuleBench b = bench();
    b.start(rule_of(condition, "  event: " + event + "\n"));
    if (!b.watch) return false;
    b.block();
    return b.count("r") > 0;
}

TEST(Rules, conditions_of_transfers_hold_as_written) {
    const auto yes = [](const std::string& c) { EXPECT_TRUE(holds(c, "transfer")) << c; };
    const auto no = [](const std::string& c) { EXPECT_FALSE(holds(c, "transfer")) << c; };
    yes("amount > 5 ETH");
    yes("amount == 6_000_000_000_000_000_000");
    no("amount > 6 ETH");
    yes("amount >= 6 ETH and amount <= 6 ETH");
    no("amount < 6 ETH or amount != 6 ETH");
    no("amount > 5 USDC");  // Another symbol: no comparison.
    no("amount < 5 USDC");
    yes("5 ETH < amount");
    yes("amount > 20% of from.balance");
    no("amount > 30% of from.balance");
    yes("amount / from.balance == 30%");
    no("amount > 1% of to.balance");  // Not known.
    yes("not amount > 1% of to.balance");
    yes("usd == 12_000");
    yes("usd == 12000 usd");
    yes("usd > 10_000.50 usd");
    yes("usd + 1 usd == 12001 usd");
    yes("amount - 1 ETH == 5 ETH");
    no("amount - 7 ETH < 1 ETH");  // Below zero is no number.
    yes("amount * 2 == 12 ETH");
    yes("2 * (amount + 1 ETH) == 14 ETH");
    yes("from.set == \"hot-1\"");
    yes("from.set exists and exists from.set");
    no("to.set exists");
    yes("from.tier == hot and from.entity == acme");
    yes("from.tier in (cold, hot)");
    yes("to.label.category == mixer");
    yes("to.label.category != exchange");
    yes("from.label.category != exchange");  // Nobody says what it is.
    yes("to.label.confidence >= 0.9 and to.label.confidence == 90%");
    yes("to.categories contains sanctioned");
    yes("to.categories in (theft, sanctioned)");
    no("to.categories contains theft");
    yes("to.label.text contains \"nado\"");
    yes("to.label.text startswith 'Tor' and to.label.text endswith 'Cash'");
    yes("to.label.text glob \"T*.C?sh\"");
    no("to.label.text glob \"*Cas\"");
    yes("to.label.text regex \"^T[a-z]+\\.C\"");
    no("to.label.text regex \"^C\"");
    yes("to.age == 0s and to.age < 1h");
    yes("leaves and not allowed");
    no("to in allowed");
    yes("from in wallets and not to in wallets");
    yes("from in allowed");
    yes("asset == native and asset.symbol == ETH");
    yes("kind == native");
    yes("chain == eth and chain in (btc, eip155:1)");
    yes("to == " + text_of(kMixer));
    yes("to in (" + text_of(kHot) + ", " + text_of(kMixer) + ")");
    yes("from != to");
    no("from == to");
    yes("time > \"2023-01-01\" and time - 1d < time");
    yes("block.number == 1 and not pending");
    yes("pending == false");
    yes("txn.from == from and txn.nonce == 7 and txn.transfers == 1");
    yes("not (amount < 1 ETH or (to.set exists and usd > 1))");
    no("from.creator exists");
    yes("(amount > 1 ETH or usd > 1) and index == 0");
}

TEST(Rules, conditions_of_a_nonce_that_is_not_told_do_not_hold) {
    for (const auto& [condition, told, untold] : {std::tuple{"txn.nonce exists", 1U, 0U},
                                                  {"txn.nonce < 8", 1U, 0U},
                                                  {"txn.nonce != 0", 1U, 1U}}) {
        RuleBench b = bench();
        b.start(rule_of(condition, "  event: transfer\n"));
        b.block();
        EXPECT_EQ(b.count("r"), told) << condition;
        b.stream.transfer(kHot, kMixer, *parse_units("6", 18));
        b.stream.activity().from = kHot;
        b.block();
        EXPECT_EQ(b.count("r"), told + untold) << condition;
    }
}

TEST(Rules, conditions_of_txns_logs_calls_and_changes_hold_as_written) {
    const auto yes = [](const std::string& c, const char* e) { EXPECT_TRUE(holds(c, e)) << c; };
    const auto no = [](const std::string& c, const char* e) { EXPECT_FALSE(holds(c, e)) << c; };
    yes("txn.selector == 0xa9059cbb", "txn");
    yes("txn.input startswith 0xa905 and txn.input contains 0xbb01", "txn");
    yes("txn is \"transfer(address,uint256)\"", "txn");
    no("txn is \"approve(address,uint256)\"", "txn");
    yes("txn.succeeded and txn.logs == 1 and txn.calls == 2", "txn");
    const std::string approval =
        "log is \"Approval(address indexed owner, address indexed spender, uint256 value)\"";
    yes(approval, "log");
    yes(approval + " and arg.owner in wallets and arg.spender.label.category == mixer", "log");
    yes(approval + " and arg.value == 500 and arg.2 > 499 and arg.value < unlimited", "log");
    no("log is \"Approval(address owner, address spender, uint256 value)\"", "log");
    yes("contract == " + text_of(kToken) + " and log.index == 3", "log");
    yes("topic0 == 0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925", "log");
    no("topic3 exists", "log");
    yes("kind == call and depth == 0", "call");
    no("kind == delegatecall", "call");  // It failed, and the rule does not ask.
    yes("kind == delegatecall and failed", "call");
    yes("call is \"transfer(address,uint256)\" and selector == 0xa9059cbb", "call");
    yes("contract in safes and slot == 0x" + std::string(63, '0') + "4", "change");
    yes("after.number < before.number and after.number == 1", "change");
    yes("slot == safe.singleton and after.address.label.category == mixer", "change");
    yes("contract.safe == treasury", "change");
    no("slot == eip1967.implementation", "change");
}

TEST(Rules, printing_and_parsing_a_condition_gives_the_same_condition) {
    const std::vector<std::string> names{};
    for (const std::string text :
         {"a and (b or c) and not d", "(a and b) and c", "a or b and c", "not (a or b)",
          "x - (y - z) > 3", "(x - y) - z > 3", "x * (y + z) == 2", "20% of x < 5 ETH",
          "10% of 20% of x > 1", "x in (1, 0xab, \"t\\\"q\", w)", "x exists and exists y",
          "log is \"A(address a)\" and x contains 'it''s'", "not not a", "not x in y",
          "x glob \"a*\" or y regex 'b\"c'"}) {
        Problems problems{names};
        const std::optional<Ast> ast = parse_condition(text, problems);
        if (!ast) continue;  // 'it''s' is two texts: refused.
        const std::string printed = print(*ast);
        const std::optional<Ast> again = parse_condition(printed, problems);
        ASSERT_TRUE(again) << printed;
        EXPECT_TRUE(same(*ast, *again)) << text << "  ->  " << printed;
        EXPECT_EQ(print(*again), printed);
    }
}

/// A random tree of conditions, at most `depth` deep.
Ast random_condition(int depth) {
    const auto leaf = [](Op op, std::string text, std::string unit = {}) {
        return Ast{op, {}, std::move(text), std::move(unit), {}};
    };
    const auto value = [&](auto&& self, int left) -> Ast {
        switch (*rc::gen::inRange(0, left > 0 ? 7 : 4)) {
            case 0: return leaf(Op::kName, "to.age");
            case 1: return leaf(Op::kNumber, "12", *rc::gen::element<std::string>("", "h", "ETH"));
            case 2: return leaf(Op::kHex, "0xab");
            case 3:
                return leaf(Op::kText, *rc::gen::container<std::string>(
                                           rc::gen::element('a', '"', '\'', ' ', '%', ')')));
            default: {
                const Op op = *rc::gen::element(Op::kAdd, Op::kSub, Op::kMul, Op::kDiv, Op::kOf);
                Ast ast{op, {}, {}, {}, {}};
                ast.parts = {self(self, left - 1), self(self, left - 1)};
                return ast;
            }
        }
    };
    if (depth == 0) {
        Ast ast{*rc::gen::element(Op::kEq, Op::kLt, Op::kContains), {}, {}, {}, {}};
        ast.parts = {value(value, 2), value(value, 2)};
        return ast;
    }
    Ast ast{*rc::gen::element(Op::kAnd, Op::kOr, Op::kNot), {}, {}, {}, {}};
    const int parts = ast.op == Op::kNot ? 1 : *rc::gen::inRange(2, 4);
    for (int i = 0; i < parts; ++i) ast.parts.push_back(random_condition(depth - 1));
    return ast;
}

RC_GTEST_PROP(RulesProperty, parse_undoes_print, ()) {
    const Ast ast = random_condition(*rc::gen::inRange(0, 4));
    const std::string text = print(ast);
    const std::vector<std::string> names;
    Problems problems{names};
    const std::optional<Ast> again = parse_condition(text, problems);
    RC_ASSERT(again.has_value());
    RC_ASSERT(print(*again) == text);
    RC_ASSERT(same(ast, *again));
}

RC_GTEST_PROP(RulesProperty, no_text_is_a_condition_that_harms, (const std::string& text)) {
    const std::vector<std::string> names;
    Problems problems{names};
    const std::optional<Ast> ast = parse_condition(text, problems);
    RC_ASSERT(ast.has_value() == (problems.errors() == 0));
}

}  // namespace
}  // namespace cordon::detect
