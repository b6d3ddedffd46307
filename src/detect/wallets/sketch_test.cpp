// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sketch.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include <cordon/base/amount.hpp>

#include "../test_state.hpp"

namespace cordon::detect {
namespace {

/// Deterministic, spread over many orders of magnitude.
uint64_t spread(uint64_t seed) { return (mix64(seed) >> (mix64(~seed) % 60)) | 1; }

TEST(Sketch, logarithms_and_powers_are_each_others_inverse) {
    for (uint64_t i = 0; i < 5000; ++i) {
        const uint64_t x = spread(i);
        EXPECT_NEAR(static_cast<double>(log2_q16(x)) / kOneQ16, std::log2(static_cast<double>(x)),
                    3.0 / kOneQ16);
        const auto back = static_cast<double>(exp2_q16(log2_q16(x)));
        EXPECT_NEAR(back, static_cast<double>(x), 0.5 + static_cast<double>(x) * 5e-5);
    }
    EXPECT_EQ(log2_q16(1), 0);
    EXPECT_EQ(exp2_q16(0), 1U);
    EXPECT_EQ(exp2_q16(64 * kOneQ16), ~uint64_t{0});
}

RC_GTEST_PROP(DdSketchProperty, high_quantiles_are_within_one_percent, ()) {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto count = *rc::gen::inRange<std::size_t>(1, 2000);
    std::vector<uint64_t> values;
    DdSketch sketch;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(1 + (mix64(seed + i) % 10'000) * (1 + mix64(seed - i) % 1000));
        sketch.add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(count)));
        const auto exact = static_cast<double>(values[rank - 1]);
        RC_ASSERT(std::abs(static_cast<double>(sketch.quantile(share)) - exact) <=
                  0.5 + exact * 0.01);
    }
    RC_ASSERT(sketch.count() == count);
}

TEST(DdSketch, folds_low_values_where_the_range_is_too_wide) {
    DdSketch sketch;
    for (uint64_t i = 0; i < 64; ++i) sketch.add(uint64_t{1} << i);
    const auto highest = static_cast<double>(sketch.quantile(1));
    EXPECT_NEAR(highest, std::pow(2.0, 63), std::pow(2.0, 63) * 0.01);
    for (uint64_t i = 64; i-- > 0;) sketch.add(uint64_t{1} << i);  // And from above.
    EXPECT_EQ(sketch.count(), 128U);
    EXPECT_NEAR(static_cast<double>(sketch.quantile(1)), highest, 1);
    EXPECT_EQ(DdSketch{}.quantile(0.5), 0U);
}

TEST(DdSketch, forgets_what_is_not_seen_again) {
    DdSketch sketch;
    sketch.add(1'000'000);
    for (int i = 0; i < 5; ++i) {
        sketch.halve();
        sketch.add(1000);
    }
    EXPECT_NEAR(static_cast<double>(sketch.quantile(1)), 1000, 10);
}

TEST(DdSketch, is_saved_and_a_damaged_one_is_refused) {
    DdSketch sketch;
    for (uint64_t i = 1; i < 500; ++i) sketch.add(i * i);
    MemoryState memory;
    ASSERT_TRUE(save_state(memory, sketch).has_value());
    DdSketch again;
    ASSERT_TRUE(load_state(memory, again).has_value());
    EXPECT_EQ(again.quantile(0.99), sketch.quantile(0.99));
    MemoryState damaged;
    ASSERT_TRUE(save_state(damaged, int32_t{-5}).has_value());
    ASSERT_TRUE(save_state(damaged, std::vector<uint32_t>{1}).has_value());
    EXPECT_FALSE(load_state(damaged, again).has_value());
}

TEST(Distinct, is_exact_up_to_64_and_close_beyond) {
    Distinct distinct;
    for (uint64_t i = 0; i < 64; ++i) {
        EXPECT_TRUE(distinct.add(mix64(i)));
        EXPECT_FALSE(distinct.add(mix64(i)));
        EXPECT_EQ(distinct.count(), i + 1);
    }
    uint64_t next = 64;
    for (const uint64_t exact : {100U, 1000U, 10'000U, 100'000U, 1'000'000U}) {
        for (; next < exact; ++next) distinct.add(mix64(next));
        // Three standard errors of 1.04 / sqrt(4096).
        EXPECT_NEAR(static_cast<double>(distinct.count()), static_cast<double>(exact),
                    static_cast<double>(exact) * 3 * 1.04 / 64)
            << exact;
    }
}

RC_GTEST_PROP(RingProperty, sums_what_lies_in_the_window, ()) {
    const auto steps = *rc::gen::container<std::vector<std::pair<uint8_t, uint16_t>>>(
        rc::gen::pair(rc::gen::inRange<uint8_t>(0, 9), rc::gen::arbitrary<uint16_t>()));
    Ring<uint64_t, 6> ring;
    std::vector<std::pair<int64_t, uint64_t>> all;
    int64_t slot = 1000;
    for (const auto& [step, value] : steps) {
        slot += step;
        ring.add(slot, value);
        all.emplace_back(slot, value);
        uint64_t sum = 0;
        for (const auto& [when, what] : all) sum += when > slot - 6 ? what : 0;
        RC_ASSERT(ring.sum(slot) == sum);
    }
}

TEST(Ring, saturates) {
    Ring<Amount, 2> amounts;
    amounts.add(1, Amount::max());
    amounts.add(1, Amount{1U});
    EXPECT_EQ(amounts.sum(1), Amount::max());
    EXPECT_EQ(amounts.sum(3), Amount{});
}

constexpr int64_t kHigh = 8 * kOneQ16;

TEST(LevelShift, is_quiet_on_a_level_and_sees_it_rise) {
    // A wallet that pays in every bucket, and one that pays in every fifth: six days of each.
    for (const uint64_t every : {1U, 5U}) {
        LevelShift level;
        UnixMillis time = from_unix_seconds(1'700'000'000);
        int beyond = 0;
        for (uint64_t i = 0; i < 50'000; ++i) {
            time += Seconds{10};
            if (mix64(i) % every == 0) level.add(time, 100 + mix64(i * 7) % 9900);
            if (i > 5000 && level.cusum_q16() > kHigh) ++beyond;
        }
        // Far from normal, the sparse one passes 8 sigmas by chance at times: CUSUM never stands
        // alone (D02).
        EXPECT_LE(beyond, every == 1 ? 0 : 250) << every;
        int buckets = 0;
        while (level.cusum_q16() <= kHigh && buckets < 20) {
            time += Seconds{10};
            level.add(time, 5'000'000);
            ++buckets;
        }
        EXPECT_LE(buckets, 4) << every;
    }
}

TEST(LevelShift, silence_of_any_length_costs_little_and_calms) {
    LevelShift level;
    level.add(from_unix_seconds(1'000'000'000), 1'000'000);
    level.add(from_unix_seconds(1'900'000'000), 1);
    EXPECT_EQ(level.active(), 1U);
    level.add(from_unix_seconds(1'900'000'000 - 500), ~uint64_t{0});  // Goes back; saturates.
    EXPECT_EQ(level.current(), ~uint64_t{0});
    EXPECT_GE(level.cusum_q16(), 0);
}

TEST(CountMin, never_counts_too_low_and_rarely_too_high) {
    CountMin counts;
    std::map<uint64_t, uint32_t> exact;
    constexpr uint32_t kAdds = 20'000;
    for (uint64_t i = 0; i < kAdds; ++i) {
        const uint64_t key = spread(i) % 3000;
        counts.add(key);
        ++exact[key];
    }
    std::size_t bad = 0;
    const double bound = std::exp(1.0) / CountMin::kWidth * kAdds;
    for (const auto& [key, count] : exact) {
        ASSERT_GE(counts.estimate(key), count);
        if (counts.estimate(key) > count + bound) ++bad;
    }
    EXPECT_LE(static_cast<double>(bad), std::exp(-4.0) * static_cast<double>(exact.size()) + 1);
    counts.halve();
    EXPECT_GE(counts.estimate(1), exact[1] / 2);
}

TEST(TopK, holds_everything_more_frequent_than_its_share) {
    TopK<10> top;
    std::map<uint64_t, uint64_t> exact;
    constexpr uint64_t kAdds = 10'000;
    for (uint64_t i = 0; i < kAdds; ++i) {
        const uint64_t key = i % 4 == 0 ? 7 : i % 9 == 0 ? 8 : mix64(i);
        top.add(key);
        ++exact[key];
    }
    const auto entries = top.entries();
    ASSERT_EQ(entries.size(), 10U);
    EXPECT_EQ(entries[0].key, 7U);
    for (const auto& entry : entries) {
        EXPECT_GE(entry.count, exact[entry.key]);
        EXPECT_LE(entry.count - entry.error, exact[entry.key]);
    }
}

TEST(Midas, scores_a_burst_far_above_the_rest) {
    Midas midas;
    uint64_t usual = 0;
    for (int64_t tick = 0; tick < 60; ++tick)
        for (uint64_t edge = 0; edge < 20; ++edge) usual = std::max(usual, midas.add(edge, tick));
    uint64_t burst = 0;
    for (int i = 0; i < 50; ++i) burst = midas.add(1'000'000, 60);
    EXPECT_GT(burst, usual * 100);
    EXPECT_EQ(Midas{}.add(1, 5), 0U);
}

}  // namespace
}  // namespace cordon::detect
