// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ed25519.hpp"

#include <sodium/crypto_sign_ed25519.h>

namespace cordon::crypto {

bool verify_ed25519(const Ed25519Signature& signature, ByteView message,
                    const Ed25519Key& key) noexcept {
    return crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                               key.data()) == 0;
}

}  // namespace cordon::crypto
