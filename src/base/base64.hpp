// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "bytes.hpp"
#include "result.hpp"

namespace cordon {

/// RFC 4648 §4, with padding.
std::string to_base64(ByteView bytes);

/// Strict: groups of four, padding where it belongs, unused bits zero, no blanks or line ends.
/// kMalformed names the offset.
Result<Bytes> parse_base64(std::string_view text);

}  // namespace cordon
