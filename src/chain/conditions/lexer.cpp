// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "lexer.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
public:
    Lexer(const SourcePiece& piece, Problems& problems, std::vector<Token>& tokens)
        : text_{piece.text}, marks_{piece.marks}, problems_{problems}, tokens_{tokens} {}

    bool run() {
        while (true) {
            while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
            if (at_ == text_.size()) return true;
            if (!token()) return false;
        }
    }

private:
    char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    std::string_view from(std::size_t start) const { return text_.substr(start, at_ - start); }
    void push(TokenKind kind, std::size_t start, std::string text, std::string unit = {}) {
        tokens_.push_back({kind, std::move(text), std::move(unit), marks_[start]});
    }

    bool token() {
        const std::size_t start = at_;
        const char c = peek();
        if (is_letter(c)) {
            name();
            push(TokenKind::kName, start, std::string{from(start)});
            return true;
        }
        if (c == '0' && (peek(1) == 'x' || peek(1) == 'X')) return hex(start);
        if (is_digit(c)) return number(start);
        if (c == '"' || c == '\'') return quoted(start);
        for (const std::string_view sign : {"==", "!=", "<=", ">="})
            if (text_.substr(at_, 2) == sign) {
                at_ += 2;
                push(TokenKind::kSign, start, std::string{sign});
                return true;
            }
        if (std::string_view{"=<>+-*/(),"}.find(c) != std::string_view::npos) {
            ++at_;
            push(TokenKind::kSign, start, c == '=' ? "==" : std::string{c});
            return true;
        }
        problems_.error(
            marks_[start], ErrorCode::kMalformed,
            format("a sign that means nothing here: \"{}\"",
                   static_cast<unsigned char>(c) < 0x80 && c >= ' ' ? std::string{c} : "?"),
            "texts stand in quotes");
        return false;
    }

    void name() {
        while (is_letter(peek()) || is_digit(peek()) ||
               // to.label, eip155:1
               ((peek() == '.' || peek() == ':') && (is_letter(peek(1)) || is_digit(peek(1)))))
            ++at_;
    }

    bool hex(std::size_t start) {
        at_ += 2;
        while (is_hex(peek())) ++at_;
        if (is_letter(peek()) || (at_ - start) % 2 != 0 || at_ - start == 2) {
            problems_.error(marks_[start], ErrorCode::kMalformed,
                            "expected an even number of hex digits after 0x");
            return false;
        }
        push(TokenKind::kHex, start, std::string{from(start)});
        return true;
    }

    bool number(std::size_t start) {
        std::string digits;
        while (is_digit(peek()) || peek() == '_' || (peek() == '.' && is_digit(peek(1)))) {
            if (peek() != '_') digits += peek();
            ++at_;
        }
        if (std::count(digits.begin(), digits.end(), '.') > 1) {
            problems_.error(marks_[start], ErrorCode::kMalformed, "a number with two points",
                            "an address of this form stands in quotes");
            return false;
        }
        if (peek() == '%') {
            ++at_;
            push(TokenKind::kNumber, start, digits, "%");
            return true;
        }
        // "10m" and "5 ETH": a word that follows a number can only be its unit.
        std::size_t unit = at_;
        while (unit < text_.size() && is_blank(text_[unit])) ++unit;
        std::size_t end = unit;
        while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
        const std::string word{text_.substr(unit, end - unit)};
        if (!word.empty() && is_letter(word.front()) && !is_keyword(word)) {
            at_ = end;
            push(TokenKind::kNumber, start, digits, word);
        } else {
            push(TokenKind::kNumber, start, digits);
        }
        return true;
    }

    /// A backslash before the quote sign makes it a part of the text; all others stay, since
    /// regular expressions are full of them.
    bool quoted(std::size_t start) {
        const char quote = peek();
        ++at_;
        std::string text;
        while (at_ < text_.size() && peek() != quote) {
            if (peek() == '\\' && peek(1) == quote) ++at_;
            text += peek();
            ++at_;
        }
        if (at_ == text_.size()) {
            problems_.error(marks_[start], ErrorCode::kTruncated, "a text without its last quote");
            return false;
        }
        ++at_;
        push(TokenKind::kText, start, std::move(text));
        return true;
    }

    std::string_view text_;
    const std::vector<Mark>& marks_;
    Problems& problems_;
    std::vector<Token>& tokens_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_keyword(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 12> kWords{"and",  "contains", "endswith",   "exists",
                                                      "glob", "in",       "is",         "not",
                                                      "of",   "or",       "startswith", "regex"};
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

std::optional<std::vector<Token>> tokens_of(const std::vector<SourcePiece>& pieces,
                                            Problems& problems) {
    std::vector<Token> tokens;
    std::size_t bytes = 0;
    for (const SourcePiece& piece : pieces) {
        bytes += piece.text.size();
        if (bytes > kMaxConditionBytes) {
            problems.error(piece.marks.front(), ErrorCode::kLimit,
                           format("a condition of more than {} bytes", kMaxConditionBytes),
                           "put addresses into a list");
            return std::nullopt;
        }
        if (!Lexer{piece, problems, tokens}.run()) return std::nullopt;
    }
    tokens.push_back(
        {TokenKind::kEnd, {}, {}, pieces.empty() ? Mark{} : pieces.back().marks.back()});
    return tokens;
}

}  // namespace cordon::chain
