// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace cordon::trace {

/// A list that grows without moving what it has: references hold, and no second copy of all of it
/// is ever in memory.
template <typename T>
class Chunks {
public:
    uint32_t size() const noexcept { return size_; }
    T& operator[](uint32_t place) noexcept { return chunks_[place / kEach][place % kEach]; }
    const T& operator[](uint32_t place) const noexcept {
        return chunks_[place / kEach][place % kEach];
    }
    /// Returns its place.
    uint32_t add(T&& value) {
        if (size_ % kEach == 0) chunks_.emplace_back().reserve(kEach);
        chunks_.back().push_back(std::move(value));
        return size_++;
    }

private:
    // From 32 MiB on malloc gives memory back to the system as soon as it is freed; what is not
    // used of it is never touched.
    static constexpr uint32_t kEach = std::bit_ceil(uint32_t{33U << 20} / uint32_t{sizeof(T)});
    std::vector<std::vector<T>> chunks_;  // Each full but the last.
    uint32_t size_ = 0;
};

}  // namespace cordon::trace
