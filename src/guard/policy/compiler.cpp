// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "compiler.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::guard {
namespace {

using chain::Ast;
using chain::is_literal;
using chain::Op;

bool is_number(Type type) noexcept { return type >= Type::kNumber && type <= Type::kSeverity; }
bool is_text(Type type) noexcept {
    return type == Type::kText || type == Type::kTexts || type == Type::kChain ||
           type == Type::kAsset;
}
/// A word without quotes can stand for a value of this type: mixer, high, eth.
bool takes_words(Type type) noexcept {
    return is_text(type) || type == Type::kSeverity || type == Type::kBool;
}
/// Smallest units are whole numbers: an amount may be compared with a number.
bool fits(Type a, Type b) noexcept {
    const auto is_units = [](Type t) { return t == Type::kNumber || t == Type::kAmount; };
    return a == b || (is_units(a) && is_units(b)) || (is_text(a) && is_text(b));
}

/// A memory of a regular expression may not be more (RE2 counts its automata).
constexpr int64_t kMaxRegexBytes = 1 << 20;

}  // namespace

std::optional<Type> own_type(const Ast& literal) noexcept {
    if (literal.op != Op::kNumber) return std::nullopt;
    if (literal.unit.empty())
        return literal.text.find('.') == std::string::npos ? Type::kNumber : Type::kShare;
    if (literal.unit == "%") return Type::kShare;
    if (chain::is_usd_unit(literal.unit)) return Type::kUsd;
    if (chain::is_duration_unit(literal.unit)) return Type::kDuration;
    return Type::kAmount;
}

std::nullopt_t Compiler::no(const Ast& ast, std::string message, std::string hint) {
    problems_.error(ast.mark, ErrorCode::kInvalidParam, std::move(message), std::move(hint));
    return std::nullopt;
}

std::nullopt_t Compiler::unknown(const Ast& ast) {
    std::vector<std::string_view> names;
    for (const Field& one : fields()) names.push_back(one.name);
    const std::string near = chain::nearest(ast.text, names);
    return no(ast, format("no field or value {} is known", ast.text.substr(0, 64)),
              near.empty() ? "`cordon guard policy fields` lists them" : near);
}

uint32_t Compiler::add(Expr expr) {
    program_.exprs.push_back(expr);
    return static_cast<uint32_t>(program_.exprs.size() - 1);
}

uint32_t Compiler::fixed(std::variant<bool, Amount, Address, std::string> value, Type type) {
    program_.fixed.push_back(std::move(value));
    return add(
        {Expr::Kind::kFixed, Op::kName, type, static_cast<uint32_t>(program_.fixed.size() - 1), 0});
}

NodeId Compiler::add(Node node, const std::vector<NodeId>& children) {
    node.first = static_cast<uint32_t>(program_.children.size());
    node.count = static_cast<uint32_t>(children.size());
    program_.children.insert(program_.children.end(), children.begin(), children.end());
    program_.nodes.push_back(node);
    return static_cast<NodeId>(program_.nodes.size() - 1);
}

std::optional<NodeId> Compiler::condition(const Ast& ast) {
    const std::string text = chain::print(ast);
    if (const auto found = made_.find(text); found != made_.end()) return found->second;
    const std::optional<NodeId> node = make(ast);
    if (node) made_.emplace(text, *node);
    return node;
}

std::optional<NodeId> Compiler::make(const Ast& ast) {
    switch (ast.op) {
        case Op::kAnd:
        case Op::kOr:
        case Op::kNot: {
            std::vector<NodeId> parts;
            bool ok = true;
            for (const Ast& part : ast.parts) {  // All of them, so that all problems are told.
                const std::optional<NodeId> one = condition(part);
                ok = ok && one.has_value();
                if (one) parts.push_back(*one);
            }
            if (!ok) return std::nullopt;
            return add({ast.op == Op::kAnd  ? Node::Kind::kAll
                        : ast.op == Op::kOr ? Node::Kind::kAny
                                            : Node::Kind::kNot,
                        ast.op},
                       parts);
        }
        case Op::kExists: {
            const std::optional<Typed> typed = value(ast.parts[0]);
            if (!typed) return std::nullopt;
            return add({Node::Kind::kExists, ast.op, typed->expr});
        }
        case Op::kIs:
            return no(ast, "a withdrawal is of no signature",
                      "ask for explain.effects or explain.rules");
        case Op::kIn: return in(ast);
        case Op::kEq:
        case Op::kNe:
        case Op::kLt:
        case Op::kLe:
        case Op::kGt:
        case Op::kGe: return comparison(ast);
        case Op::kContains:
        case Op::kStartsWith:
        case Op::kEndsWith:
        case Op::kGlob:
        case Op::kRegex: return search(ast);
        default: break;
    }
    if (ast.op == Op::kName && (ast.text == "always" || ast.text == "true"))
        return add({Node::Kind::kAll, Op::kAnd});
    const std::optional<Typed> typed = value(ast);
    if (!typed) return std::nullopt;
    if (typed->type != Type::kBool)
        return no(ast,
                  format("expected a condition, not a value of type {}", to_string(typed->type)),
                  "compare it with something, or ask whether it exists");
    return add({Node::Kind::kTrue, ast.op, typed->expr});
}

std::optional<Compiler::Typed> Compiler::value(const Ast& ast) {
    switch (ast.op) {
        case Op::kName: return slot(ast);
        case Op::kNumber: return literal(ast, *own_type(ast), nullptr);
        case Op::kHex:
        case Op::kText:
        case Op::kWord: return literal(ast, Type::kText, nullptr);
        case Op::kAdd:
        case Op::kSub:
        case Op::kMul:
        case Op::kDiv:
        case Op::kOf: return arithmetic(ast);
        default:
            return no(ast, "expected a value, not a condition",
                      "conditions are joined with and, or, not");
    }
}

std::optional<Compiler::Typed> Compiler::slot(const Ast& ast) {
    if (const auto found = slots_.find(ast.text); found != slots_.end()) return found->second;
    std::optional<FieldUse> use = find_field(ast.text);
    if (!use) return unknown(ast);
    if (use->limit) {
        if (limits_.size() >= kMaxLimits)
            return no(ast, format("more than {} limits and windows", kMaxLimits));
        use->argument = static_cast<uint32_t>(limits_.size());
        limits_.push_back(*std::move(use->limit));
    }
    program_.slots.push_back({use->field->get, use->argument, use->field->type, ast.text});
    const uint32_t expr = add({Expr::Kind::kSlot, Op::kName, use->field->type,
                               static_cast<uint32_t>(program_.slots.size() - 1), 0});
    return slots_.emplace(ast.text, Typed{expr, use->field->type, use->field->words_of})
        .first->second;
}

/// A word or number that takes the type of the other side.
bool Compiler::is_open(const Ast& ast) const {
    return is_literal(ast) || (ast.op == Op::kName && !find_field(ast.text));
}

std::optional<NodeId> Compiler::comparison(const Ast& ast) {
    const Ast* left = &ast.parts[0];
    const Ast* right = &ast.parts[1];
    Op op = ast.op;
    if (is_open(*left) && is_open(*right)) {
        if (left->op == Op::kName) return unknown(*left);
        return no(ast, "both sides are fixed: the rule would always say the same");
    }
    if (is_open(*left)) {  // 5 ETH < amount
        std::swap(left, right);
        op = op == Op::kLt   ? Op::kGt
             : op == Op::kGt ? Op::kLt
             : op == Op::kLe ? Op::kGe
             : op == Op::kGe ? Op::kLe
                             : op;
    }
    const std::optional<Typed> a = value(*left);
    if (!a) return std::nullopt;
    if (op != Op::kEq && op != Op::kNe && !is_number(a->type))
        return no(ast, format("a value of type {} is neither more nor less", to_string(a->type)),
                  "it can be equal (==), or in a list");
    if (a->type == Type::kTexts)
        return no(ast, "a list of texts is not equal to a text", "use contains, or in");
    std::optional<Typed> b;
    if (is_open(*right)) {
        if (right->op == Op::kName && !takes_words(a->type)) return unknown(*right);
        b = literal(*right, a->type, a->words);
    } else {
        b = value(*right);
        if (b && !fits(a->type, b->type))
            return no(ast, format("a value of type {} is not compared with one of type {}",
                                  to_string(a->type), to_string(b->type)));
    }
    if (!b) return std::nullopt;
    return add({Node::Kind::kCompare, op, a->expr, b->expr});
}

bool Compiler::add_to_list(const Ast& item, const Typed& like, FixedList& list) {
    if (item.op == Op::kName && !takes_words(like.type)) return unknown(item), false;
    const std::optional<Typed> one = literal(item, like.type, like.words);
    if (!one) return false;
    const Expr& expr = program_.exprs[one->expr];
    if (expr.kind != Expr::Kind::kFixed)
        return no(item, "a list holds fixed values: smallest units, not units of an asset"), false;
    std::visit(
        [&](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, Amount>) list.numbers.push_back(value);
            if constexpr (std::is_same_v<T, Address>) list.addresses.push_back(value);
            if constexpr (std::is_same_v<T, std::string>) list.texts.push_back(value);
        },
        program_.fixed[expr.a]);
    return true;
}

std::optional<NodeId> Compiler::in(const Ast& ast) {
    const std::optional<Typed> a = value(ast.parts[0]);
    if (!a) return std::nullopt;
    if (a->type == Type::kBool) return no(ast, "a condition is in no list");
    const Ast& right = ast.parts[1];
    if (right.op == Op::kName) return in_named(ast, *a);
    FixedList list;
    bool ok = true;
    for (const Ast& item : right.parts) ok = add_to_list(item, *a, list) && ok;
    if (!ok) return std::nullopt;
    if (right.parts.empty()) return no(right, "an empty list holds nothing");
    std::sort(list.numbers.begin(), list.numbers.end());
    std::sort(list.addresses.begin(), list.addresses.end());
    std::sort(list.texts.begin(), list.texts.end());
    program_.lists.push_back(std::move(list));
    return add(
        {Node::Kind::kAmong, ast.op, a->expr, static_cast<uint32_t>(program_.lists.size() - 1)});
}

std::optional<NodeId> Compiler::in_named(const Ast& ast, const Typed& left) {
    const Ast& right = ast.parts[1];
    const bool is_address = left.type == Type::kAddress;
    if (right.text == "ours") {
        if (!is_address || (ast.parts[0].text != "from" && ast.parts[0].text != "to"))
            return no(ast.parts[0], "only from and to can be ours");
        return add(
            {Node::Kind::kOurs, ast.parts[0].text == "from" ? Op::kName : Op::kWord, left.expr});
    }
    if (const auto group = groups_.find(right.text); group != groups_.end()) {
        if (left.type != Type::kText)
            return no(ast.parts[0], format("{} holds people, not values of type {}", right.text,
                                           to_string(left.type)));
        program_.groups.push_back(group->second);
        std::sort(program_.groups.back().begin(), program_.groups.back().end());
        program_.group_names.push_back(right.text);
        return add({Node::Kind::kGroup, ast.op, left.expr,
                    static_cast<uint32_t>(program_.groups.size() - 1)});
    }
    const auto& books = books_.names();
    const bool is_book =
        right.text == kAnyBook || std::find(books.begin(), books.end(), right.text) != books.end();
    if (!is_book) {
        std::vector<std::string_view> names{kAnyBook, "ours"};
        names.insert(names.end(), books.begin(), books.end());
        for (const auto& [name, members] : groups_) names.push_back(name);
        return no(right, format("no book or group {} is known", right.text.substr(0, 64)),
                  chain::nearest(right.text, names));
    }
    if (!is_address)
        return no(ast.parts[0], format("{} holds addresses, not values of type {}", right.text,
                                       to_string(left.type)));
    if (books_.entries().empty())
        problems_.warn(right.mark, ErrorCode::kNotFound,
                       "the policy has no book: nothing is ever in it", "book: [{chain: eth, …}]");
    program_.books.push_back(right.text);
    return add(
        {Node::Kind::kBook, ast.op, left.expr, static_cast<uint32_t>(program_.books.size() - 1)});
}

std::optional<NodeId> Compiler::search(const Ast& ast) {
    const std::optional<Typed> a = value(ast.parts[0]);
    if (!a) return std::nullopt;
    if (a->type == Type::kTexts && ast.op == Op::kContains) {  // A whole one of them.
        FixedList list;
        if (!add_to_list(ast.parts[1], *a, list)) return std::nullopt;
        program_.lists.push_back(std::move(list));
        return add({Node::Kind::kAmong, ast.op, a->expr,
                    static_cast<uint32_t>(program_.lists.size() - 1)});
    }
    if (!is_text(a->type))
        return no(ast, format("a value of type {} is not searched", to_string(a->type)));
    if (!is_literal(ast.parts[1]))
        return no(ast.parts[1], "expected a text in quotes", "what is searched for must be fixed");
    const std::string& what = ast.parts[1].text;
    if (ast.op != Op::kGlob && ast.op != Op::kRegex) {
        program_.fixed.emplace_back(what);
        return add({Node::Kind::kSearch, ast.op, a->expr,
                    static_cast<uint32_t>(program_.fixed.size() - 1)});
    }
    std::string regex = what;
    if (ast.op == Op::kGlob) {
        regex.clear();
        for (const char c : what)
            regex += c == '*'   ? std::string{".*"}
                     : c == '?' ? std::string{"."}
                                : RE2::QuoteMeta(re2::StringPiece{&c, 1});
    }
    RE2::Options options{RE2::Quiet};
    options.set_max_mem(kMaxRegexBytes);
    options.set_dot_nl(true);
    auto compiled = std::make_shared<const RE2>(regex, options);
    if (!compiled->ok())
        return no(ast.parts[1], format("no regular expression: {}", compiled->error()));
    program_.patterns.push_back({std::move(compiled), ast.op == Op::kGlob});
    return add({Node::Kind::kPattern, ast.op, a->expr,
                static_cast<uint32_t>(program_.patterns.size() - 1)});
}

std::optional<Compiler::Typed> Compiler::arithmetic(const Ast& ast) {
    const std::optional<Typed> a = value(ast.parts[0]);
    const std::optional<Typed> b = value(ast.parts[1]);
    if (!a || !b) return std::nullopt;
    const Type x = a->type;
    const Type y = b->type;
    const auto is_quantity = [](Type t) {
        return t == Type::kNumber || t == Type::kAmount || t == Type::kUsd || t == Type::kDuration;
    };
    const auto made = [&](Type type, Expr::Kind kind = Expr::Kind::kMade) {
        return Typed{add({kind, ast.op, type, a->expr, b->expr}), type};
    };
    const Type units = x == Type::kNumber ? y : x;  // number + amount is an amount.
    switch (ast.op) {
        case Op::kAdd:
            if (fits(x, y) && is_quantity(x)) return made(units);
            if (x == Type::kTime && y == Type::kDuration) return made(x);
            break;
        case Op::kSub:
            if (fits(x, y) && is_quantity(x)) return made(units);
            if (x == Type::kTime && y == Type::kDuration) return made(x);
            if (x == Type::kTime && y == Type::kTime) return made(Type::kDuration);
            break;
        case Op::kMul:
            if (x == Type::kNumber && is_quantity(y)) return made(y);
            if (y == Type::kNumber && is_quantity(x)) return made(x);
            break;
        case Op::kDiv:
            if (y == Type::kNumber && is_quantity(x)) return made(x);
            if (fits(x, y) && is_quantity(x)) return made(Type::kShare, Expr::Kind::kPart);
            break;
        case Op::kOf:
            if (x == Type::kShare && is_quantity(y)) return made(y);
            return no(ast, "\"of\" takes a share of something", "write 20% of balance");
        default: break;
    }
    return no(ast, format("{} {} {} means nothing", to_string(x), to_string(ast.op), to_string(y)));
}

}  // namespace cordon::guard
