// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "p256.hpp"

#include <exception>

#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>

#include "secp256k1.hpp"

namespace cordon::crypto {
namespace {

/// Throws when it is no point of the curve.
Botan::ECDSA_PublicKey load(const P256Key& key) {
    const Botan::EC_Group curve{"secp256r1"};
    return {curve, curve.OS2ECP(key.data(), key.size())};
}

}  // namespace

bool is_p256_key(const P256Key& key) noexcept {
    // Botan reads compressed and hybrid points, too: one key has one form here.
    if (key[0] != 4) return false;
    try {
        return load(key).public_point().on_the_curve();
    } catch (const std::exception&) {
        return false;
    }
}

bool verify_p256(ByteView der_signature, const Hash256& digest, const P256Key& key) noexcept {
    if (!is_p256_key(key)) return false;
    // The order of secp256k1 is the larger one: its bound refuses nothing that holds here, and
    // Botan refuses what lies between.
    const Result<EcdsaSignature> signature = parse_ecdsa_der(der_signature);
    if (!signature) return false;
    try {
        const Botan::ECDSA_PublicKey loaded = load(key);
        Botan::PK_Verifier verifier{loaded, "Raw", Botan::IEEE_1363};
        Bytes both(signature->r.bytes.begin(), signature->r.bytes.end());
        both.insert(both.end(), signature->s.bytes.begin(), signature->s.bytes.end());
        return verifier.verify_message(digest.bytes.data(), digest.bytes.size(), both.data(),
                                       both.size());
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace cordon::crypto
