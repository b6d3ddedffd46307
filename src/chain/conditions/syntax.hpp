// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source.hpp"

/// The language of conditions as text: tokens and trees, without meaning.
namespace cordon::chain {

enum class TokenKind : uint8_t { kName, kNumber, kHex, kText, kSign, kEnd };

struct Token {
    TokenKind kind = TokenKind::kEnd;
    std::string text;  ///< kText: without its quotes. kNumber: without "_".
    std::string unit;  ///< kNumber: "%", "h", "ETH", ... or nothing.
    Mark mark;
};

enum class Op : uint8_t {
    kOr,
    kAnd,
    kNot,
    kEq,
    kNe,
    kLt,
    kLe,
    kGt,
    kGe,
    kIn,
    kContains,
    kStartsWith,
    kEndsWith,
    kGlob,
    kRegex,
    kExists,
    kIs,
    kAdd,
    kSub,
    kMul,
    kDiv,
    kOf,  ///< "20% of x".
    // Leaves.
    kName,
    kNumber,
    kHex,
    kText,
    kWord,  ///< A text without quotes, from a list.
    kList,
};
/// "and", "==", ...; of leaves nothing.
std::string_view to_string(Op op) noexcept;

/// A condition or a part of it.
struct Ast {
    Op op = Op::kName;
    Mark mark;
    std::string text;  ///< Of a leaf.
    std::string unit;  ///< Of a number.
    std::vector<Ast> parts;
};
/// Whether two trees say the same; places do not count.
bool same(const Ast& a, const Ast& b);

/// What no rule that somebody wrote comes near; reading stays bounded whatever the text says.
inline constexpr std::size_t kMaxConditionBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxConditionDepth = 64;
/// After macros and lists are written out: a macro of a macro of a macro doubles each time.
inline constexpr std::size_t kMaxConditionNodes = 20'000;

/// Pieces that follow each other are one condition (append). Nothing when a problem was told.
std::optional<Ast> parse_condition(const std::vector<SourcePiece>& pieces, Problems& problems);
/// As above for a text at hand, in a file without lines.
std::optional<Ast> parse_condition(std::string_view text, Problems& problems);
/// With the fewest brackets: parse(print(x)) says the same as x.
std::string print(const Ast& ast);
/// Parts, too.
std::size_t count_nodes(const Ast& ast);

}  // namespace cordon::chain
