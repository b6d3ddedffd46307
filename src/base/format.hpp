// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

namespace cordon {

/// std::format of C++20, which GCC 12 lacks. The only header that names fmt.
using fmt::format;

}  // namespace cordon
