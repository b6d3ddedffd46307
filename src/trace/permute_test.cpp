// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "permute.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>

namespace cordon::trace {
namespace {

TEST(Permute, brings_each_to_the_place_that_asks_for_it) {
    std::mt19937 random{7};
    for (const std::size_t size : {0U, 1U, 2U, 3U, 100U, 1'000U}) {
        std::vector<std::string> before(size);
        for (std::size_t i = 0; i < size; ++i) before[i] = "what stands at " + std::to_string(i);
        std::vector<uint32_t> from(size);
        std::iota(from.begin(), from.end(), 0U);
        std::shuffle(from.begin(), from.end(), random);
        std::vector<std::string> after = before;
        put_in_order(after, from);
        for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(after[i], before[from[i]]);
    }
}

}  // namespace
}  // namespace cordon::trace
