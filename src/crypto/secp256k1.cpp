// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "secp256k1.hpp"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::crypto {

struct PublicKeyAccess {
    static_assert(sizeof(secp256k1_pubkey) == sizeof(PublicKey::point_));

    static secp256k1_pubkey get(const PublicKey& key) noexcept {
        secp256k1_pubkey out;
        std::copy(key.point_.begin(), key.point_.end(), out.data);
        return out;
    }
    static PublicKey make(const secp256k1_pubkey& point) noexcept {
        PublicKey key;
        std::copy_n(point.data, key.point_.size(), key.point_.begin());
        return key;
    }
};

namespace {

/// The library's constant context: enough for everything that needs no secret.
const secp256k1_context* context() noexcept { return secp256k1_context_static; }

/// Half the order of the curve, rounded down (SEC 2, section 2.4.1).
constexpr std::array<uint8_t, 32> kHalfOrder{
    0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0};

std::array<uint8_t, 64> joined(const EcdsaSignature& signature) noexcept {
    std::array<uint8_t, 64> out;
    std::copy(signature.r.bytes.begin(), signature.r.bytes.end(), out.begin());
    std::copy(signature.s.bytes.begin(), signature.s.bytes.end(), out.begin() + 32);
    return out;
}

Result<EcdsaSignature> split(const std::array<uint8_t, 64>& bytes) {
    EcdsaSignature signature;
    std::copy_n(bytes.begin(), 32, signature.r.bytes.begin());
    std::copy_n(bytes.begin() + 32, 32, signature.s.bytes.begin());
    if (signature.r == Hash256{} || signature.s == Hash256{})
        return fail(ErrorCode::kMalformed,
                    "signature: r and s must be 1 or more, and below the "
                    "order of the curve");
    return signature;
}

}  // namespace

Result<PublicKey> PublicKey::parse(ByteView bytes) {
    const bool hybrid = bytes.size() == 65 && bytes[0] != 0x04;  // SEC 1 has them, nobody else.
    secp256k1_pubkey point;
    // The library ends the process when it is handed a null pointer, which an empty view may be.
    if (bytes.empty() || hybrid ||
        secp256k1_ec_pubkey_parse(context(), &point, bytes.data(), bytes.size()) != 1)
        return fail(ErrorCode::kMalformed,
                    format("public key: {} bytes that are no point of secp256k1", bytes.size()));
    return PublicKeyAccess::make(point);
}

Result<PublicKey> PublicKey::parse_x_only(ByteView bytes) {
    if (bytes.size() != 32)
        return fail(ErrorCode::kMalformed,
                    format("public key: expected 32 bytes of X, found {}", bytes.size()));
    std::array<uint8_t, 33> even{0x02};
    std::copy(bytes.begin(), bytes.end(), even.begin() + 1);
    return parse(even);
}

std::array<uint8_t, 33> PublicKey::compressed() const noexcept {
    const secp256k1_pubkey point = PublicKeyAccess::get(*this);
    std::array<uint8_t, 33> out;
    std::size_t size = out.size();
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &point, SECP256K1_EC_COMPRESSED);
    return out;
}

std::array<uint8_t, 65> PublicKey::uncompressed() const noexcept {
    const secp256k1_pubkey point = PublicKeyAccess::get(*this);
    std::array<uint8_t, 65> out;
    std::size_t size = out.size();
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &point, SECP256K1_EC_UNCOMPRESSED);
    return out;
}

Hash256 PublicKey::x_only() const noexcept {
    const auto bytes = compressed();
    Hash256 out;
    std::copy(bytes.begin() + 1, bytes.end(), out.bytes.begin());
    return out;
}

bool PublicKey::has_odd_y() const noexcept { return compressed()[0] == 0x03; }

Result<PublicKey> PublicKey::add(const Hash256& scalar) const {
    secp256k1_pubkey point = PublicKeyAccess::get(*this);
    if (secp256k1_ec_pubkey_tweak_add(context(), &point, scalar.bytes.data()) != 1)
        return fail(ErrorCode::kMalformed,
                    "public key: a tweak that is no scalar, or that leads to infinity");
    return PublicKeyAccess::make(point);
}

bool operator==(const PublicKey& a, const PublicKey& b) noexcept {
    return a.compressed() == b.compressed();
}

bool EcdsaSignature::has_low_s() const noexcept { return s.bytes <= kHalfOrder; }

Result<EcdsaSignature> parse_ecdsa(ByteView bytes) {
    secp256k1_ecdsa_signature parsed;
    std::array<uint8_t, 64> copy{};
    if (bytes.size() != copy.size())
        return fail(ErrorCode::kMalformed,
                    format("signature: expected 64 bytes of r and s, found {}", bytes.size()));
    std::copy(bytes.begin(), bytes.end(), copy.begin());
    // Refuses numbers of the order or more.
    if (secp256k1_ecdsa_signature_parse_compact(context(), &parsed, copy.data()) != 1) copy = {};
    return split(copy);
}

Result<EcdsaSignature> parse_ecdsa_der(ByteView bytes) {
    secp256k1_ecdsa_signature parsed;
    if (bytes.empty() ||
        secp256k1_ecdsa_signature_parse_der(context(), &parsed, bytes.data(), bytes.size()) != 1)
        return fail(ErrorCode::kMalformed,
                    format("signature: {} bytes that are not strict DER", bytes.size()));
    // What is out of range comes back as zero.
    std::array<uint8_t, 64> compact;
    secp256k1_ecdsa_signature_serialize_compact(context(), compact.data(), &parsed);
    return split(compact);
}

bool verify(const EcdsaSignature& signature, const Hash256& digest, const PublicKey& key) noexcept {
    secp256k1_ecdsa_signature parsed;
    if (secp256k1_ecdsa_signature_parse_compact(context(), &parsed, joined(signature).data()) != 1)
        return false;
    secp256k1_ecdsa_signature_normalize(context(), &parsed, &parsed);
    const secp256k1_pubkey point = PublicKeyAccess::get(key);
    return secp256k1_ecdsa_verify(context(), &parsed, digest.bytes.data(), &point) == 1;
}

Result<PublicKey> recover(const EcdsaSignature& signature, const Hash256& digest, bool odd_y,
                          bool x_overflow) {
    const int id = (odd_y ? 1 : 0) + (x_overflow ? 2 : 0);
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey point;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed,
                                                            joined(signature).data(), id) != 1 ||
        secp256k1_ecdsa_recover(context(), &point, &parsed, digest.bytes.data()) != 1)
        return fail(ErrorCode::kMalformed, "signature: no key can have made it");
    return PublicKeyAccess::make(point);
}

bool verify_schnorr(ByteView signature, ByteView message, const Hash256& x_only_key) noexcept {
    secp256k1_xonly_pubkey key;
    return signature.size() == 64 &&
           secp256k1_xonly_pubkey_parse(context(), &key, x_only_key.bytes.data()) == 1 &&
           secp256k1_schnorrsig_verify(context(), signature.data(), message.data(), message.size(),
                                       &key) == 1;
}

}  // namespace cordon::crypto
