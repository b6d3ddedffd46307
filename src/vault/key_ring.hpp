// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "key_file.hpp"
#include "private_key.hpp"
#include "signer.hpp"

namespace cordon::vault {

/// The keys of an opened key file. What is derived for a signature is wiped after it.
class KeyRing final : public Signer {
public:
    /// kMalformed: a secret that gives no key.
    static Result<KeyRing> make(const KeyFile& file);

    std::string name() const override { return name_; }
    /// Of a raw key the root only: kUnsupported.
    Result<crypto::PublicKey> public_key(const KeyPath& path) override;
    Result<RecoverableSignature> sign_ecdsa(const Hash256& digest, const KeyPath& path) override;
    Result<Bytes> sign_schnorr(const Hash256& digest, const KeyPath& path,
                               const std::optional<Hash256>& tweak) override;
    /// The extended public key at a path, for others to watch. kUnsupported of a raw key.
    Result<chain::ExtKey> extended(const KeyPath& path) const;

private:
    KeyRing(std::string name, std::variant<PrivateKey, Secret<32>> root)
        : name_{std::move(name)}, root_{std::move(root)} {}
    Result<Secret<32>> secret_at(const KeyPath& path) const;

    std::string name_;
    std::variant<PrivateKey, Secret<32>> root_;
};

}  // namespace cordon::vault
