// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

/// Random numbers that are the same on every machine. The distributions of std are not: each
/// library implements them as it likes.
namespace cordon::gen {

/// The finisher of SplitMix64: a bijection that spreads counters like a hash. What is computed
/// from a number with it can be computed again from the number alone.
constexpr uint64_t mix(uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

/// xoshiro256** (Blackman and Vigna, public domain).
class Random {
public:
    explicit constexpr Random(uint64_t seed) noexcept {
        for (uint64_t& word : state_) word = seed = mix(seed);
    }
    constexpr uint64_t operator()() noexcept {
        const uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
        const uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return out;
    }
    /// 0 .. n-1, biased by less than n / 2^64. REQUIRES: n > 0.
    constexpr uint64_t below(uint64_t n) noexcept { return scale((*this)(), n); }
    /// low .. high, both included.
    constexpr uint64_t between(uint64_t low, uint64_t high) noexcept {
        return low + below(high - low + 1);
    }
    /// True `share` times in 10,000.
    constexpr bool chance(unsigned share) noexcept { return below(10'000) < share; }
    /// `value` times a random fraction of 1.
    constexpr uint64_t part_of(uint64_t value) noexcept { return scale((*this)(), value); }

private:
    __extension__ using Wide = unsigned __int128;
    static constexpr uint64_t scale(uint64_t word, uint64_t n) noexcept {
        return static_cast<uint64_t>((Wide{word} * n) >> 64);
    }
    std::array<uint64_t, 4> state_{};
};

}  // namespace cordon::gen
