// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

namespace cordon::engine {

/// Runs a program with `input` on its standard input, its output thrown away. No shell: argv[0] is
/// a path or looked up in PATH, the rest goes as it is. Killed with its group at the timeout.
/// kUnavailable: it did not start, did not end in time, or did not end with 0.
Status run_command(const std::vector<std::string>& argv, const std::string& input, Seconds timeout,
                   const std::atomic<bool>* cancel);

}  // namespace cordon::engine
