// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::chain {

/// The shape that descriptors and miniscript share: a name, and arguments in brackets; a taproot
/// tree {A,B} is an expression of the name "{". Lifetime: that of the text.
struct Expression {
    std::string_view name;
    std::vector<Expression> arguments;
    bool call = false;  ///< With brackets.
};

// What a person or a device can judge is far below; Bitcoin Core reads no deeper either.
inline constexpr std::size_t kMaxExpressionDepth = 128;
inline constexpr std::size_t kMaxExpression = 1U << 16;  ///< Characters.

/// kMalformed with the offset, kLimit.
Result<Expression> parse_expression(std::string_view text);

}  // namespace cordon::chain
