// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::engine {

/// A saved view (docs/formats/view.md) is at most so large.
inline constexpr std::size_t kMaxView = 1024 * 1024;

/// The document in its canonical form (RFC 8785). kLimit: too large; kMalformed: no JSON, or not
/// what the page says, naming the place.
Result<std::string> canonical_view(std::string_view json);

/// The first 32 hex digits of the SHA-256 of the canonical form.
std::string view_id(std::string_view canonical);
bool is_view_id(std::string_view text) noexcept;

}  // namespace cordon::engine
