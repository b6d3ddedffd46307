// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "expression.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

struct Reader {
    std::string_view text;
    std::size_t at = 0;

    char peek() const noexcept { return at < text.size() ? text[at] : '\0'; }

    Result<Expression> read(std::size_t depth) {
        if (depth > kMaxExpressionDepth)
            return fail(ErrorCode::kLimit,
                        format("offset {}: nested deeper than {}", at, kMaxExpressionDepth));
        Expression out;
        const bool tree = peek() == '{';
        const std::size_t end = tree ? at + 1 : text.find_first_of("(){},", at);
        out.name = text.substr(at, std::min(end, text.size()) - at);
        at += out.name.size();
        if (out.name.empty()) return unexpected("a name");
        out.call = tree || peek() == '(';
        if (!out.call) return out;
        if (!tree) ++at;
        const char close = tree ? '}' : ')';
        while (true) {
            CORDON_TRY(out.arguments.emplace_back(), read(depth + 1));
            if (peek() == close) break;
            if (peek() != ',') return unexpected("a comma or the closing bracket");
            ++at;
        }
        ++at;
        return out;
    }

    tl::unexpected<Error> unexpected(std::string_view what) const {
        return fail(ErrorCode::kMalformed, format("offset {}: expected {}", at, what));
    }
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
    if (text.size() > kMaxExpression)
        return fail(ErrorCode::kLimit,
                    format("{} characters; {} are read at most", text.size(), kMaxExpression));
    Reader reader{text};
    CORDON_TRY(Expression out, reader.read(0));
    if (reader.at != text.size())
        return fail(ErrorCode::kTrailing, format("offset {}: expected the end", reader.at));
    return out;
}

}  // namespace cordon::chain
