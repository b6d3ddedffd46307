// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "small_vector.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "rare.hpp"

namespace cordon {
namespace {

using Small = SmallVector<int, 3>;

std::vector<int> listed(const Small& small) { return {small.begin(), small.end()}; }

TEST(SmallVector, does_what_a_vector_does_short_or_long) {
    std::mt19937 random{20240531};
    Small small;
    std::vector<int> vector;
    for (int step = 0; step < 20'000; ++step) {
        const int value = static_cast<int>(random() % 1000);
        switch (random() % 8) {
            case 0:
                if (vector.empty()) break;
                small.pop_back();
                vector.pop_back();
                break;
            case 1: {
                const auto first = static_cast<std::ptrdiff_t>(random() % (vector.size() + 1));
                const auto last =
                    first + static_cast<std::ptrdiff_t>(
                                random() % (vector.size() + 1 - static_cast<std::size_t>(first)));
                small.erase(small.begin() + first, small.begin() + last);
                vector.erase(vector.begin() + first, vector.begin() + last);
                break;
            }
            case 2: {
                Small copy{small};
                copy.push_back(value);
                EXPECT_FALSE(copy == small);
                small = copy;
                vector.push_back(value);
                break;
            }
            case 3: {
                Small moved{std::move(small)};
                small = Small{1, 2, 3, 4, 5};
                small = std::move(moved);
                break;
            }
            case 4:
                if (!vector.empty()) {  // Of its own, while it grows.
                    small.push_back(small.front());
                    vector.push_back(vector.front());
                }
                break;
            default: small.push_back(value); vector.push_back(value);
        }
        if (random() % 97 == 0) {
            small.clear();
            vector.clear();
        }
        ASSERT_EQ(listed(small), vector) << "step " << step;
        ASSERT_EQ(small.empty(), vector.empty());
        if (!vector.empty()) {
            ASSERT_EQ(small.back(), vector.back());
            ASSERT_EQ(*small.rbegin(), vector.back());
        }
    }
}

TEST(SmallVector, inserts_before_a_place) {
    SmallVector<int, 2> few;
    EXPECT_EQ(*few.insert(few.end(), 5), 5);
    EXPECT_EQ(*few.insert(few.begin(), 1), 1);
    EXPECT_EQ(few.insert(few.begin() + 1, few[1]) - few.begin(), 1);  // No room: on the heap.
    EXPECT_EQ(few, (SmallVector<int, 2>{1, 5, 5}));
    few.insert(few.end(), 9);
    EXPECT_EQ(few.back(), 9);
}

TEST(Rare, is_an_optional_that_copies_its_value) {
    Rare<int> none, five{5};
    EXPECT_FALSE(none);
    EXPECT_EQ(none.value_or(7), 7);
    EXPECT_EQ(five.value_or(7), 5);
    Rare<int> copy = five;
    *copy = 6;
    EXPECT_EQ(*five, 5);
    EXPECT_FALSE(copy == five);
    copy = five;
    EXPECT_TRUE(copy == five);
    copy = std::optional<int>{};
    EXPECT_TRUE(copy == none);
    EXPECT_TRUE(none == std::optional<int>{});
    EXPECT_FALSE(std::optional<int>{} != none);
    EXPECT_TRUE(five == std::optional{5});
    EXPECT_TRUE(std::optional{6} != five);
    EXPECT_FALSE(none == std::optional{5});
    EXPECT_TRUE(five == 5);
    EXPECT_EQ(std::optional<int>{five}, std::optional{5});
    five.reset();
    EXPECT_FALSE(five.has_value());
}

}  // namespace
}  // namespace cordon
