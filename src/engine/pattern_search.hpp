// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/trace/finding.hpp>

namespace cordon::engine {

/// What the recognisers find in the histories of the addresses ("[CHAIN:]ADDRESS[,…]") of a ledger.
/// Errors of parse_seeds, kInvalidParam for a txn, and those of ledger and records.
Result<std::vector<trace::Finding>> find_patterns(const std::string& ledger,
                                                  std::string_view addresses);

}  // namespace cordon::engine
