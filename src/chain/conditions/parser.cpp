// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <cordon/base/format.hpp>

#include "lexer.hpp"
#include "syntax.hpp"

namespace cordon::chain {
namespace {

struct OpName {
    Op op;
    std::string_view text;
};
constexpr std::array<OpName, 22> kOps{{
    {Op::kOr, "or"},
    {Op::kAnd, "and"},
    {Op::kNot, "not"},
    {Op::kEq, "=="},
    {Op::kNe, "!="},
    {Op::kLt, "<"},
    {Op::kLe, "<="},
    {Op::kGt, ">"},
    {Op::kGe, ">="},
    {Op::kIn, "in"},
    {Op::kContains, "contains"},
    {Op::kStartsWith, "startswith"},
    {Op::kEndsWith, "endswith"},
    {Op::kGlob, "glob"},
    {Op::kRegex, "regex"},
    {Op::kExists, "exists"},
    {Op::kIs, "is"},
    {Op::kAdd, "+"},
    {Op::kSub, "-"},
    {Op::kMul, "*"},
    {Op::kDiv, "/"},
    {Op::kOf, "of"},
}};

bool is_comparison(Op op) noexcept { return op >= Op::kEq && op <= Op::kIs && op != Op::kExists; }

std::optional<Op> op_of(const Token& token) noexcept {
    if (token.kind != TokenKind::kName && token.kind != TokenKind::kSign) return std::nullopt;
    for (const OpName& op : kOps)
        if (op.text == token.text) return op.op;
    return std::nullopt;
}

class Parser {
public:
    Parser(std::vector<Token> tokens, Problems& problems)
        : tokens_{std::move(tokens)}, problems_{problems} {}

    std::optional<Ast> run() {
        std::optional<Ast> ast = any();
        if (ast && now().kind != TokenKind::kEnd) {
            error(format("expected the end, or and/or, before {}", shown()));
            return std::nullopt;
        }
        return ast;
    }

private:
    const Token& now() const noexcept { return tokens_[at_]; }
    bool is(std::string_view text) const noexcept {
        return (now().kind == TokenKind::kName || now().kind == TokenKind::kSign) &&
               now().text == text;
    }
    bool take(std::string_view text) noexcept {
        if (!is(text)) return false;
        ++at_;
        return true;
    }
    std::string shown() const {
        return now().kind == TokenKind::kEnd ? std::string{"the end"}
                                             : format("\"{}\"", now().text.substr(0, 64));
    }
    void error(std::string message, std::string hint = {}) {
        problems_.error(
            now().mark,
            now().kind == TokenKind::kEnd ? ErrorCode::kTruncated : ErrorCode::kMalformed,
            std::move(message), std::move(hint));
    }

    using Level = std::optional<Ast> (Parser::*)();
    /// a OP b OP c: of "and" and "or" one node with many parts, of the others a tree to the left.
    std::optional<Ast> chain(Level next, std::initializer_list<Op> ops, bool flat) {
        std::optional<Ast> left = (this->*next)();
        for (std::size_t links = 1; left; ++links) {
            const std::optional<Op> op = op_of(now());
            if (!op || std::find(ops.begin(), ops.end(), *op) == ops.end()) return left;
            if (!flat && links > kMaxConditionDepth) return too_deep();
            const Mark mark = now().mark;
            const bool stays = bracketed_;
            ++at_;
            std::optional<Ast> right = (this->*next)();
            if (!right) return std::nullopt;
            if (flat && left->op == *op && !stays) {
                left->parts.push_back(*std::move(right));
            } else {
                Ast both{*op, flat ? left->mark : mark, {}, {}, {}};
                both.parts.push_back(*std::move(left));
                both.parts.push_back(*std::move(right));
                left = std::move(both);
            }
            bracketed_ = false;
        }
        return left;
    }

    std::optional<Ast> any() { return chain(&Parser::all, {Op::kOr}, true); }
    std::optional<Ast> all() { return chain(&Parser::negation, {Op::kAnd}, true); }

    std::optional<Ast> negation() {
        if (!is("not") && !is("exists")) return comparison();
        if (++depth_ > kMaxConditionDepth) return too_deep();
        Ast ast{is("not") ? Op::kNot : Op::kExists, now().mark, {}, {}, {}};
        ++at_;
        std::optional<Ast> part = ast.op == Op::kNot ? negation() : leaf();
        --depth_;
        if (!part) return std::nullopt;
        ast.parts.push_back(*std::move(part));
        bracketed_ = false;
        return ast;
    }

    std::optional<Ast> comparison() {
        std::optional<Ast> left = sum();
        if (!left) return std::nullopt;
        const std::optional<Op> op = op_of(now());
        if (op == Op::kExists) {
            Ast ast{*op, now().mark, {}, {}, {}};
            ++at_;
            ast.parts.push_back(*std::move(left));
            return ast;
        }
        if (!op || !is_comparison(*op)) return left;
        Ast ast{*op, now().mark, {}, {}, {}};
        ++at_;
        std::optional<Ast> right = *op == Op::kIn ? list() : sum();
        if (!right) return std::nullopt;
        ast.parts.push_back(*std::move(left));
        ast.parts.push_back(*std::move(right));
        bracketed_ = false;
        if (const auto again = op_of(now()); again && is_comparison(*again)) {
            error("comparisons do not follow each other", "write a < b and b < c");
            return std::nullopt;
        }
        return ast;
    }

    /// (a, b, c), or the name of a list or a set of the configuration.
    std::optional<Ast> list() {
        if (now().kind == TokenKind::kName && !is_keyword(now().text)) return leaf();
        Ast ast{Op::kList, now().mark, {}, {}, {}};
        if (!take("(")) {
            error(format("expected \"(\" or the name of a list after \"in\", not {}", shown()));
            return std::nullopt;
        }
        do {
            std::optional<Ast> item = leaf();
            if (!item) return std::nullopt;
            ast.parts.push_back(*std::move(item));
        } while (take(","));
        if (!take(")")) {
            error(format("expected \",\" or \")\" in a list, not {}", shown()));
            return std::nullopt;
        }
        return ast;
    }

    std::optional<Ast> sum() { return chain(&Parser::product, {Op::kAdd, Op::kSub}, false); }
    std::optional<Ast> product() { return chain(&Parser::share, {Op::kMul, Op::kDiv}, false); }

    std::optional<Ast> share() {
        std::optional<Ast> left = primary();
        if (!left || !is("of")) return left;
        if (++depth_ > kMaxConditionDepth) return too_deep();
        Ast ast{Op::kOf, now().mark, {}, {}, {}};
        ++at_;
        std::optional<Ast> right = share();
        --depth_;
        if (!right) return std::nullopt;
        ast.parts.push_back(*std::move(left));
        ast.parts.push_back(*std::move(right));
        bracketed_ = false;
        return ast;
    }

    std::optional<Ast> primary() {
        if (!take("(")) return leaf();
        if (++depth_ > kMaxConditionDepth) return too_deep();
        std::optional<Ast> inner = any();
        --depth_;
        if (!inner) return std::nullopt;
        if (!take(")")) {
            error(format("expected \")\", not {}", shown()));
            return std::nullopt;
        }
        bracketed_ = true;
        return inner;
    }

    std::optional<Ast> leaf() {
        const Token& token = now();
        Ast ast{Op::kName, token.mark, token.text, token.unit, {}};
        switch (token.kind) {
            case TokenKind::kName:
                if (is_keyword(token.text)) {
                    error(format("expected a field or a value, not {}", shown()));
                    return std::nullopt;
                }
                break;
            case TokenKind::kNumber: ast.op = Op::kNumber; break;
            case TokenKind::kHex: ast.op = Op::kHex; break;
            case TokenKind::kText: ast.op = Op::kText; break;
            default:
                error(format("expected a field or a value, not {}", shown()));
                return std::nullopt;
        }
        ++at_;
        bracketed_ = false;
        return ast;
    }

    std::optional<Ast> too_deep() {
        error(format("more than {} levels or links of arithmetic", kMaxConditionDepth));
        return std::nullopt;
    }

    std::vector<Token> tokens_;
    Problems& problems_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    bool bracketed_ = false;  // What was read last stood in brackets: it stays a node of its own.
};

/// How strongly an operator binds; a part that binds less stands in brackets.
int strength(Op op) noexcept {
    switch (op) {
        case Op::kOr: return 0;
        case Op::kAnd: return 1;
        case Op::kNot: return 2;
        case Op::kAdd:
        case Op::kSub: return 4;
        case Op::kMul:
        case Op::kDiv: return 5;
        case Op::kOf: return 6;
        default: return op >= Op::kName ? 7 : 3;
    }
}

std::string quoted(std::string_view text) {
    const char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string out{quote};
    for (const char c : text) {
        if (c == quote) out += '\\';
        out += c;
    }
    return out + quote;
}

void print(const Ast& ast, int least, std::string& out) {
    const bool brackets = strength(ast.op) < least;
    if (brackets) out += '(';
    switch (ast.op) {
        case Op::kName:
        case Op::kHex: out += ast.text; break;
        case Op::kNumber:
            out += ast.text;
            if (ast.unit.size() > 1) out += ' ';
            out += ast.unit;
            break;
        case Op::kText:
        case Op::kWord: out += quoted(ast.text); break;
        case Op::kList:
            out += '(';
            for (std::size_t i = 0; i < ast.parts.size(); ++i) {
                if (i > 0) out += ", ";
                print(ast.parts[i], 0, out);
            }
            out += ')';
            break;
        case Op::kNot:
            out += "not ";
            print(ast.parts[0], 2, out);
            break;
        case Op::kExists:
            print(ast.parts[0], 4, out);
            out += " exists";
            break;
        default:
            for (std::size_t i = 0; i < ast.parts.size(); ++i) {
                if (i > 0) out += format(" {} ", to_string(ast.op));
                // To the left as it is, to the right one more: a - (b - c) keeps its brackets.
                const int more = ast.op == Op::kOf       ? (i == 0 ? 1 : 0)
                                 : strength(ast.op) >= 4 ? (i == 0 ? 0 : 1)
                                                         : 1;
                print(ast.parts[i], strength(ast.op) + more, out);
            }
    }
    if (brackets) out += ')';
}

}  // namespace

std::string_view to_string(Op op) noexcept {
    for (const OpName& name : kOps)
        if (name.op == op) return name.text;
    return {};
}

bool same(const Ast& a, const Ast& b) {
    return a.op == b.op && a.text == b.text && a.unit == b.unit &&
           std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(), same);
}

std::optional<Ast> parse_condition(const std::vector<SourcePiece>& pieces, Problems& problems) {
    std::optional<std::vector<Token>> tokens = tokens_of(pieces, problems);
    if (!tokens) return std::nullopt;
    return Parser{*std::move(tokens), problems}.run();
}

std::optional<Ast> parse_condition(std::string_view text, Problems& problems) {
    YamlNode node;
    node.line = node.column = 1;
    node.text = text;
    return parse_condition({locate(text, 0, node)}, problems);
}

std::string print(const Ast& ast) {
    std::string out;
    print(ast, 0, out);
    return out;
}

std::size_t count_nodes(const Ast& ast) {
    std::size_t nodes = 1;
    for (const Ast& part : ast.parts) nodes += count_nodes(part);
    return nodes;
}

}  // namespace cordon::chain
