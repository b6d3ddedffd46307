// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "keyed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <map>

#include "test_state.hpp"

namespace cordon::detect {
namespace {

using Numbers = Keyed<uint64_t, uint64_t>;

/// So large that it lies apart from its slot.
struct Wide {
    std::array<uint64_t, 20> numbers{};
    Wide& operator+=(uint64_t number) {
        numbers.back() += number;
        return *this;
    }
    explicit operator uint64_t() const { return numbers.back(); }
};
using Wides = Keyed<uint64_t, Wide, 4>;

template <typename Table>
std::map<uint64_t, uint64_t> contents(const Table& table) {
    std::map<uint64_t, uint64_t> all;
    for (const uint64_t key : table.keys())
        all.emplace(key, static_cast<uint64_t>(*table.find(key)));
    return all;
}

template <typename Table>
void change(Table& table, int64_t time) {
    const auto count = *rc::gen::inRange(0, 40);
    for (int i = 0; i < count; ++i) {
        const auto key = *rc::gen::inRange<uint64_t>(0, 300);
        if (*rc::gen::inRange(0, 4) == 0) {
            table.erase(key);
        } else {
            table.at(key, from_unix_seconds(time + i)) += key + 1;
        }
    }
}

TEST(Keyed, finds_what_was_put_and_nothing_else) {
    Numbers table{64};
    table.at(7, from_unix_seconds(1)) = 70;
    ASSERT_NE(table.find(7), nullptr);
    EXPECT_EQ(*table.find(7), 70U);
    EXPECT_EQ(table.find(8), nullptr);
    table.erase(7);
    EXPECT_EQ(table.find(7), nullptr);
    EXPECT_EQ(table.size(), 0U);
}

TEST(Keyed, gives_up_the_longest_silent_of_a_full_bucket_and_counts_it) {
    Numbers table{8};  // One bucket and its spare one.
    for (uint64_t key = 0; key < 17; ++key)
        table.at(key, from_unix_seconds(static_cast<int64_t>(100 - key))) = key;
    EXPECT_EQ(table.size(), 16U);
    EXPECT_EQ(table.evictions(), 1U);
    EXPECT_EQ(table.find(15), nullptr);  // Second 85 is the oldest of the first sixteen.
    EXPECT_NE(table.find(16), nullptr);
}

TEST(Keyed, gives_up_the_same_wherever_entries_came_to_lie) {
    const bool same = rc::check([] {
        Numbers table{64};
        change(table, 0);
        MemoryState memory;
        RC_ASSERT(table.save(memory).has_value());
        Numbers loaded{64};  // Filled in another order.
        RC_ASSERT(loaded.load(memory).has_value());
        for (uint64_t key = 1000; key < 1200; ++key) {
            table.at(key, from_unix_seconds(10 + static_cast<int64_t>(key % 7))) = key;
            loaded.at(key, from_unix_seconds(10 + static_cast<int64_t>(key % 7))) = key;
            if (key % 3 == 0) {
                table.erase(key - 2);
                loaded.erase(key - 2);
            }
        }
        RC_ASSERT(table.evictions() > 0U);
        RC_ASSERT(contents(loaded) == contents(table));
    });
    EXPECT_TRUE(same);
}

TEST(Keyed, loses_next_to_nothing_at_sixty_percent) {
    constexpr uint64_t kCapacity = uint64_t{1} << 16;
    Numbers table{kCapacity};
    for (uint64_t key = 0; key < kCapacity * 6 / 10; ++key)
        table.at(key * 0x9E3779B97F4A7C15ULL, from_unix_seconds(1)) = key;
    EXPECT_LT(table.evictions(), kCapacity / 1000);
}

template <typename Table>
bool takes_back() {
    return rc::check([] {
        Table table{64};  // Small: evictions are part of what is taken back.
        std::vector<std::map<uint64_t, uint64_t>> before;
        std::vector<uint64_t> evictions;
        const auto steps = *rc::gen::inRange(1, 12);
        for (int step = 0; step < steps; ++step) {
            before.push_back(contents(table));
            evictions.push_back(table.evictions());
            table.begin_step();
            change(table, step * 100);
        }
        while (!before.empty()) {
            table.undo_step();
            RC_ASSERT(contents(table) == before.back());
            RC_ASSERT(table.evictions() == evictions.back());
            before.pop_back();
            evictions.pop_back();
        }
    });
}

TEST(Keyed, takes_back_any_number_of_steps_exactly) {
    EXPECT_TRUE(takes_back<Numbers>());
    EXPECT_TRUE(takes_back<Wides>());
}

TEST(Keyed, takes_back_when_the_count_of_steps_has_begun_anew) {
    Numbers table{64};
    const auto next = [&] {
        table.begin_step();
        table.forget_step();
    };
    next();
    table.begin_step();
    table.at(7, from_unix_seconds(1)) = 70;
    table.forget_step();
    // The next step has the number of the one that wrote 70.
    for (uint32_t i = 2; i < (1U << 24); ++i) next();
    table.begin_step();
    table.at(7, from_unix_seconds(2)) = 71;
    table.undo_step();
    EXPECT_EQ(*table.find(7), 70U);
}

TEST(Keyed, changes_only_what_is_there_and_adds_only_what_is_not) {
    Numbers table{64};
    EXPECT_EQ(table.change(7, from_unix_seconds(1)), nullptr);
    ASSERT_NE(table.add(7, from_unix_seconds(1)), nullptr);
    EXPECT_EQ(table.add(7, from_unix_seconds(2)), nullptr);
    table.begin_step();
    ASSERT_NE(table.change(7, from_unix_seconds(3)), nullptr);
    *table.change(7, from_unix_seconds(3)) = 70;
    table.undo_step();
    EXPECT_EQ(*table.find(7), 0U);
    EXPECT_EQ(table.size(), 1U);
}

TEST(Keyed, does_not_double_at_sixty_percent_where_four_buckets_have_a_spare_one) {
    constexpr uint64_t kCapacity = uint64_t{1} << 14;
    Keyed<uint64_t, uint64_t, 4> table{kCapacity * 2};
    for (uint64_t key = 0; key < kCapacity * 62 / 100; ++key)
        table.at(key * 0x9E3779B97F4A7C15ULL, from_unix_seconds(1)) = key;
    EXPECT_LT(table.bytes(), kCapacity * 40);  // 30 as it is, 60 doubled.
    EXPECT_EQ(table.evictions(), 0U);
}

TEST(Keyed, goes_on_after_taking_back_as_if_it_had_not_happened) {
    EXPECT_TRUE(rc::check([] {
        Numbers straight{1024};
        Numbers wound{1024};
        for (int step = 0; step < 5; ++step) {
            wound.begin_step();
            change(wound, step * 100);
            wound.undo_step();
            straight.begin_step();
            wound.begin_step();
            const auto key = *rc::gen::inRange<uint64_t>(0, 50);
            straight.at(key, from_unix_seconds(step)) += 1;
            wound.at(key, from_unix_seconds(step)) += 1;
        }
        RC_ASSERT(contents(straight) == contents(wound));
    }));
}

template <typename Table>
bool comes_back() {
    return rc::check([] {
        Table table{64};
        change(table, 0);
        MemoryState memory;
        RC_ASSERT(table.save(memory).has_value());
        Table other{64};
        RC_ASSERT(other.load(memory).has_value());
        RC_ASSERT(contents(other) == contents(table));
        RC_ASSERT(other.evictions() == table.evictions());
    });
}

TEST(Keyed, comes_back_from_a_checkpoint) {
    EXPECT_TRUE(comes_back<Numbers>());
    EXPECT_TRUE(comes_back<Wides>());
}

TEST(Keyed, tells_apart_keys_of_one_tag) {
    Numbers table{uint64_t{1} << 12};  // Eight to a bucket, and far more keys than tags.
    std::map<uint64_t, uint64_t> told;
    for (uint64_t key = 0; key < 2'400; ++key) {
        table.expect(key * 3);
        table.expect_slot(key * 3);
        told[key * 3] = table.at(key * 3, from_unix_seconds(1)) = key;
        table.expect_slot(key * 3);
    }
    EXPECT_EQ(contents(table), told);
    for (uint64_t key = 0; key < 2'400; ++key) EXPECT_EQ(table.find(key * 3 + 1), nullptr);
}

TEST(Keyed, refuses_a_checkpoint_that_ends_early) {
    Numbers table{64};
    for (uint64_t key = 0; key < 20; ++key) table.at(key, from_unix_seconds(1)) = key;
    MemoryState memory;
    ASSERT_TRUE(table.save(memory).has_value());
    memory.bytes.resize(memory.bytes.size() - 1);
    Numbers other{64};
    const Status loaded = other.load(memory);
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(loaded.error().code, ErrorCode::kTruncated);
}

}  // namespace
}  // namespace cordon::detect
