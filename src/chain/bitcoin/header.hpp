// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// The 80 bytes in front of a block, and the work they prove.
namespace cordon::chain {

inline constexpr std::size_t kHeaderSize = 80;

struct HeaderView {
    int32_t version = 0;
    Hash256 parent;
    Hash256 merkle_root;
    uint32_t time = 0;  ///< Unix seconds.
    uint32_t bits = 0;  ///< The target in compact form.
    uint32_t nonce = 0;
    Hash256 hash;
};

/// kTruncated below 80 bytes; more are ignored.
Result<HeaderView> parse_header(ByteView bytes);

/// The target that the compact form stands for; nothing when it is zero, negative or exceeds 256
/// bits.
std::optional<Amount> target_of_bits(uint32_t bits) noexcept;
/// The hashes expected to be tried for one below the target: 2^256 / (target + 1). Zero for invalid
/// bits.
Amount work_of_bits(uint32_t bits);
/// The proof of work: the hash, as a little-endian number, does not exceed the target of `bits`.
bool meets_target(const Hash256& hash, uint32_t bits) noexcept;

}  // namespace cordon::chain
