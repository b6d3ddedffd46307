// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::guard {
namespace {

using chain::Ast;
using chain::Op;

std::string clause(const Ast& ast, bool inside);

std::string value(const Ast& ast, Type like) {
    switch (ast.op) {
        case Op::kName:
            if (const auto use = find_field(ast.text)) return use->words;
            return ast.text;
        case Op::kNumber:
            if (like == Type::kUsd)
                if (const auto cents = parse_dollars(ast.text)) return format_usd(*cents);
            if (like == Type::kAmount && ast.unit.empty()) return ast.text + " smallest units";
            return chain::print(ast);
        case Op::kHex:
        case Op::kText:
        case Op::kWord: return ast.text;
        case Op::kAdd:
            return format("{} plus {}", value(ast.parts[0], like), value(ast.parts[1], like));
        case Op::kSub:
            return format("{} less {}", value(ast.parts[0], like), value(ast.parts[1], like));
        case Op::kMul:
            return format("{} times {}", value(ast.parts[0], like), value(ast.parts[1], like));
        case Op::kDiv:
            return format("{} divided by {}", value(ast.parts[0], like), value(ast.parts[1], like));
        case Op::kOf:
            return format("{} of {}", value(ast.parts[0], Type::kShare), value(ast.parts[1], like));
        default: return chain::print(ast);
    }
}

Type type_of(const Ast& ast) {
    if (ast.op == Op::kName)
        if (const auto use = find_field(ast.text)) return use->field->type;
    for (const Ast& part : ast.parts)
        if (const Type type = type_of(part); type != Type::kBool) return type;
    return Type::kBool;
}

std::string_view verb(Op op) noexcept {
    switch (op) {
        case Op::kEq: return "is";
        case Op::kNe: return "is not";
        case Op::kLt: return "is less than";
        case Op::kLe: return "is at most";
        case Op::kGt: return "is more than";
        case Op::kGe: return "is at least";
        case Op::kIn: return "is in";
        case Op::kContains: return "contains";
        case Op::kStartsWith: return "begins with";
        case Op::kEndsWith: return "ends with";
        case Op::kGlob:
        case Op::kRegex: return "matches";
        default: return "is";
    }
}

std::string joined(const Ast& ast, std::string_view word, bool inside) {
    std::string text;
    for (std::size_t i = 0; i < ast.parts.size(); ++i) {
        const bool other = ast.parts[i].op == Op::kAnd || ast.parts[i].op == Op::kOr;
        text += (i > 0 ? format(" {} ", word) : std::string{}) + clause(ast.parts[i], other);
    }
    return inside ? "(" + text + ")" : text;
}

std::string clause(const Ast& ast, bool inside) {
    switch (ast.op) {
        case Op::kAnd: return joined(ast, "and", inside);
        case Op::kOr: return joined(ast, "or", inside);
        case Op::kNot: return "it is not so that " + clause(ast.parts[0], true);
        case Op::kExists: return format("{} is known", value(ast.parts[0], Type::kBool));
        case Op::kName:
            return ast.text == "always" || ast.text == "true" ? std::string{"it is any withdrawal"}
                                                              : value(ast, Type::kBool);
        case Op::kIn: {
            const Ast& right = ast.parts[1];
            const std::string left = value(ast.parts[0], Type::kBool);
            if (right.op == Op::kName && right.text == "ours") return left + " is ours";
            if (right.op == Op::kName) return format("{} is in {}", left, right.text);
            std::string all;
            for (const Ast& item : right.parts)
                all += (all.empty() ? "" : ", ") + value(item, type_of(ast.parts[0]));
            const bool is_one = right.parts.size() == 1;
            return format("{} is {}{}", left, is_one ? "" : "one of ", all);
        }
        default: {
            if (ast.parts.size() != 2) return chain::print(ast);
            const Type type = std::max(type_of(ast.parts[0]), type_of(ast.parts[1]));
            return format("{} {} {}", value(ast.parts[0], type), verb(ast.op),
                          value(ast.parts[1], type));
        }
    }
}

std::string_view past(Decision decision) noexcept {
    return decision == Decision::kAllow  ? "allowed"
           : decision == Decision::kHold ? "held"
                                         : "denied";
}

std::string who(const PolicyData& policy, const std::string& group, unsigned needed) {
    const auto found = policy.groups.find(group);
    if (found == policy.groups.end()) return format("{} of {} (nobody yet)", needed, group);
    std::string names;
    for (const auto& member : found->second) names += (names.empty() ? "" : ", ") + member.name;
    return format("{} of {} ({})", needed, group, names);
}

std::string asks(const PolicyData& policy, const Asks& asks, Decision then) {
    if (then != Decision::kHold) return {};
    if (asks.approvals.empty()) return "; approvals do not lift that";
    std::string text;
    for (const ApprovalNeed& need : asks.approvals)
        text += (text.empty() ? "; " : " and ") + who(policy, need.group, need.needed);
    text += " must agree";
    if (asks.cool_down.count() > 0)
        text += format(", and {} pass after that", chain::format_duration(asks.cool_down));
    if (asks.expires)
        text += format("; what they say counts for {}", chain::format_duration(*asks.expires));
    return text;
}

std::string limit_words(const PolicyData& policy, const LimitRule& rule) {
    const Limit& limit = policy.limits[rule.limit];
    std::vector<std::string> most;
    if (limit.usd) most.push_back(format_usd(*limit.usd));
    if (limit.amount)
        most.push_back(
            format("{} smallest units of {}", limit.amount->to_string(),
                   limit.asset->is_native() ? native_symbol(*limit.chain) : limit.asset->text()));
    if (limit.share)
        most.push_back(
            format("{}% of what the wallet holds", format_units(Amount{*limit.share}, 4)));
    if (limit.count) most.push_back(format("{} withdrawals", *limit.count));
    std::string text;
    for (const std::string& one : most) text += (text.empty() ? "" : " and ") + one;
    text = format("at most {}", text);
    if (limit.lifetime)
        text += " ever";
    else if (limit.window)
        text += format(" in any {}", chain::format_duration(*limit.window));
    else
        text += " at once";
    text += limit.scope == Scope::kAll ? std::string{", all together"}
                                       : format(" for each {}", to_string(limit.scope));
    if (rule.when) text += format(", where {}", words_of(rule.when->ast));
    return format("{}; more is {}{}", text, past(limit.then), asks(policy, rule.asks, limit.then));
}

void line(std::string& out, std::string_view id, const std::string& text, std::string_view why) {
    out += format("  {}: {}.{}\n", id, text, why.empty() ? "" : format(" ({})", why));
}

void rules(const PolicyData& policy, Decision decision, std::string& out) {
    bool first = true;
    for (const Rule& rule : policy.rules) {
        if (rule.then != decision) continue;
        if (first)
            out += decision == Decision::kDeny   ? "\nDenied, whatever else is said, is it when\n"
                   : decision == Decision::kHold ? "\nHeld is it when\n"
                                                 : "\nAllowed, unless something above speaks "
                                                   "against it, is it when\n";
        first = false;
        line(out, rule.id, words_of(rule.when.ast) + asks(policy, rule.asks, rule.then), rule.why);
    }
}

std::string checks(const Checks& checks) {
    std::string out;
    out += checks.explain
               ? "  A payload that does something that must not be signed is denied; one that "
                 "cannot be explained is held.\n"
               : "  Payloads are NOT explained.\n";
    out += checks.list_max_age
               ? format("  A destination that cannot be screened by lists of the last {} holds.\n",
                        chain::format_duration(*checks.list_max_age))
               : std::string{"  The age of screening lists is NOT looked at.\n"};
    out += checks.feed_max_lag
               ? format(
                     "  A chain that nobody follows, or follows with more than {} of delay, "
                     "holds.\n",
                     chain::format_duration(*checks.feed_max_lag))
               : std::string{"  Whether the chain is followed is NOT looked at.\n"};
    return out;
}

std::string changes(const PolicyData& policy) {
    const auto one = [&](const Change& change, std::string_view what) {
        if (change.needed == 0) return format("  Nobody can {}.\n", what);
        return format("  {} can {}{}.\n", who(policy, change.group, change.needed), what,
                      change.delay.count() > 0 ? format("; it takes effect {} later",
                                                        chain::format_duration(change.delay))
                                               : std::string{});
    };
    return one(policy.change, "replace this policy, which voids all approvals that wait") +
           one(policy.reset, "reset a breaker");
}

}  // namespace

std::string words_of(const Ast& condition) { return clause(condition, false); }

std::string words_of(const PolicyData& policy) {
    std::string out =
        format("Policy{}{}, version {}, sha256 {}\n\n", policy.name.empty() ? "" : " ", policy.name,
               policy.version, to_hex(policy.digest));
    out += format(
        "What no rule allows is {}. A denial wins over a hold, a hold over an allowance; the order "
        "of rules does not matter. What cannot be judged is held. Nobody approves an own "
        "request{}.\n",
        past(policy.fallback),
        policy.one_group_each ? ", and who is in two groups counts in one of them" : "");
    rules(policy, Decision::kDeny, out);
    rules(policy, Decision::kHold, out);
    if (!policy.limit_rules.empty()) out += "\nLimits\n";
    for (const LimitRule& rule : policy.limit_rules)
        line(out, policy.limits[rule.limit].id, limit_words(policy, rule), rule.why);
    rules(policy, Decision::kAllow, out);
    out += "\nWithout a rule\n" + checks(policy.checks);
    if (!policy.breakers.empty()) out += "\nAlerts that stop withdrawals\n";
    for (const BreakerRule& one : policy.breakers) {
        std::string what;
        for (const std::string& detector : one.detectors)
            what += (what.empty() ? "" : " or ") + detector;
        line(out, one.id,
             format("an alert of {}, {} or worse, stops {}", what.empty() ? "any detector" : what,
                    to_string(one.at_least),
                    one.trips == Trips::kWallet  ? "the wallet"
                    : one.trips == Trips::kAsset ? "the asset"
                                                 : "everything"),
             {});
    }
    out += "\nWho decides\n" + changes(policy);
    return out;
}

}  // namespace cordon::guard
