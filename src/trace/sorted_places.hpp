// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cordon::trace {

/// What stands at `place` of a list, and a number by which it comes before nearly all others.
struct SortKey {
    uint64_t number = 0;
    uint32_t place = 0;
};

/// The places of a list by number, those of equal numbers as `before` says of two places. Byte by
/// byte from the last: comparing a million keys costs three times as much, since no comparison can
/// be foreseen. Bytes that are the same in all are passed over.
template <typename Before>
std::vector<uint32_t> sorted_places(std::vector<SortKey> keys, Before&& before) {
    std::array<std::array<uint32_t, 256>, sizeof(uint64_t)> counts{};
    for (const SortKey& key : keys)
        for (std::size_t byte = 0; byte < counts.size(); ++byte)
            ++counts[byte][static_cast<uint8_t>(key.number >> (8 * byte))];
    std::vector<SortKey> sorted(keys.size());
    for (std::size_t byte = 0; byte < counts.size() && !keys.empty(); ++byte) {
        auto& next = counts[byte];  // Where the next of each value goes.
        const auto value = [&](const SortKey& key) {
            return static_cast<uint8_t>(key.number >> (8 * byte));
        };
        if (next[value(keys.front())] == keys.size()) continue;
        uint32_t sum = 0;
        for (uint32_t& each : next) sum += std::exchange(each, sum);
        for (const SortKey& key : keys) sorted[next[value(key)]++] = key;
        keys.swap(sorted);
    }
    for (auto first = keys.begin(); first != keys.end();) {
        auto last = first + 1;
        while (last != keys.end() && last->number == first->number) ++last;
        if (last - first > 1)
            std::sort(first, last,
                      [&](const SortKey& a, const SortKey& b) { return before(a.place, b.place); });
        first = last;
    }
    std::vector<uint32_t> places;
    places.reserve(keys.size());
    for (const SortKey& key : keys) places.push_back(key.place);
    return places;
}

}  // namespace cordon::trace
