// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/crypto/secp256k1.hpp>

/// Who holds a private key and signs with it: a key file, or a token behind PKCS#11. Whether a
/// thing may be signed is not asked here: the flow of the signer has asked before.
namespace cordon::vault {

/// Which key: the steps (BIP-32) below a holder's root. Empty: the root itself, and the only key of
/// a holder that derives none (a token).
using KeyPath = std::vector<uint32_t>;

/// ECDSA as both chains take it.
struct RecoverableSignature {
    crypto::EcdsaSignature signature;  ///< With low s.
    bool odd_y = false;                ///< Ethereum's y parity; v is 27 or 28 of it.
    friend bool operator==(const RecoverableSignature&, const RecoverableSignature&) = default;
};

/// Every signature was verified against the key before it leaves (a faulty machine or token would
/// give the key away). Confined to one thread. kUnsupported: the holder cannot do this at all;
/// kUnavailable, kPermission: a token that is away or refuses.
class Signer {
public:
    virtual ~Signer() = default;

    /// What people call it: the name of the key file, token and label.
    virtual std::string name() const = 0;
    virtual Result<crypto::PublicKey> public_key(const KeyPath& path) = 0;
    virtual Result<RecoverableSignature> sign_ecdsa(const Hash256& digest, const KeyPath& path) = 0;
    /// BIP-340, r then s. With `tweak` by the key tweaked as BIP-341 says (of the point with even
    /// Y). PKCS#11 has no such mechanism.
    virtual Result<Bytes> sign_schnorr(const Hash256& digest, const KeyPath& path,
                                       const std::optional<Hash256>& tweak) = 0;

protected:
    Signer() = default;
    Signer(const Signer&) = default;
    Signer& operator=(const Signer&) = default;
};

}  // namespace cordon::vault
