// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

namespace cordon {

using Bytes = std::vector<uint8_t>;         ///< Owned bytes.
using ByteView = std::span<const uint8_t>;  ///< Somebody else's bytes; never outlives the call.

/// 32 bytes in the order a hash function puts them out. Bitcoin *shows* its hashes reversed; that
/// is a matter of printing (chain::format_hash), never of storage.
struct Hash256 {
    std::array<uint8_t, 32> bytes{};

    friend auto operator<=>(const Hash256&, const Hash256&) = default;
    operator ByteView() const noexcept { return bytes; }  // NOLINT(google-explicit-constructor)
};

}  // namespace cordon

/// Any eight bytes of a hash are as good as another: no mixing needed.
template <>
struct std::hash<cordon::Hash256> {
    std::size_t operator()(const cordon::Hash256& value32) const noexcept {
        std::size_t value;
        std::memcpy(&value, value32.bytes.data() + 8, sizeof value);
        return value;
    }
};
