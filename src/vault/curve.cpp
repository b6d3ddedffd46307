// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "curve.hpp"

#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>
#include <sodium.h>
#include <algorithm>

#include <cordon/base/check.hpp>

namespace cordon::vault {
namespace {

constexpr std::size_t kMaxDer = 72;

/// Made once, and blinded with randomness: what the machine's timing and power draw show then has
/// little to do with the key. Signatures are the same.
const secp256k1_context* context() noexcept {
    static const secp256k1_context* const made = [] {
        CORDON_CHECK(sodium_init() >= 0);
        secp256k1_context* out = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        Secret<32> seed;
        randombytes_buf(seed.bytes().data(), seed.bytes().size());
        CORDON_CHECK(secp256k1_context_randomize(out, seed.bytes().data()) == 1);
        return out;
    }();
    return made;
}

tl::unexpected<Error> no_key() { return fail(ErrorCode::kMalformed, "no private key"); }
/// The machine computes wrongly: such a signature may give the key away.
tl::unexpected<Error> faulty() {
    return fail(ErrorCode::kCorrupt,
                "a signature that does not verify was made and thrown away: do not trust this "
                "machine");
}

}  // namespace

Result<crypto::PublicKey> public_key_of(const Secret<32>& secret) {
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(context(), &point, secret.bytes().data()) != 1) return no_key();
    std::array<uint8_t, 33> bytes{};
    std::size_t size = bytes.size();
    secp256k1_ec_pubkey_serialize(context(), bytes.data(), &size, &point, SECP256K1_EC_COMPRESSED);
    return crypto::PublicKey::parse(bytes);
}

Result<RecoverableSignature> sign_ecdsa(const Secret<32>& secret, const Hash256& digest) {
    CORDON_TRY(const crypto::PublicKey key, public_key_of(secret));
    secp256k1_ecdsa_recoverable_signature made;
    if (secp256k1_ecdsa_sign_recoverable(context(), &made, digest.bytes.data(),
                                         secret.bytes().data(), secp256k1_nonce_function_rfc6979,
                                         nullptr) != 1)
        return no_key();
    std::array<uint8_t, 64> bytes{};
    int parity = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), bytes.data(), &parity,
                                                            &made);
    CORDON_TRY(const crypto::EcdsaSignature signature, crypto::parse_ecdsa(bytes));
    const RecoverableSignature out{signature, (parity & 1) != 0};
    const auto recovered = crypto::recover(signature, digest, out.odd_y);
    if (parity > 1 || !signature.has_low_s() || !crypto::verify(signature, digest, key) ||
        !recovered || *recovered != key)
        return faulty();
    return out;
}

Result<Bytes> sign_schnorr(const Secret<32>& secret, ByteView message,
                           const std::optional<Hash256>& aux) {
    secp256k1_keypair pair;
    if (secp256k1_keypair_create(context(), &pair, secret.bytes().data()) != 1) return no_key();
    secp256k1_schnorrsig_extraparams extra = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
    Hash256 noise = aux.value_or(Hash256{});
    extra.ndata = noise.bytes.data();
    Bytes out(64);
    const int made = secp256k1_schnorrsig_sign_custom(context(), out.data(), message.data(),
                                                      message.size(), &pair, &extra);
    wipe(&pair, sizeof pair);
    CORDON_TRY(const crypto::PublicKey key, public_key_of(secret));
    if (made != 1 || !crypto::verify_schnorr(out, message, key.x_only())) return faulty();
    return out;
}

Result<Secret<32>> tweaked(const Secret<32>& secret, const Hash256& tweak) {
    secp256k1_keypair pair;
    if (secp256k1_keypair_create(context(), &pair, secret.bytes().data()) != 1) return no_key();
    Secret<32> out;
    const bool done =
        secp256k1_keypair_xonly_tweak_add(context(), &pair, tweak.bytes.data()) == 1 &&
        secp256k1_keypair_sec(context(), out.bytes().data(), &pair) == 1;
    wipe(&pair, sizeof pair);
    if (!done) return no_key();
    return out;
}

Bytes der_of(const crypto::EcdsaSignature& signature) {
    std::array<uint8_t, 64> bytes{};
    std::copy(signature.r.bytes.begin(), signature.r.bytes.end(), bytes.begin());
    std::copy(signature.s.bytes.begin(), signature.s.bytes.end(), bytes.begin() + 32);
    secp256k1_ecdsa_signature parsed;
    CORDON_CHECK(secp256k1_ecdsa_signature_parse_compact(context(), &parsed, bytes.data()) == 1);
    Bytes out(kMaxDer);
    std::size_t size = out.size();
    CORDON_CHECK(secp256k1_ecdsa_signature_serialize_der(context(), out.data(), &size, &parsed) ==
                 1);
    out.resize(size);
    return out;
}

}  // namespace cordon::vault
