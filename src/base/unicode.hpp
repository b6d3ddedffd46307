// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

/// Text from outside, before people read it.
namespace cordon {

/// Length of the valid UTF-8 sequence that `text` starts with (1..4), 0 when it starts with none
/// (overlong forms and surrogates are none).
std::size_t utf8_length(std::string_view text) noexcept;
/// The character of one such sequence.
char32_t utf8_character(std::string_view sequence) noexcept;

/// Characters that make text look like other text (Unicode TR 36: controls, marks that turn the
/// reading direction, what has no width, tags) or that XML 1.0 forbids.
bool deceives(char32_t character) noexcept;

/// Blanks of any kind, and line breaks.
bool is_blank(char32_t character) noexcept;

/// One line that is what it looks like: UTF-8 without characters that deceive, no blanks but
/// U+0020, none at either end.
bool is_plain_line(std::string_view text) noexcept;

}  // namespace cordon
