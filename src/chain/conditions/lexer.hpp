// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "syntax.hpp"

namespace cordon::chain {

/// Ends with kEnd. Nothing when a problem was told.
std::optional<std::vector<Token>> tokens_of(const std::vector<SourcePiece>& pieces,
                                            Problems& problems);
/// and, or, not, in, ...: no names.
bool is_keyword(std::string_view text) noexcept;

}  // namespace cordon::chain
