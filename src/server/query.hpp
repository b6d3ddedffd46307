// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint.hpp"

namespace cordon::server {

/// net::query_of(), and every value checked. kInvalidParam "/NAME: ...": unknown, missing, or not
/// as its schema says; its errors.
Result<std::map<std::string, std::string>> read_query(std::string_view query,
                                                      const std::vector<Parameter>& parameters);

/// A part of a path that is one name and can be nothing else: no slash, no "..", no control
/// characters, moderate length. Whoever makes a file name or a query of it cannot be led astray.
bool is_plain_segment(std::string_view value);

}  // namespace cordon::server
