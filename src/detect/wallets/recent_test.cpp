// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "recent.hpp"

#include <gtest/gtest.h>

#include "../test_state.hpp"

namespace cordon::detect {
namespace {

Address address(int number, std::size_t size = 20) {
    return {size == 20 ? AddressKind::kEvm : AddressKind::kP2tr,
            Bytes(size, static_cast<uint8_t>(number))};
}

TEST(RecentAddresses, keeps_the_last_ones_in_order_and_each_once) {
    RecentAddresses recent;
    for (const int number : {1, 2, 3, 1}) recent.add(address(number), 3);
    EXPECT_EQ(recent.all(), (std::vector{address(2), address(3), address(1)}));
    recent.add(address(4, 32), 3);
    EXPECT_EQ(recent.all(), (std::vector{address(3), address(1), address(4, 32)}));
    EXPECT_TRUE(recent.has(address(4, 32)));
    EXPECT_FALSE(recent.has(address(2)));
    EXPECT_FALSE(recent.has(address(4)));
}

TEST(RecentAddresses, come_back_from_a_checkpoint_and_not_from_a_damaged_one) {
    RecentAddresses recent;
    recent.add(address(1), 9);
    recent.add(address(2, 32), 9);
    MemoryState memory;
    ASSERT_TRUE(save_state(memory, recent).has_value());
    MemoryState whole = memory;
    RecentAddresses other;
    ASSERT_TRUE(load_state(whole, other).has_value());
    EXPECT_EQ(other.all(), recent.all());
    constexpr std::size_t kFirstSize = 9;  // Behind the length of all and the first kind.
    for (const int size : {19, 21, 42, 255}) {
        MemoryState damaged = memory;
        damaged.bytes[kFirstSize] = static_cast<uint8_t>(size);
        const Status loaded = load_state(damaged, other);
        ASSERT_FALSE(loaded.has_value()) << size;
        EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
    }
}

}  // namespace
}  // namespace cordon::detect
