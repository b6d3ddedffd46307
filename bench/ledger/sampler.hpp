// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace cordon::bench {

/// A uniform sample of the distinct values of a stream in bounded memory: those whose mixed hash is
/// lowest, so a value that comes often is as likely as one that comes once. The same stream gives
/// the same sample in the same order.
template <typename T>
class Sampler {
public:
    explicit Sampler(std::size_t wanted) : wanted_{wanted} {}

    void see(const T& value) {
        const uint64_t mixed = mix(std::hash<T>{}(value));
        if (mixed > limit_) return;
        kept_.try_emplace(mixed, value);
        if (kept_.size() < 4 * wanted_) return;
        limit_ /= 2;
        std::erase_if(kept_, [this](const auto& each) { return each.first > limit_; });
    }

    /// At most as many as were wanted.
    std::vector<T> values() const {
        std::vector<std::pair<uint64_t, T>> sorted{kept_.begin(), kept_.end()};
        std::sort(sorted.begin(), sorted.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        sorted.resize(std::min(sorted.size(), wanted_));
        // Ordered by hash, neighbours would be neighbours in a sorted index too.
        std::sort(sorted.begin(), sorted.end(),
                  [](const auto& a, const auto& b) { return mix(a.first) < mix(b.first); });
        std::vector<T> out;
        for (const auto& each : sorted) out.push_back(each.second);
        return out;
    }

private:
    /// The finaliser of SplitMix64.
    static uint64_t mix(uint64_t x) {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        return x ^ (x >> 31);
    }

    std::size_t wanted_;
    uint64_t limit_ = UINT64_MAX;
    std::unordered_map<uint64_t, T> kept_;
};

}  // namespace cordon::bench
