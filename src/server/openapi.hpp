// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "endpoint.hpp"

namespace cordon::server {

/// OpenAPI 3.1 of these calls.
boost::json::value openapi_of(const std::vector<Endpoint>& endpoints, std::string_view version);

/// Names in braces of a path template, in order. Empty optional: a brace that is not closed, no
/// name, or a name twice.
std::optional<std::vector<std::string>> path_parameters(std::string_view path);

}  // namespace cordon::server
