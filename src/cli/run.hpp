// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cordon::cli {

/// The whole command line: parses, runs one verb, prints, and gives the exit code of the process.
/// Installs a handler of SIGINT and SIGTERM: the first asks the verb to stop, the second ends the
/// process.
int run(int argc, const char* const* argv, std::string_view version);

}  // namespace cordon::cli
