// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::report {

/// The JSON Canonicalization Scheme (RFC 8785): no blanks, names sorted by their UTF-16 code units,
/// numbers as ECMAScript writes them. The same document gives the same bytes whoever wrote it, so
/// that its digest can be cited. Integers beyond 2^53 become the double nearest to them, as I-JSON
/// (RFC 7493) has no others.
///
/// kMalformed: no JSON, no UTF-8, a number beyond doubles or an integer beyond 64 bits, a name
/// twice in one object, deeper than `max_depth`.
Result<std::string> canonical_json(std::string_view text, std::size_t max_depth);

}  // namespace cordon::report
