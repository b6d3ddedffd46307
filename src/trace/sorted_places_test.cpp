// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sorted_places.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <tuple>

namespace cordon::trace {
namespace {

/// Against std::sort, with ties that only `ranks` breaks.
void expect_sorted(const std::vector<uint64_t>& numbers, const std::vector<uint32_t>& ranks) {
    std::vector<SortKey> keys;
    for (uint32_t i = 0; i < numbers.size(); ++i) keys.push_back({numbers[i], i});
    std::vector<uint32_t> expected(numbers.size());
    std::iota(expected.begin(), expected.end(), 0U);
    std::sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) {
        return std::tie(numbers[a], ranks[a]) < std::tie(numbers[b], ranks[b]);
    });
    EXPECT_EQ(
        sorted_places(std::move(keys), [&](uint32_t a, uint32_t b) { return ranks[a] < ranks[b]; }),
        expected);
}

TEST(SortedPlaces, orders_by_number_and_ties_by_what_the_caller_says) {
    std::mt19937_64 random{7};
    for (const std::size_t size : {0U, 1U, 2U, 3U, 300U, 5'000U})
        for (const uint64_t mask : {uint64_t{0}, uint64_t{3}, uint64_t{0xFF00'0000'0000'0F00},
                                    uint64_t{0x8000'0000'0000'0001}, ~uint64_t{0}}) {
            std::vector<uint64_t> numbers(size);
            for (uint64_t& number : numbers) number = random() & mask;
            std::vector<uint32_t> ranks(size);
            std::iota(ranks.begin(), ranks.end(), 0U);
            std::shuffle(ranks.begin(), ranks.end(), random);
            expect_sorted(numbers, ranks);
        }
}

}  // namespace
}  // namespace cordon::trace
