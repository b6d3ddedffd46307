// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace cordon {

/// Brings a line of memory near that is read soon. Any address is allowed, and none is looked at.
inline void fetch(const void* at) noexcept {
    __builtin_prefetch(at);
    // GCC 12 takes a function that does nothing else for one without an effect, and leaves calls of
    // it out (ipa-pure-const): this is the effect.
    asm volatile("");
}

/// All lines that an object lies in.
template <typename T>
void fetch_lines(const T& object) noexcept {
    constexpr std::size_t kLine = 64;
    const auto* const bytes = reinterpret_cast<const std::byte*>(&object);
    for (std::size_t at = 0; at < sizeof(T); at += kLine) fetch(bytes + at);
}

}  // namespace cordon
