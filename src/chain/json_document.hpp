// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <boost/json/value.hpp>

#include <cordon/base/result.hpp>

/// A JSON document from outside that says one thing. Of a name that stands twice in one object some
/// readers take the first value and some the last (RFC 8259 §4), so whoever checks a document and
/// whoever obeys it could see two: such a document is refused. Where digits must stay as they were
/// written: json_tree.hpp, which is as strict.
namespace cordon::chain {

/// Any value in UTF-8, all of the text. kMalformed (also for a name that stands twice, with its
/// offset), kLimit (levels). No memory but that of what is read.
Result<boost::json::value> parse_json(std::string_view text, std::size_t max_depth = 32);

}  // namespace cordon::chain
