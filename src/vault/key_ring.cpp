// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_ring.hpp"

#include <algorithm>

#include "curve.hpp"

namespace cordon::vault {
namespace {

tl::unexpected<Error> no_steps() {
    return fail(ErrorCode::kUnsupported, "a single key: none is derived from it");
}

}  // namespace

Result<KeyRing> KeyRing::make(const KeyFile& file) {
    if (file.form == KeyForm::kSeed) {
        const auto utxo = std::find_if(file.facts.chains.begin(), file.facts.chains.end(), is_utxo);
        CORDON_TRY(PrivateKey root,
                   PrivateKey::from_seed(file.secret.view(),
                                         utxo == file.facts.chains.end() ? kBitcoin : *utxo));
        return KeyRing{file.facts.label, std::move(root)};
    }
    Secret<32> raw;
    if (file.secret.size() != raw.bytes().size())
        return fail(ErrorCode::kMalformed, "a raw key of a wrong length");
    std::copy_n(file.secret.view().begin(), raw.bytes().size(), raw.bytes().begin());
    CORDON_TRY([[maybe_unused]] const auto key, public_key_of(raw));
    return KeyRing{file.facts.label, raw};
}

Result<Secret<32>> KeyRing::secret_at(const KeyPath& path) const {
    if (const auto* raw = std::get_if<Secret<32>>(&root_)) {
        if (!path.empty()) return no_steps();
        return *raw;
    }
    CORDON_TRY(const PrivateKey key, std::get<PrivateKey>(root_).at(path));
    return key.secret();
}

Result<crypto::PublicKey> KeyRing::public_key(const KeyPath& path) {
    CORDON_TRY(const Secret<32> secret, secret_at(path));
    return public_key_of(secret);
}

Result<RecoverableSignature> KeyRing::sign_ecdsa(const Hash256& digest, const KeyPath& path) {
    CORDON_TRY(const Secret<32> secret, secret_at(path));
    return vault::sign_ecdsa(secret, digest);
}

Result<Bytes> KeyRing::sign_schnorr(const Hash256& digest, const KeyPath& path,
                                    const std::optional<Hash256>& tweak) {
    CORDON_TRY(Secret<32> secret, secret_at(path));
    if (tweak) {
        CORDON_TRY(secret, tweaked(secret, *tweak));
    }
    return vault::sign_schnorr(secret, digest);
}

Result<chain::ExtKey> KeyRing::extended(const KeyPath& path) const {
    const auto* root = std::get_if<PrivateKey>(&root_);
    if (root == nullptr) return no_steps();
    CORDON_TRY(const PrivateKey key, root->at(path));
    return key.public_key();
}

}  // namespace cordon::vault
