// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace cordon::net {

/// Raises the soft limit of open files of this process, as far as the hard limit lets it. What it
/// is now: a connection is one, so a server of 12,000 streams asks for more than those.
uint64_t raise_file_limit(uint64_t wanted) noexcept;

}  // namespace cordon::net
