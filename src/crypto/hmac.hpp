// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <cordon/base/bytes.hpp>

namespace cordon::crypto {

using Hash512 = std::array<uint8_t, 64>;

/// HMAC-SHA512 (RFC 2104): the step from one key of BIP-32 to the next. Pure, any thread.
Hash512 hmac_sha512(ByteView key, ByteView message) noexcept;

}  // namespace cordon::crypto
