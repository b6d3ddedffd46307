// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytes.hpp"
#include "result.hpp"

namespace cordon {

/// Lower-case hex without prefix.
std::string to_hex(ByteView bytes);

/// Lower-case hex with "0x".
std::string to_hex0x(ByteView bytes);

/// Strict: an even number of hex digits of either case, nothing else, no prefix.
/// kMalformed names the offset of the first bad digit.
Result<Bytes> parse_hex(std::string_view text);

/// As parse_hex, after a required "0x".
Result<Bytes> parse_hex0x(std::string_view text);

/// Which letters hex digits had.
enum class HexCase : uint8_t { kNone, kLower, kUpper, kMixed };
/// parse_hex_into for those who read millions: nothing where parse_hex_into refuses, which then
/// says why. 16 digits a step.
std::optional<HexCase> decode_hex(std::string_view text, std::span<uint8_t> out) noexcept;

/// Exactly out.size() bytes, no prefix. Writes nothing it does not overwrite on success.
Status parse_hex_into(std::string_view text, std::span<uint8_t> out);

}  // namespace cordon
