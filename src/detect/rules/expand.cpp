// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "expand.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "fields.hpp"

namespace cordon::detect {
namespace {

/// Macros in macros, lists in lists: who nests deeper has made a circle.
constexpr std::size_t kMaxNesting = 16;

constexpr std::array<std::pair<std::string_view, Op>, 12> kComps{{{"=", Op::kEq},
                                                                  {"==", Op::kEq},
                                                                  {"!=", Op::kNe},
                                                                  {"<", Op::kLt},
                                                                  {"<=", Op::kLe},
                                                                  {">", Op::kGt},
                                                                  {">=", Op::kGe},
                                                                  {"in", Op::kIn},
                                                                  {"contains", Op::kContains},
                                                                  {"startswith", Op::kStartsWith},
                                                                  {"endswith", Op::kEndsWith},
                                                                  {"glob", Op::kGlob}}};

/// A value of YAML is a number or hex when it looks like one, else a word.
Ast literal(const Written& written) {
    const std::string& text = written.text;
    Ast ast{Op::kWord, written.mark, text, {}, {}};
    if (text.starts_with("0x")) {
        ast.op = Op::kHex;
    } else if (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        const std::size_t end = std::min(text.find_first_not_of("0123456789._"), text.size());
        std::string digits = text.substr(0, end);
        std::erase(digits, '_');
        std::string unit = text.substr(end);
        unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
        // "1A1zP1…" is an address, not a number with a unit.
        if (unit.size() <= 8 && std::count(digits.begin(), digits.end(), '.') <= 1)
            return {Op::kNumber, written.mark, digits, unit, {}};
    }
    return ast;
}

}  // namespace

Expander::Expander(const Declarations& all, Problems& problems) : all_{all}, problems_{problems} {
    for (const auto& [name, macro] : all.macros) {
        if (field(name))
            problems.error(macro.mark, ErrorCode::kConflict,
                           format("a field has the name \"{}\" already", name));
        macros_.emplace(name, parse_condition(macro.condition, problems));
    }
    for (const auto& [name, list] : all.lists)
        for (const NamedSet& set : named_sets())
            if (set.name == name)
                problems.error(list.mark, ErrorCode::kConflict,
                               format("\"{}\" is a set of the configuration", name));
}

bool Expander::expand(Ast& ast) {
    nodes_ = count_nodes(ast);
    return expand(ast, 0);
}

bool Expander::expand(Ast& ast, std::size_t depth) {
    if (depth > kMaxNesting) {
        problems_.error(ast.mark, ErrorCode::kLimit,
                        format("macros in one another more than {} deep: {} may name itself",
                               kMaxNesting, ast.text));
        return false;
    }
    if (ast.op == Op::kName) {
        const auto macro = macros_.find(ast.text);
        if (macro == macros_.end()) return true;
        if (!macro->second) return false;  // Told where it was parsed.
        nodes_ += count_nodes(*macro->second);
        if (nodes_ > kMaxConditionNodes) {
            problems_.error(
                ast.mark, ErrorCode::kLimit,
                format("more than {} parts once macros are written out", kMaxConditionNodes));
            return false;
        }
        ast = Ast{*macro->second};
        return expand(ast, depth + 1);
    }
    bool ok = true;
    if (ast.op == Op::kIn) {
        ok = expand(ast.parts[0], depth);
        Ast& right = ast.parts[1];
        if (right.op == Op::kName && all_.lists.contains(right.text)) {
            Ast items{Op::kList, right.mark, {}, {}, {}};
            ok = expand_list(items, right.text, right.mark, 0) && ok;
            right = std::move(items);
        } else if (right.op == Op::kList) {
            Ast items{Op::kList, right.mark, {}, {}, {}};
            for (Ast& item : right.parts) {
                if (item.op == Op::kName && all_.lists.contains(item.text))
                    ok = expand_list(items, item.text, item.mark, 0) && ok;
                else
                    items.parts.push_back(std::move(item));
            }
            right = std::move(items);
        }
        return ok;
    }
    for (Ast& part : ast.parts) ok = expand(part, depth) && ok;
    return ok;
}

bool Expander::expand_list(Ast& ast, const std::string& name, const Mark& mark, std::size_t depth) {
    if (depth > kMaxNesting) {
        problems_.error(mark, ErrorCode::kLimit,
                        format("lists in one another more than {} deep: {} may name itself",
                               kMaxNesting, name));
        return false;
    }
    // Lists of addresses are long; what is bounded is that lists of lists do not multiply.
    constexpr std::size_t kMaxItems = 1'000'000;
    const ListDecl& list = all_.lists.at(name);
    if (ast.parts.size() + list.items.size() > kMaxItems) {
        problems_.error(mark, ErrorCode::kLimit, format("a list of more than {}", kMaxItems));
        return false;
    }
    for (const Written& item : list.items) {
        if (all_.lists.contains(item.text)) {
            if (!expand_list(ast, item.text, item.mark, depth + 1)) return false;
        } else {
            ast.parts.push_back(literal(item));
        }
    }
    return true;
}

std::optional<Ast> Expander::row(const ExceptionDecl& exception, const std::vector<Ast>& fields,
                                 const std::vector<std::vector<Written>>& row) {
    const Mark mark = row.empty() || row[0].empty() ? exception.name.mark : row[0][0].mark;
    if (row.size() != fields.size()) {
        problems_.error(mark, ErrorCode::kMalformed,
                        format("a row of {} values for {} fields", row.size(), fields.size()));
        return std::nullopt;
    }
    Ast all{Op::kAnd, mark, {}, {}, {}};
    for (std::size_t i = 0; i < row.size(); ++i) {
        Op op = row[i].size() == 1 && exception.comps.empty() ? Op::kEq : Op::kIn;
        if (!exception.comps.empty()) {
            const Written& comp = exception.comps[std::min(i, exception.comps.size() - 1)];
            const auto* found = std::find_if(kComps.begin(), kComps.end(), [&](const auto& one) {
                return one.first == comp.text;
            });
            if (found == kComps.end()) {
                problems_.error(comp.mark, ErrorCode::kUnsupported,
                                format("\"{}\" does not compare", comp.text),
                                "write ==, !=, <, <=, >, >=, in, contains, startswith, endswith "
                                "or glob");
                return std::nullopt;
            }
            op = found->second;
        }
        if (op != Op::kIn && row[i].size() != 1) {
            problems_.error(mark, ErrorCode::kMalformed, "several values need the comparison in");
            return std::nullopt;
        }
        Ast one{op, mark, {}, {}, {}};
        one.parts.push_back(fields[i]);
        if (op == Op::kIn) {
            Ast items{Op::kList, mark, {}, {}, {}};
            for (const Written& value : row[i]) {
                if (all_.lists.contains(value.text)) {
                    if (!expand_list(items, value.text, value.mark, 0)) return std::nullopt;
                } else {
                    items.parts.push_back(literal(value));
                }
            }
            one.parts.push_back(std::move(items));
        } else {
            one.parts.push_back(literal(row[i][0]));
        }
        if (op == Op::kContains || op == Op::kStartsWith || op == Op::kEndsWith || op == Op::kGlob)
            if (one.parts[1].op == Op::kNumber)
                one.parts[1] = {Op::kText, mark, row[i][0].text, {}, {}};
        all.parts.push_back(std::move(one));
    }
    return all.parts.size() == 1 ? std::optional{std::move(all.parts[0])} : std::optional{all};
}

bool Expander::except(Ast& condition, const std::vector<ExceptionDecl>& exceptions) {
    bool ok = true;
    for (const ExceptionDecl& exception : exceptions) {
        if (exception.rows.empty()) continue;  // A place for others to add to, as in Falco.
        std::vector<Ast> fields;
        for (const SourcePiece& piece : exception.fields) {
            std::optional<Ast> one = parse_condition({piece}, problems_);
            ok = ok && one.has_value();
            if (one) fields.push_back(*std::move(one));
        }
        if (fields.size() != exception.fields.size()) continue;
        if (fields.empty()) {
            problems_.error(exception.name.mark, ErrorCode::kMalformed,
                            "an exception with values has fields");
            ok = false;
            continue;
        }
        Ast any{Op::kOr, exception.name.mark, {}, {}, {}};
        for (const auto& values : exception.rows) {
            std::optional<Ast> one = row(exception, fields, values);
            ok = ok && one.has_value();
            if (one) any.parts.push_back(*std::move(one));
        }
        if (any.parts.empty()) continue;
        Ast no{Op::kNot, exception.name.mark, {}, {}, {}};
        no.parts.push_back(any.parts.size() == 1 ? std::move(any.parts[0]) : std::move(any));
        Ast both{Op::kAnd, condition.mark, {}, {}, {}};
        both.parts.push_back(std::move(condition));
        both.parts.push_back(std::move(no));
        condition = std::move(both);
    }
    return ok;
}

}  // namespace cordon::detect
