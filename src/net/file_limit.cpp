// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "file_limit.hpp"

#include <sys/resource.h>
#include <algorithm>

namespace cordon::net {

uint64_t raise_file_limit(uint64_t wanted) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlim_t before = limit.rlim_cur;
    if (before >= wanted) return before;
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

}  // namespace cordon::net
