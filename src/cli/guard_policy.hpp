// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "command.hpp"

namespace cordon::cli {

/// "cordon guard policy validate|explain|test|fields …": the words after "policy".
Result<int> run_guard_policy(std::span<const std::string> words, const Args& args,
                             const Session& session);
/// "cordon guard simulate": what a policy would have said of what left our wallets.
Result<int> run_guard_simulate(const Args& args, const Session& session);

}  // namespace cordon::cli
