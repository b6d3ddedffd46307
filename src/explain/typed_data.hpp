// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// EIP-712 requests as JSON, one or several. What is of a known type and means something (permits,
/// orders, Safe transactions) becomes effects; everything else is shown field by field and warned
/// of. kMalformed with the way to the value.
Result<std::vector<Explanation>> explain_typed_data(std::string_view json, const Context& context);

}  // namespace cordon::explain
