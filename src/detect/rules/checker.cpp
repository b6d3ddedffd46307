// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "checker.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <unordered_set>

#include <cordon/base/format.hpp>

namespace cordon::detect {
namespace {

bool is_number(Type type) noexcept { return type >= Type::kNumber && type <= Type::kSeverity; }
bool is_text(Type type) noexcept {
    return type == Type::kText || type == Type::kBytes || type == Type::kWord ||
           type == Type::kChain || type == Type::kAsset;
}
/// Smallest units are whole numbers: an argument may be compared with an amount.
bool fits(Type a, Type b) noexcept {
    const auto is_units = [](Type t) { return t == Type::kNumber || t == Type::kAmount; };
    return a == b || (is_units(a) && is_units(b));
}
/// A word without quotes can stand for a value of this type: mixer, high, eth.
bool takes_words(Type type) noexcept {
    return type == Type::kText || type == Type::kWord || type == Type::kSeverity ||
           type == Type::kChain || type == Type::kAsset || type == Type::kTexts;
}

/// A memory of a regular expression may not be more (RE2 counts its automata).
constexpr int64_t kMaxRegexBytes = 1 << 20;

class Compiler {
public:
    explicit Compiler(Scope& scope) : scope_{scope} {}

    std::optional<Test> test(const Ast& ast) {
        switch (ast.op) {
            case Op::kAnd:
            case Op::kOr: return junction(ast);
            case Op::kNot: {
                std::optional<Test> part = test(ast.parts[0]);
                if (!part) return std::nullopt;
                return [part = *std::move(part)](RuleEvent& e) { return !part(e); };
            }
            case Op::kExists: return exists(ast);
            case Op::kIs: return is(ast);
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
            case Op::kRegex: return text_test(ast);
            default: break;
        }
        std::optional<Typed> typed = value(ast);
        if (!typed) return std::nullopt;
        if (typed->type != Type::kBool)
            return no(
                ast, format("expected a condition, not a value of type {}", to_string(typed->type)),
                "compare it with something, or ask whether it exists");
        return [get = std::move(typed->get)](RuleEvent& e) {
            const Value yes = get(e);
            return std::holds_alternative<bool>(yes) && std::get<bool>(yes);
        };
    }

    std::optional<Typed> value(const Ast& ast) {
        switch (ast.op) {
            case Op::kName: {
                std::optional<Typed> typed = resolve(ast.text, scope_);
                if (!typed) return unknown(ast);
                return typed;
            }
            case Op::kNumber:
            case Op::kHex:
            case Op::kText:
            case Op::kWord: {
                const Type type = ast.op == Op::kNumber ? *own_type(ast) : Type::kText;
                const std::optional<Literal> literal = literal_as(ast, type, nullptr, scope_);
                if (!literal) return std::nullopt;
                return Typed{type, nullptr, literal->get};
            }
            case Op::kAdd:
            case Op::kSub:
            case Op::kMul:
            case Op::kDiv:
            case Op::kOf: return arithmetic(ast);
            default:
                return no(ast, format("expected a value, not a condition"),
                          "conditions are joined with and, or, not");
        }
    }

private:
    std::nullopt_t no(const Ast& ast, std::string message, std::string hint = {}) {
        scope_.problems.error(ast.mark, ErrorCode::kInvalidParam, std::move(message),
                              std::move(hint));
        return std::nullopt;
    }

    std::nullopt_t unknown(const Ast& ast) {
        if (ast.text.starts_with("group."))
            return no(ast, format("{} is there only in having and output of a rule with correlate",
                                  ast.text));
        if (ast.text.starts_with("arg."))
            return no(ast,
                      format("none of the rule's signatures has an argument \"{}\" of one type",
                             ast.text.substr(4)),
                      R"x(name arguments in the signature: log is "Paused(address account)")x");
        std::vector<std::string_view> names;
        for (const Field& one : fields())
            if ((one.events & bit(scope_.event)) != 0) names.push_back(one.name);
        for (const Constant& one : constants()) names.push_back(one.name);
        std::vector<std::string> longer;
        if (const auto dot = ast.text.find('.'); dot != std::string::npos)
            for (const Property& one : properties())
                for (const Field& base : fields())
                    if (base.type == Type::kAddress && (base.events & bit(scope_.event)) != 0)
                        longer.push_back(format("{}.{}", base.name, one.name));
        names.insert(names.end(), longer.begin(), longer.end());
        const Field* elsewhere = field(ast.text);
        return no(ast,
                  elsewhere ? format("a {} has no field {}", to_string(scope_.event), ast.text)
                            : format("no field, macro or value {} is known", ast.text),
                  elsewhere ? std::string{} : nearest(ast.text, names));
    }

    std::optional<Test> junction(const Ast& ast) {
        std::vector<Test> parts;
        bool ok = true;
        for (const Ast& part : ast.parts) {  // All of them, so that all problems are told.
            std::optional<Test> one = test(part);
            ok = ok && one.has_value();
            if (one) parts.push_back(*std::move(one));
        }
        if (!ok) return std::nullopt;
        if (ast.op == Op::kAnd)
            return [parts = std::move(parts)](RuleEvent& e) {
                for (const Test& part : parts)
                    if (!part(e)) return false;
                return true;
            };
        return [parts = std::move(parts)](RuleEvent& e) {
            for (const Test& part : parts)
                if (part(e)) return true;
            return false;
        };
    }

    std::optional<Test> exists(const Ast& ast) {
        std::optional<Typed> typed = value(ast.parts[0]);
        if (!typed) return std::nullopt;
        return [get = std::move(typed->get)](RuleEvent& e) {
            const Value found = get(e);
            const auto* texts = std::get_if<std::span<const std::string>>(&found);
            return texts ? !texts->empty() : !std::holds_alternative<std::monostate>(found);
        };
    }

    std::optional<Test> is(const Ast& ast) {
        const Ast& left = ast.parts[0];
        if (left.op != Op::kName || left.text != to_string(scope_.event) ||
            (scope_.event != EventType::kLog && scope_.event != EventType::kCall &&
             scope_.event != EventType::kTxn))
            return no(left, "only a log, a call or a txn is of a signature",
                      format("this rule sees a {}", to_string(scope_.event)));
        if (ast.parts[1].op != Op::kText) return no(ast.parts[1], "expected a signature in quotes");
        const auto found = scope_.arena.signatures.find(ast.parts[1].text);
        if (found == scope_.arena.signatures.end()) return std::nullopt;  // Told before.
        if (scope_.event == EventType::kLog) scope_.needs |= kLogs;
        return [signature = found->second.get()](RuleEvent& e) { return e.is(*signature); };
    }

    /// Whether a side is a word or number that takes the type of the other side.
    bool is_open(const Ast& ast) {
        if (is_literal(ast)) return true;
        return ast.op == Op::kName && ast.text.find('.') == std::string::npos &&
               !resolves(ast.text);
    }
    bool resolves(const std::string& name) {
        Scope probe = scope_;
        return resolve(name, probe).has_value();
    }
    std::optional<Literal> open_as(const Ast& ast, const Typed& other) {
        if (ast.op == Op::kName && !takes_words(other.type)) {
            unknown(ast);
            return std::nullopt;
        }
        return literal_as(ast, other.type, other.words, scope_);
    }

    std::optional<Test> comparison(const Ast& ast) {
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
        std::optional<Typed> a = value(*left);
        if (!a) return std::nullopt;
        if (op != Op::kEq && op != Op::kNe && !is_number(a->type))
            return no(ast,
                      format("a value of type {} is neither more nor less", to_string(a->type)),
                      "it can be equal (==), or in a list");
        if (a->type == Type::kTexts)
            return no(ast, "a list of texts is not equal to a text", "use contains, or in");
        if (is_open(*right)) {
            const std::optional<Literal> b = open_as(*right, *a);
            if (!b) return std::nullopt;
            if (ast.parts[0].op == Op::kName) check_name(ast.parts[0].text, *right);
            if (b->fixed) return with_fixed(op, std::move(a->get), *b->fixed);
            return with(op, std::move(a->get), b->get);
        }
        std::optional<Typed> b = value(*right);
        if (!b) return std::nullopt;
        if (!fits(a->type, b->type))
            return no(ast, format("a value of type {} is not compared with one of type {}",
                                  to_string(a->type), to_string(b->type)));
        return with(op, std::move(a->get), std::move(b->get));
    }

    static bool holds(Op op, const Amount& a, const Amount& b) noexcept {
        switch (op) {
            case Op::kLt: return a < b;
            case Op::kLe: return a <= b;
            case Op::kGt: return a > b;
            default: return a >= b;
        }
    }
    static Test with(Op op, Get a, Get b) {
        if (op == Op::kEq)
            return [a = std::move(a), b = std::move(b)](RuleEvent& e) { return equal(a(e), b(e)); };
        if (op == Op::kNe)
            return
                [a = std::move(a), b = std::move(b)](RuleEvent& e) { return !equal(a(e), b(e)); };
        return [op, a = std::move(a), b = std::move(b)](RuleEvent& e) {
            const Value left = a(e);
            const Amount* x = std::get_if<Amount>(&left);
            if (!x) return false;
            const Value right = b(e);
            const Amount* y = std::get_if<Amount>(&right);
            return y && holds(op, *x, *y);
        };
    }
    static Test with_fixed(Op op, Get a, const Value& b) {
        if (op == Op::kEq) return [a = std::move(a), b](RuleEvent& e) { return equal(a(e), b); };
        if (op == Op::kNe) return [a = std::move(a), b](RuleEvent& e) { return !equal(a(e), b); };
        return [op, a = std::move(a), y = std::get<Amount>(b)](RuleEvent& e) {
            const Value left = a(e);
            const Amount* x = std::get_if<Amount>(&left);
            return x && holds(op, *x, y);
        };
    }

    /// Names of the configuration that it does not have: nothing would ever match.
    void check_name(const std::string& name, const Ast& literal) {
        if (!scope_.config) return;
        std::vector<std::string_view> known;
        const auto ends = [&](std::string_view end) {
            return name.size() > end.size() && name.ends_with(end);
        };
        if (ends(".set")) {
            for (const WalletAddress& one : scope_.config->wallets) known.push_back(one.set);
        } else if (ends(".protocol")) {
            for (const Protocol& one : scope_.config->protocols) known.push_back(one.name);
        } else if (ends(".safe")) {
            for (const WatchedSafe& one : scope_.config->safes) known.push_back(one.name);
        } else if (ends(".bridge")) {
            for (const WatchedBridge& one : scope_.config->bridges) known.push_back(one.name);
        } else {
            return;
        }
        if (std::find(known.begin(), known.end(), literal.text) == known.end())
            scope_.problems.warn(literal.mark, ErrorCode::kNotFound,
                                 format("the configuration has no {} \"{}\"",
                                        name.substr(name.rfind('.') + 1), literal.text),
                                 nearest(literal.text, known));
    }

    std::optional<Test> in(const Ast& ast) {
        std::optional<Typed> a = value(ast.parts[0]);
        if (!a) return std::nullopt;
        const Ast& right = ast.parts[1];
        if (right.op == Op::kName) return in_named(ast, *std::move(a));
        std::vector<Value> items;
        std::vector<Get> moving;
        bool ok = true;
        for (const Ast& item : right.parts) {
            if (item.op == Op::kName && resolves(item.text)) {
                std::optional<Typed> b = value(item);
                if (b && fits(a->type, b->type)) {
                    moving.push_back(std::move(b->get));
                } else {
                    no(item, format("a list of values of type {} has no {}", to_string(a->type),
                                    item.text));
                    ok = false;
                }
                continue;
            }
            const std::optional<Literal> literal = open_as(item, *a);
            ok = ok && literal.has_value();
            if (!literal) continue;
            if (literal->fixed)
                items.push_back(*literal->fixed);
            else
                moving.push_back(literal->get);
        }
        if (!ok) return std::nullopt;
        if (items.empty() && moving.empty()) return no(right, "an empty list holds nothing");
        return in_list(*std::move(a), items, std::move(moving));
    }

    static Test in_list(Typed a, const std::vector<Value>& items, std::vector<Get> moving) {
        Test among_fixed;
        if (is_number(a.type))
            among_fixed = among<Amount>(a.get, items);
        else if (a.type == Type::kAddress)
            among_fixed = among<Address>(a.get, items);
        else if (a.type == Type::kHash)
            among_fixed = among<Hash256>(a.get, items);
        else if (a.type == Type::kTexts)
            among_fixed = [get = a.get, set = set_of<std::string_view>(items)](RuleEvent& e) {
                const Value found = get(e);
                const auto* texts = std::get_if<std::span<const std::string>>(&found);
                return texts && std::any_of(texts->begin(), texts->end(),
                                            [&](const std::string& t) { return set.contains(t); });
            };
        else
            among_fixed = among<std::string_view>(a.get, items);
        if (moving.empty()) return among_fixed;
        return [among_fixed, get = std::move(a.get), moving = std::move(moving)](RuleEvent& e) {
            if (among_fixed(e)) return true;
            const Value found = get(e);
            return std::any_of(moving.begin(), moving.end(),
                               [&](const Get& one) { return equal(found, one(e)); });
        };
    }
    template <typename T>
    static std::unordered_set<T> set_of(const std::vector<Value>& items) {
        std::unordered_set<T> set;  // Looked up only.
        for (const Value& item : items) set.insert(std::get<T>(item));
        return set;
    }
    template <typename T>
    static Test among(Get get, const std::vector<Value>& items) {
        return [get = std::move(get), set = set_of<T>(items)](RuleEvent& e) {
            const Value found = get(e);
            const T* one = std::get_if<T>(&found);
            return one && set.contains(*one);
        };
    }

    std::optional<Test> in_named(const Ast& ast, Typed a) {
        const Ast& right = ast.parts[1];
        std::vector<std::string_view> names;
        for (const NamedSet& set : named_sets()) {
            names.push_back(set.name);
            if (set.name != right.text) continue;
            if (a.type != Type::kAddress)
                return no(ast.parts[0], format("{} holds addresses, not values of type {}",
                                               set.name, to_string(a.type)));
            const bool moves = (bit(scope_.event) &
                                (bit(EventType::kTransfer) | bit(EventType::kWithdrawal))) != 0;
            if (set.name == "allowed" && !moves)
                return no(right,
                          "only a transfer or a withdrawal has a sender whose allow-list "
                          "can be asked");
            scope_.needs |= kWallets;
            scope_.fields.insert(right.text);
            return [get = std::move(a.get), has = set.has](RuleEvent& e) {
                const Value found = get(e);
                const Address* address = std::get_if<Address>(&found);
                return address && has(e, *address);
            };
        }
        return no(right, format("no list or set {} is known", right.text),
                  nearest(right.text, names));
    }

    std::optional<Test> text_test(const Ast& ast) {
        std::optional<Typed> a = value(ast.parts[0]);
        if (!a) return std::nullopt;
        if (a->type == Type::kTexts && ast.op == Op::kContains) {
            const std::optional<Literal> b = open_as(ast.parts[1], *a);
            if (!b || !b->fixed) return std::nullopt;
            return in_list(*std::move(a), {*b->fixed}, {});
        }
        const bool is_pattern = ast.op == Op::kGlob || ast.op == Op::kRegex;
        if (!is_text(a->type) || (is_pattern && a->type == Type::kBytes))
            return no(ast, format("a value of type {} is not searched", to_string(a->type)));
        if (!is_literal(ast.parts[1]))
            return no(ast.parts[1], "expected a text in quotes",
                      "what is searched for must be fixed");
        const Type type = a->type == Type::kBytes ? Type::kBytes : Type::kText;
        const std::optional<Literal> b = literal_as(ast.parts[1], type, nullptr, scope_);
        if (!b || !b->fixed) return std::nullopt;
        const auto what = std::get<std::string_view>(*b->fixed);
        if (is_pattern) return pattern(ast, std::move(a->get), what);
        return [get = std::move(a->get), what, op = ast.op](RuleEvent& e) {
            const Value found = get(e);
            const auto* text = std::get_if<std::string_view>(&found);
            if (!text) return false;
            return op == Op::kContains     ? text->find(what) != std::string_view::npos
                   : op == Op::kStartsWith ? text->starts_with(what)
                                           : text->ends_with(what);
        };
    }

    /// RE2: time linear in the text, whatever the pattern says.
    std::optional<Test> pattern(const Ast& ast, Get get, std::string_view what) {
        std::string regex{what};
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
        // Shared by the copies of one std::function.
        const auto compiled = std::make_shared<const RE2>(regex, options);
        if (!compiled->ok())
            return no(ast.parts[1], format("no regular expression: {}", compiled->error()));
        return [get = std::move(get), compiled, whole = ast.op == Op::kGlob](RuleEvent& e) {
            const Value found = get(e);
            const auto* text = std::get_if<std::string_view>(&found);
            if (!text) return false;
            const re2::StringPiece piece{text->data(), text->size()};
            return whole ? RE2::FullMatch(piece, *compiled) : RE2::PartialMatch(piece, *compiled);
        };
    }

    std::optional<Typed> arithmetic(const Ast& ast) {
        const std::optional<Typed> a = value(ast.parts[0]);
        const std::optional<Typed> b = value(ast.parts[1]);
        if (!a || !b) return std::nullopt;
        const Type x = a->type;
        const Type y = b->type;
        const auto is_quantity = [](Type t) {
            return t == Type::kNumber || t == Type::kAmount || t == Type::kUsd ||
                   t == Type::kDuration;
        };
        const Type units = x == Type::kNumber ? y : x;  // number + amount is an amount.
        switch (ast.op) {
            case Op::kAdd:
                if (fits(x, y) && is_quantity(x)) return make(units, *a, *b, ast.op);
                if (x == Type::kTime && y == Type::kDuration) return make(x, *a, *b, ast.op);
                break;
            case Op::kSub:
                if (fits(x, y) && is_quantity(x)) return make(units, *a, *b, ast.op);
                if (x == Type::kTime && y == Type::kDuration) return make(x, *a, *b, ast.op);
                if (x == Type::kTime && y == Type::kTime)
                    return make(Type::kDuration, *a, *b, ast.op);
                break;
            case Op::kMul:
                if (x == Type::kNumber && is_quantity(y)) return make(y, *a, *b, ast.op);
                if (y == Type::kNumber && is_quantity(x)) return make(x, *a, *b, ast.op);
                break;
            case Op::kDiv:
                if (y == Type::kNumber && is_quantity(x)) return make(x, *a, *b, ast.op);
                if (fits(x, y) && is_quantity(x)) return make(Type::kShare, *a, *b, std::nullopt);
                break;
            case Op::kOf:
                if (x == Type::kShare && is_quantity(y)) return make(y, *a, *b, ast.op);
                return no(ast, "\"of\" takes a share of something", "write 20% of from.balance");
            default: break;
        }
        return no(ast,
                  format("{} {} {} means nothing", to_string(x), to_string(ast.op), to_string(y)));
    }
    /// Without an operator: the one as a share of the other.
    static Typed make(Type type, const Typed& a, const Typed& b, std::optional<Op> op) {
        return {type, nullptr, [a = a.get, b = b.get, op](RuleEvent& e) -> Value {
                    const Value left = a(e);
                    const Value right = b(e);
                    const Amount* x = std::get_if<Amount>(&left);
                    const Amount* y = std::get_if<Amount>(&right);
                    if (!x || !y) return {};
                    const std::optional<Amount> made =
                        op ? chain::compute(*op, *x, *y) : chain::as_share(*x, *y);
                    return made ? Value{*made} : Value{};
                }};
    }

    Scope& scope_;
};

}  // namespace

std::optional<Test> compile_test(const Ast& ast, Scope& scope) { return Compiler{scope}.test(ast); }
std::optional<Typed> compile_value(const Ast& ast, Scope& scope) {
    return Compiler{scope}.value(ast);
}

}  // namespace cordon::detect
