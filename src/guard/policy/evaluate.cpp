// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <algorithm>
#include <functional>

#include <cordon/base/format.hpp>
#include <cordon/chain/conditions/units.hpp>

#include "program.hpp"

namespace cordon::guard {
namespace {

using chain::Op;

Truth ordered(Op op, const Amount& a, const Amount& b) noexcept {
    switch (op) {
        case Op::kLt: return truth(a < b);
        case Op::kLe: return truth(a <= b);
        case Op::kGt: return truth(a > b);
        default: return truth(a >= b);
    }
}

bool equal(const Value& a, const Value& b) noexcept {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&](const auto& left) {
            using T = std::decay_t<decltype(left)>;
            if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Amount> ||
                          std::is_same_v<T, Address> || std::is_same_v<T, std::string_view>)
                return left == *std::get_if<T>(&b);
            else
                return false;
        },
        a);
}

template <typename T, typename U>
bool has(const std::vector<T>& sorted, const U& item) {
    return std::binary_search(sorted.begin(), sorted.end(), item);
}

}  // namespace

Truth Evaluation::test(NodeId node) {
    int8_t& known = known_[node];
    if (known == kNotYet) known = static_cast<int8_t>(run(program_.nodes[node]));
    return static_cast<Truth>(known);
}

Truth Evaluation::run(const Node& node) {
    const auto children = std::span{program_.children}.subspan(node.first, node.count);
    switch (node.kind) {
        case Node::Kind::kAll: {
            Truth least = Truth::kYes;
            for (const NodeId child : children) {
                least = std::min(least, test(child));
                if (least == Truth::kNo) break;
            }
            return least;
        }
        case Node::Kind::kAny: {
            Truth most = Truth::kNo;
            for (const NodeId child : children) {
                most = std::max(most, test(child));
                if (most == Truth::kYes) break;
            }
            return most;
        }
        case Node::Kind::kNot: return negate(test(children[0]));
        case Node::Kind::kTrue: {
            const Value v = value(node.a);
            const bool* yes = std::get_if<bool>(&v);
            return yes ? truth(*yes) : Truth::kUnknown;
        }
        case Node::Kind::kExists: {
            const Value v = value(node.a);
            if (std::holds_alternative<Unknown>(v)) return Truth::kUnknown;
            const auto* texts = std::get_if<std::span<const std::string>>(&v);
            return truth(texts ? !texts->empty() : !std::holds_alternative<Absent>(v));
        }
        case Node::Kind::kCompare: return compare(node);
        case Node::Kind::kAmong: return among(node);
        case Node::Kind::kOurs: return ours(node);
        case Node::Kind::kBook: {
            const Value v = value(node.a);
            if (std::holds_alternative<Unknown>(v)) return Truth::kUnknown;
            const Address* address = std::get_if<Address>(&v);
            return truth(address &&
                         facts_.books.find(facts_.request.chain, *address, program_.books[node.b]));
        }
        case Node::Kind::kGroup: {
            const Value v = value(node.a);
            if (std::holds_alternative<Unknown>(v)) return Truth::kUnknown;
            const auto* text = std::get_if<std::string_view>(&v);
            return truth(text && has(program_.groups[node.b], *text));
        }
        case Node::Kind::kSearch:
        case Node::Kind::kPattern: return text(node);
    }
    return Truth::kUnknown;
}

const Value& Evaluation::slot(uint32_t index) {
    const Slot& slot = program_.slots[index];
    return facts_.slot(index, slot.get, slot.argument);
}

Value Evaluation::value(uint32_t expr) {
    const Expr& e = program_.exprs[expr];
    switch (e.kind) {
        case Expr::Kind::kSlot: return slot(e.a);
        case Expr::Kind::kFixed:
            return std::visit(
                [](const auto& fixed) -> Value {
                    if constexpr (std::is_same_v<std::decay_t<decltype(fixed)>, std::string>)
                        return std::string_view{fixed};
                    else
                        return fixed;
                },
                program_.fixed[e.a]);
        case Expr::Kind::kUnits: return in_units(program_.units[e.a]);
        case Expr::Kind::kMade:
        case Expr::Kind::kPart: break;
    }
    const Value left = value(e.a), right = value(e.b);
    const Amount* a = std::get_if<Amount>(&left);
    const Amount* b = std::get_if<Amount>(&right);
    // There is no sum with something that is not there.
    if (!a) return Unknown{facts_.keep(why(e.a, true))};
    if (!b) return Unknown{facts_.keep(why(e.b, true))};
    const std::optional<Amount> made =
        e.kind == Expr::Kind::kPart ? chain::as_share(*a, *b) : chain::compute(e.op, *a, *b);
    if (made) return *made;
    return Unknown{"a number is below zero, too large, or divided by zero"};
}

/// Units of another asset are not compared: neither "more" nor "less" would be right for both an
/// allowance and a ban.
Value Evaluation::in_units(const Units& units) {
    unsigned decimals = native_decimals(facts_.request.chain);
    std::string_view symbol = native_symbol(facts_.request.chain);
    if (!facts_.request.asset.is_native()) {
        const auto& info = facts_.asset();
        if (!info) return Unknown{info.error().message};
        if (!*info || (*info)->status == AssetStatus::kCounterfeit)
            return Unknown{"the asset is in no list, or counterfeit"};
        decimals = (*info)->decimals;
        symbol = (*info)->symbol;
    }
    if (symbol != units.symbol)
        return Unknown{
            facts_.keep(format("the amount is of {}, not of {}: ask for the asset "
                               "first, as in asset == native and ...",
                               symbol, units.symbol))};
    const Result<Amount> amount = parse_units(units.digits, decimals);
    return amount ? Value{*amount} : Value{Unknown{"the asset has fewer decimals than that"}};
}

Truth Evaluation::compare(const Node& node) {
    const Value left = value(node.a);
    const Value right = value(node.b);
    if (std::holds_alternative<Unknown>(left) || std::holds_alternative<Unknown>(right))
        return Truth::kUnknown;
    if (node.op == Op::kEq || node.op == Op::kNe) {
        // What is not there is equal to nothing, also not to another thing that is not there.
        const bool same = equal(left, right);
        return truth(same == (node.op == Op::kEq));
    }
    const Amount* a = std::get_if<Amount>(&left);
    const Amount* b = std::get_if<Amount>(&right);
    return a && b ? ordered(node.op, *a, *b) : Truth::kUnknown;
}

Truth Evaluation::among(const Node& node) {
    const Value v = value(node.a);
    const FixedList& list = program_.lists[node.b];
    if (std::holds_alternative<Unknown>(v)) return Truth::kUnknown;
    if (const Amount* n = std::get_if<Amount>(&v)) return truth(has(list.numbers, *n));
    if (const Address* a = std::get_if<Address>(&v)) return truth(has(list.addresses, *a));
    if (const auto* t = std::get_if<std::string_view>(&v)) return truth(has(list.texts, *t));
    if (const auto* all = std::get_if<std::span<const std::string>>(&v))
        return truth(std::any_of(all->begin(), all->end(),
                                 [&](const std::string& one) { return has(list.texts, one); }));
    return Truth::kNo;
}

Truth Evaluation::ours(const Node& node) {
    const Value v = value(node.a);
    const Address* address = std::get_if<Address>(&v);
    if (!address) return std::holds_alternative<Unknown>(v) ? Truth::kUnknown : Truth::kNo;
    const auto& wallet =
        node.op == Op::kName ? facts_.from_wallet() : facts_.to_wallet();  // Of from; of to.
    return wallet ? truth(wallet->has_value()) : Truth::kUnknown;
}

Truth Evaluation::text(const Node& node) {
    const Value v = value(node.a);
    if (std::holds_alternative<Unknown>(v)) return Truth::kUnknown;
    const auto matches = [&](std::string_view text) {
        if (node.kind == Node::Kind::kPattern) {
            const Pattern& pattern = program_.patterns[node.b];
            const re2::StringPiece piece{text.data(), text.size()};
            return pattern.whole ? RE2::FullMatch(piece, *pattern.regex)
                                 : RE2::PartialMatch(piece, *pattern.regex);
        }
        const std::string_view what = std::get<std::string>(program_.fixed[node.b]);
        return node.op == Op::kContains     ? text.find(what) != std::string_view::npos
               : node.op == Op::kStartsWith ? text.starts_with(what)
                                            : text.ends_with(what);
    };
    if (const auto* one = std::get_if<std::string_view>(&v)) return truth(matches(*one));
    if (const auto* all = std::get_if<std::span<const std::string>>(&v))
        return truth(std::any_of(all->begin(), all->end(), matches));
    return Truth::kNo;
}

// --- For people.

std::string Evaluation::why(uint32_t expr, bool absent_counts) {
    const Expr& e = program_.exprs[expr];
    const auto told = [&](const Value& v) -> std::string {
        const std::string_view name =
            e.kind == Expr::Kind::kSlot ? std::string_view{program_.slots[e.a].name} : "it";
        if (const auto* unknown = std::get_if<Unknown>(&v))
            return e.kind == Expr::Kind::kSlot ? format("{} is not known: {}", name, unknown->why)
                                               : std::string{unknown->why};
        if (const auto* absent = std::get_if<Absent>(&v); absent && absent_counts)
            return format("there is no {}: {}", name, absent->why);
        return {};
    };
    return told(value(expr));
}

std::string Evaluation::why_unknown(NodeId id) {
    const Node& node = program_.nodes[id];
    switch (node.kind) {
        case Node::Kind::kAll:
        case Node::Kind::kAny:
        case Node::Kind::kNot:
            for (const NodeId child : std::span{program_.children}.subspan(node.first, node.count))
                if (test(child) == Truth::kUnknown) return why_unknown(child);
            return {};
        case Node::Kind::kCompare: {
            const bool needs_number = node.op != Op::kEq && node.op != Op::kNe;
            const std::string left = why(node.a, needs_number);
            return left.empty() ? why(node.b, needs_number) : left;
        }
        case Node::Kind::kOurs: {
            const auto& wallet = node.op == Op::kName ? facts_.from_wallet() : facts_.to_wallet();
            if (!wallet) return format("our wallets are not known: {}", wallet.error().message);
            return why(node.a, false);
        }
        default: return why(node.a, false);
    }
}

void Evaluation::tell(NodeId id, std::vector<std::string>& parts) {
    const Node& node = program_.nodes[id];
    const std::function<void(uint32_t)> of_slot = [&](uint32_t expr) {
        const Expr& e = program_.exprs[expr];
        if (e.kind == Expr::Kind::kMade || e.kind == Expr::Kind::kPart) {
            of_slot(e.a);
            return of_slot(e.b);
        }
        if (e.kind != Expr::Kind::kSlot) return;
        const Value& v = slot(e.a);
        if (std::holds_alternative<Unknown>(v)) return;
        const Slot& of = program_.slots[e.a];
        std::string one = format("{}: {}{}", of.name, value_text(v, of.type, facts_),
                                 detail_of(of.name, v, facts_));
        if (std::find(parts.begin(), parts.end(), one) == parts.end())
            parts.push_back(std::move(one));
    };
    const auto member = [&](std::string_view what) {
        const Expr& e = program_.exprs[node.a];
        if (e.kind != Expr::Kind::kSlot) return;
        parts.push_back(format("{} {} in {}", program_.slots[e.a].name,
                               test(id) == Truth::kYes ? "is" : "is not", what));
    };
    switch (node.kind) {
        case Node::Kind::kAll:
        case Node::Kind::kAny:
        case Node::Kind::kNot:
            for (const NodeId child :
                 std::span{program_.children}.subspan(node.first, node.count)) {
                // Of alternatives only those that hold were a reason.
                if (node.kind == Node::Kind::kAny && test(child) != Truth::kYes) continue;
                tell(child, parts);
            }
            return;
        case Node::Kind::kBook: return member(program_.books[node.b]);
        case Node::Kind::kOurs: return member("ours");
        case Node::Kind::kGroup: return member(program_.group_names[node.b]);
        case Node::Kind::kCompare: of_slot(node.a); return of_slot(node.b);
        default: return of_slot(node.a);
    }
}

std::string Evaluation::found(NodeId node) {
    std::vector<std::string> parts;
    tell(node, parts);
    std::string text;
    for (const std::string& one : parts) text += (text.empty() ? "" : ", ") + one;
    return text;
}

}  // namespace cordon::guard
