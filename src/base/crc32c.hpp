// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "bytes.hpp"

namespace cordon {

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of everything that we store.
/// `seed` is the CRC of the bytes before, so that crc32c(b, crc32c(a)) = crc32c(a then b).
uint32_t crc32c(ByteView bytes, uint32_t seed = 0) noexcept;

/// The one bit whose flip explains why `bytes` has CRC `actual` and not `expected`; counted from
/// the first bit of the first byte, least significant first. Nothing when no single flip does. Bits
/// are unique up to 256 MB.
///
/// It tells a decayed bit from a write that was torn by a crash: a torn write matches by chance in
/// n / 2^32 cases. Cost: a step of a shift register a bit.
std::optional<uint64_t> flipped_bit(std::size_t size, uint32_t expected, uint32_t actual) noexcept;

}  // namespace cordon
