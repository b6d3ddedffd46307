// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <cordon/base/result.hpp>

#include "../secret.hpp"

/// Shamir's secret sharing as SLIP-39 and SSKR do it: over GF(256), byte by byte, with a digest of
/// the secret at x = 254 and the secret itself at x = 255.
namespace cordon::vault {

constexpr std::size_t kMinShared = 16, kMaxShared = 32;  ///< Bytes; even.
constexpr unsigned kMaxShares = 16;

/// Fills memory with secret random bytes.
using Random = std::function<void(std::span<uint8_t>)>;
/// The operating system's, over libsodium.
void os_random(std::span<uint8_t> out) noexcept;

struct ShamirShare {
    uint8_t x = 0;  ///< Its number, from 0.
    Secret<kMaxShared> y;
};

/// kInvalidParam: sizes outside the bounds above, a threshold above the count, or 1 of several:
/// each holder would have all of it.
Result<std::vector<ShamirShare>> split_secret(ByteView secret, unsigned threshold, unsigned count,
                                              const Random& random);

/// The inverse, of `size` bytes. Fewer shares than `threshold` are kTruncated; two of one number
/// kDuplicate. kChecksum: they are not all of one secret, or one is wrong. More than needed are
/// checked, too. With threshold 1 there is no digest: the share is the secret.
Result<Secret<kMaxShared>> join_secret(std::span<const ShamirShare> shares, unsigned threshold,
                                       std::size_t size);

}  // namespace cordon::vault
