// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "secret.hpp"
#include "signer.hpp"

/// Signatures with a secret key of secp256k1, over libsecp256k1. Nonces are deterministic, and
/// every signature is verified by `crypto` before it is returned. All functions may be called from
/// any thread.
namespace cordon::vault {

/// kMalformed: zero, or not below the order of the curve.
Result<crypto::PublicKey> public_key_of(const Secret<32>& secret);

/// RFC 6979 with SHA-256, low s.
Result<RecoverableSignature> sign_ecdsa(const Secret<32>& secret, const Hash256& digest);

/// BIP-340 over a message of any length. Without `aux` as if it were zero: what randomness would
/// add is protection of the machine against its own faults, which verification gives, too.
Result<Bytes> sign_schnorr(const Secret<32>& secret, ByteView message,
                           const std::optional<Hash256>& aux = {});

/// The secret of the output key (BIP-341: taproot_tweak_seckey): of the point with even Y, plus
/// `tweak`.
Result<Secret<32>> tweaked(const Secret<32>& secret, const Hash256& tweak);

/// Strict DER, as Bitcoin's scripts want it, without a sighash type.
Bytes der_of(const crypto::EcdsaSignature& signature);

}  // namespace cordon::vault
