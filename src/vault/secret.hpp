// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cordon/base/bytes.hpp>

namespace cordon::vault {

/// Overwrites memory in a way that no optimiser takes out.
void wipe(void* memory, std::size_t size) noexcept;

/// N secret bytes that are wiped when they are gone. Copies are secrets of their own.
template <std::size_t N>
class Secret {
public:
    Secret() noexcept = default;
    Secret(const Secret&) noexcept = default;
    Secret& operator=(const Secret&) noexcept = default;
    ~Secret() { wipe(bytes_.data(), N); }

    std::array<uint8_t, N>& bytes() noexcept { return bytes_; }
    const std::array<uint8_t, N>& bytes() const noexcept { return bytes_; }
    ByteView view() const noexcept { return bytes_; }

private:
    std::array<uint8_t, N> bytes_{};
};

}  // namespace cordon::vault
