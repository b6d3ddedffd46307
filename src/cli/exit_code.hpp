// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::cli {

/// Part of the contract (DESIGN section 5): scripts rely on these numbers.
enum ExitCode : int {
    kClean = 0,        ///< Done, nothing bad.
    kFound = 1,        ///< Done, and something was found, held or does not match.
    kUsage = 2,        ///< The command line is wrong.
    kBadInput = 3,     ///< Input or data is invalid.
    kUnavailable = 4,  ///< A source was not available, or the result is incomplete.
    kRefused = 5,      ///< Refused by policy or permission.
    kIntegrity = 6,    ///< Stored data or evidence fails its checksum.
    kOurBug = 70,
    kInterrupted = 130,
};

/// The exit code for an error that ended a verb.
int exit_code(ErrorCode code) noexcept;

/// One line for each code, as `cordon help exit-codes` prints them.
std::string_view exit_code_table() noexcept;

}  // namespace cordon::cli
