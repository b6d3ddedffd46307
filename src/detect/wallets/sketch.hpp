// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <cordon/base/time.hpp>

#include "../state.hpp"

/// Streaming statistics in integers, so that a replay gives the same bits on every machine. All are
/// values of a Keyed table: copied for undo, saved and loaded with it.
namespace cordon::detect {

/// Fixed point with 16 binary places.
inline constexpr int64_t kOneQ16 = 1 << 16;
/// log2 in Q16, at most 2/65536 below the true one. REQUIRES: x >= 1.
int64_t log2_q16(uint64_t x) noexcept;
/// 2^(x / 65536), rounded to the nearest; saturates at the ends of uint64.
uint64_t exp2_q16(int64_t x) noexcept;
/// A well mixed 64 bits of 64 bits (SplitMix64): for counters that are addressed by hash.
uint64_t mix64(uint64_t x) noexcept;

/// Quantiles of positive integers with a relative error of at most 1 % (DDSketch, VLDB 2019), or
/// half a unit. Values lie in buckets whose borders grow by 2 %; where that takes more than 2 KB
/// the lowest buckets are one, so that high quantiles keep the bound.
class DdSketch {
public:
    static constexpr std::size_t kBuckets = 480;

    void add(uint64_t value);
    /// The value below or at which this share of all lies; 0 when nothing was added.
    uint64_t quantile(double share) const noexcept;
    /// Halves the weight of all that was added before: what is not seen again for four halvings is
    /// forgotten.
    void halve();
    /// How many were added, less what was halved away.
    uint64_t count() const noexcept { return total_ / kWeight; }

    friend Status save_state(StateSink& sink, const DdSketch& sketch);
    friend Status load_state(StateSource& source, DdSketch& sketch);

private:
    static constexpr uint32_t kWeight = 16;  // Of one value: four halvings until it is gone.
    int32_t lowest_ = 0;                     // The bucket of counts_[0].
    std::vector<uint32_t> counts_;
    uint64_t total_ = 0;
};

/// The number of different things: exact to 64, then by HyperLogLog with 2^12 registers (standard
/// error 1.6 %).
class Distinct {
public:
    static constexpr std::size_t kExact = 64;
    static constexpr unsigned kBits = 12;

    /// REQUIRES: well mixed (mix64). True when it is certainly new, or raised the estimate.
    bool add(uint64_t hash);
    uint64_t count() const noexcept;

    friend Status save_state(StateSink& sink, const Distinct& distinct);
    friend Status load_state(StateSource& source, Distinct& distinct);

private:
    std::vector<uint64_t> exact_;     // Sorted; empty once there are registers.
    std::vector<uint8_t> registers_;  // Empty, or 2^kBits.
};

/// Sums over the last `Slots` slots of time.
template <typename Sum, std::size_t Slots>
class Ring {
public:
    /// REQUIRES: slots do not fall behind by more than `Slots`; older ones are taken as the oldest.
    void add(int64_t slot, const Sum& value) {
        advance(slot);
        Sum& sum = sums_[at(std::max(slot, last_ - static_cast<int64_t>(Slots) + 1))];
        sum = plus(sum, value);
    }
    /// Of the slots up to `slot`, itself included.
    Sum sum(int64_t slot) const {
        Sum all{};
        for (int64_t i = slot - static_cast<int64_t>(Slots) + 1; i <= slot; ++i)
            if (i <= last_ && i > last_ - static_cast<int64_t>(Slots))
                all = plus(all, sums_[at(i)]);
        return all;
    }

private:
    static std::size_t at(int64_t slot) noexcept {
        return static_cast<std::size_t>(((slot % kSlots) + kSlots) % kSlots);
    }
    static Sum plus(const Sum& a, const Sum& b) {
        if constexpr (std::is_integral_v<Sum>) {
            Sum sum{};
            return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<Sum>::max() : sum;
        } else {
            return checked_add(a, b).value_or(Sum::max());
        }
    }
    void advance(int64_t slot) {
        if (slot <= last_) return;
        if (slot - last_ >= kSlots) {
            sums_.fill(Sum{});
        } else {
            for (int64_t i = last_ + 1; i <= slot; ++i) sums_[at(i)] = Sum{};
        }
        last_ = slot;
    }

    static constexpr int64_t kSlots = static_cast<int64_t>(Slots);
    int64_t last_ = 0;
    std::array<Sum, Slots> sums_{};
};

/// When does a rate leave its level? EWMA of log2(1 + value) per hour of the week and a one-sided
/// CUSUM over buckets of ten seconds (Montgomery; Lucas and Saccucci). The spread is robust: what
/// is beyond three sigma counts as three. (The usual robust spread, the median deviation, is 0 for
/// a wallet that is silent in most buckets.)
class LevelShift {
public:
    static constexpr int64_t kBucketSeconds = 10;

    /// Adds to the bucket of `time`; time that goes back counts into the current one.
    void add(UnixMillis time, uint64_t value) noexcept;
    /// The CUSUM in sigmas (Q16) as if the current bucket ended now.
    int64_t cusum_q16() const noexcept;
    /// In the current bucket so far.
    uint64_t current() const noexcept { return current_; }
    /// Buckets that were not empty, before the current one.
    uint32_t active() const noexcept { return active_; }
    /// Calls `closed(sum)` when adding at `time` would end a bucket that is not empty.
    bool ends_bucket(UnixMillis time) const noexcept { return slot_of(time) > slot_; }

private:
    static constexpr std::size_t kHours = 7 * 24;
    static constexpr int32_t kUnknown = -1;
    static int64_t slot_of(UnixMillis time) noexcept {
        return to_unix_seconds(time) / kBucketSeconds;
    }
    static std::size_t hour_of(int64_t slot) noexcept;
    int64_t sigma_q16() const noexcept;
    int64_t mean_of(int64_t slot) const noexcept;
    int64_t z_q16(int64_t slot, int64_t x) const noexcept;
    void learn(int64_t slot, int64_t x, int64_t buckets) noexcept;
    void close(int64_t until) noexcept;

    std::array<int32_t, kHours> means_ = unknown();  // Q16.
    int64_t variance_ = 0;                           // Q32.
    int64_t level_ = 0;                              // Q16, over all hours.
    int64_t cusum_ = 0;                              // Q16, of ended buckets.
    int64_t slot_ = 0;
    uint64_t current_ = 0;
    uint64_t buckets_ = 0;
    uint32_t active_ = 0;

    static constexpr std::array<int32_t, kHours> unknown() noexcept {
        std::array<int32_t, kHours> all{};
        all.fill(kUnknown);
        return all;
    }
};

/// Counts by hash, never too low; too high by more than e/width of all counts with probability
/// e^-depth (count-min with conservative update).
class CountMin {
public:
    static constexpr std::size_t kDepth = 4, kWidth = 1024;
    /// The new estimate.
    uint32_t add(uint64_t hash, uint32_t count = 1);
    uint32_t estimate(uint64_t hash) const noexcept;
    void halve() noexcept;

private:
    static std::size_t cell(uint64_t hash, std::size_t row) noexcept;
    std::array<uint32_t, kDepth * kWidth> cells_{};
};

/// The most frequent things (space-saving): every one with more than total/Size is in it, and a
/// count is too high by at most `error`.
template <std::size_t Size>
class TopK {
public:
    struct Entry {
        uint64_t key = 0;
        uint64_t count = 0, error = 0;
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    void add(uint64_t key) {
        Entry* least = &entries_[0];
        for (Entry& entry : entries_) {
            if (entry.count > 0 && entry.key == key) {
                ++entry.count;
                return;
            }
            if (entry.count < least->count) least = &entry;
        }
        *least = {key, least->count + 1, least->count};
    }
    /// Falling; equal counts by key.
    std::vector<Entry> entries() const {
        std::vector<Entry> some;
        for (const Entry& entry : entries_)
            if (entry.count > 0) some.push_back(entry);
        std::sort(some.begin(), some.end(), [](const Entry& a, const Entry& b) {
            return a.count != b.count ? a.count > b.count : a.key < b.key;
        });
        return some;
    }

private:
    std::array<Entry, Size> entries_{};
};

/// Sudden bursts of edges in constant memory (MIDAS, AAAI 2020): how much more of an edge comes in
/// this tick than in the ticks before, as chi-square.
class Midas {
public:
    /// REQUIRES: ticks do not fall. The score in Q16; 0 in the first tick.
    uint64_t add(uint64_t edge, int64_t tick);

private:
    CountMin now_, all_;
    int64_t first_ = 0, tick_ = 0;
    bool begun_ = false;
};

}  // namespace cordon::detect
