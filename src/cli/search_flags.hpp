// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/engine/theft.hpp>

#include "command.hpp"

namespace cordon::cli {

/// The flags that say what is asked of the ledger: those of trace_flags() and of the other modes.
std::vector<Flag> search_flags();

/// kInvalidParam names the flag: also for one that its mode does not know.
Result<engine::TheftRequest> search_request(const Args& args);

}  // namespace cordon::cli
