// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Signatures and public keys of the curve secp256k1 (SEC 2; BIP-340 for Schnorr), over
/// libsecp256k1. Everything here only checks: there is no secret key in this room. All functions
/// may be called from any thread.
namespace cordon::crypto {

/// A point of the curve, never infinity.
class PublicKey {
public:
    /// SEC 1: 33 bytes, or 65 bytes beginning with 04. The hybrid form (06, 07) is refused.
    /// kMalformed.
    static Result<PublicKey> parse(ByteView bytes);
    /// 32 bytes of X; the point with the even Y (BIP-340). kMalformed.
    static Result<PublicKey> parse_x_only(ByteView bytes);

    std::array<uint8_t, 33> compressed() const noexcept;
    std::array<uint8_t, 65> uncompressed() const noexcept;
    Hash256 x_only() const noexcept;
    bool has_odd_y() const noexcept;

    /// This point plus `scalar` times the generator: a child key of BIP-32, a tweaked key of
    /// BIP-341 (of the point with even Y). kMalformed when the scalar is not below the order or the
    /// sum is infinity.
    Result<PublicKey> add(const Hash256& scalar) const;

    friend bool operator==(const PublicKey&, const PublicKey&) noexcept;

private:
    friend struct PublicKeyAccess;
    PublicKey() noexcept = default;
    std::array<uint8_t, 64> point_{};  // libsecp256k1's own form; its headers stay in the .cpp.
};

/// r and s of ECDSA.
struct EcdsaSignature {
    Hash256 r, s;  ///< Big-endian numbers.

    /// s is at most half the order. Each signature has a twin with the other s that is as valid:
    /// Ethereum refuses the high one since Homestead (EIP-2), Bitcoin does not relay it (BIP-62).
    bool has_low_s() const noexcept;
    friend bool operator==(const EcdsaSignature&, const EcdsaSignature&) = default;
};

/// r then s, 32 bytes each, both at least 1 and below the order (IEEE P1363 form). kMalformed.
Result<EcdsaSignature> parse_ecdsa(ByteView bytes);
/// Strict DER (BIP-66): shortest lengths and numbers, nothing after them, both numbers at least 1
/// and below the order. kMalformed.
Result<EcdsaSignature> parse_ecdsa_der(ByteView bytes);

/// Whether `key` signed `digest`. A high s passes: whoever refuses it asks has_low_s().
bool verify(const EcdsaSignature& signature, const Hash256& digest, const PublicKey& key) noexcept;

/// The key whose signature this is. `odd_y` is the parity that Ethereum's v carries;
/// `x_overflow` says that r stands for a point with X = r + order, which no honest signer makes
/// (one in 2^127; Ethereum has no v for it). kMalformed when there is no such key.
Result<PublicKey> recover(const EcdsaSignature& signature, const Hash256& digest, bool odd_y,
                          bool x_overflow = false);

/// BIP-340: 64 bytes of signature, a message of any length, 32 bytes of key.
bool verify_schnorr(ByteView signature, ByteView message, const Hash256& x_only_key) noexcept;

}  // namespace cordon::crypto
