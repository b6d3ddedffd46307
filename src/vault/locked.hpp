// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include <cordon/base/bytes.hpp>

namespace cordon::vault {

/// Secret bytes of a length that is known late, in memory of libsodium: locked (as far as the
/// system lets us), between guard pages, left out of core dumps, and wiped. Moves, does not copy.
class LockedBytes {
public:
    LockedBytes() noexcept = default;
    /// Zeros. Throws std::bad_alloc without memory: a secret has no other place to go.
    explicit LockedBytes(std::size_t size);
    explicit LockedBytes(ByteView bytes) : LockedBytes{bytes.size()} {
        std::copy(bytes.begin(), bytes.end(), data_);
    }
    LockedBytes(LockedBytes&& other) noexcept
        : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
    LockedBytes& operator=(LockedBytes&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~LockedBytes();

    std::span<uint8_t> bytes() noexcept { return {data_, size_}; }
    ByteView view() const noexcept { return {data_, size_}; }
    std::size_t size() const noexcept { return size_; }

private:
    uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace cordon::vault
