// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace cordon::heists {

/// Numbers that look like chance and are the same for the same seed on every machine (SplitMix64:
/// Steele, Lea and Flood, 2014). Each purpose has a stream of its own, so that more normal traffic
/// does not change the theft.
class Random {
public:
    Random(uint64_t seed, std::string_view purpose) noexcept : state_{seed} {
        for (const char c : purpose) state_ = mix(state_ ^ static_cast<uint8_t>(c));
    }
    uint64_t next() noexcept { return mix(state_ += 0x9E3779B97F4A7C15ULL); }
    /// 0 <= x < 1.
    double share() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    double between(double low, double high) noexcept { return low + (high - low) * share(); }
    /// 0 <= x < count. REQUIRES: count > 0.
    uint64_t below(uint64_t count) noexcept { return next() % count; }
    bool chance(double probability) noexcept { return share() < probability; }
    double normal() noexcept {  // Box and Muller.
        const double radius = std::sqrt(-2.0 * std::log(1.0 - share()));
        return radius * std::cos(2.0 * std::numbers::pi * share());
    }
    double log_normal(double median, double sigma) noexcept {
        return median * std::exp(sigma * normal());
    }
    /// Waiting time of a Poisson process.
    double exponential(double mean) noexcept { return -mean * std::log(1.0 - share()); }

private:
    static uint64_t mix(uint64_t x) noexcept {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        return x ^ (x >> 31);
    }
    uint64_t state_;
};

}  // namespace cordon::heists
