// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "check.hpp"

#include <cstdio>
#include <cstdlib>

namespace cordon {

void check_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(
        stderr,
        "cordon: internal error: %s does not hold (%s:%d). This is a bug: please report it.\n",
        condition, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace cordon
