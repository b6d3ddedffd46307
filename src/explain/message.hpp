// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// A message as personal_sign signs it (EIP-191), byte for byte, a last line end included; sign-ins
/// (EIP-4361) part by part. kLimit.
Result<std::vector<Explanation>> explain_message(std::string_view text, const Context& context);

}  // namespace cordon::explain
