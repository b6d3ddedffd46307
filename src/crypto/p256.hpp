// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <cordon/base/bytes.hpp>

/// ECDSA of the curve P-256 (FIPS 186-5), with which FIDO2 authenticators sign; over Botan.
/// Verification only.
namespace cordon::crypto {

/// SEC 1, uncompressed: 04, X, Y.
using P256Key = std::array<uint8_t, 65>;

/// Whether it is a point of the curve.
bool is_p256_key(const P256Key& key) noexcept;

/// Whether `key` signed `digest`. The signature is strict DER (BIP-66's rules: shortest lengths and
/// numbers, nothing after them). One with the other s passes as well: who asks must not take a
/// signature for the name of what was signed. Any thread.
bool verify_p256(ByteView der_signature, const Hash256& digest, const P256Key& key) noexcept;

}  // namespace cordon::crypto
