// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/trace/trace.hpp>

#include "command.hpp"

namespace cordon::cli {

/// The flags that say how money is followed: trace and report share them.
std::vector<Flag> trace_flags();

/// kInvalidParam names the flag, its value and what was expected.
Result<trace::Params> trace_params(const Args& args);

}  // namespace cordon::cli
