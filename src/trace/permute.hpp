// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <cordon/base/fetch.hpp>

namespace cordon::trace {

/// Brings what stands at `from[i]` to place i, ring by ring and in place: of large things a second
/// list would be memory that costs as much as the moving. REQUIRES: `from` names each place once.
template <typename T>
void put_in_order(std::vector<T>& all, std::vector<uint32_t> from) {
    for (uint32_t start = 0; start < from.size(); ++start) {
        if (from[start] == start) continue;
        T first = std::move(all[start]);
        uint32_t at = start;
        while (from[at] != start) {
            const uint32_t next = std::exchange(from[at], at);
            fetch_lines(all[from[next]]);
            all[at] = std::move(all[next]);
            at = next;
        }
        all[at] = std::move(first);
        from[at] = at;
    }
}

}  // namespace cordon::trace
