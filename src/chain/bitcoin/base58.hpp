// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Base58 with Bitcoin's alphabet (no 0, O, I, l), used by Bitcoin and Tron addresses and by
/// extended keys.
namespace cordon::chain {

/// The work grows with the square of the length: longer text is refused. An extended key has 111
/// characters.
inline constexpr std::size_t kMaxBase58 = 1024;

std::string format_base58(ByteView bytes);
/// kMalformed names the offset of the first foreign character; kLimit above kMaxBase58 characters.
Result<Bytes> parse_base58(std::string_view text);

/// Base58 over the payload and the first four bytes of its double SHA-256.
std::string format_base58check(ByteView payload);
/// The payload without its checksum. As parse_base58, and kTruncated below four bytes, kChecksum.
Result<Bytes> parse_base58check(std::string_view text);

}  // namespace cordon::chain
