// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hmac.hpp"

#include <sodium.h>

namespace cordon::crypto {

Hash512 hmac_sha512(ByteView key, ByteView message) noexcept {
    // Of libsodium: OpenSSL's would put its providers, its loader and its sockets into the static
    // signer (docs/decisions/0015).
    Hash512 out{};
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, key.data(), key.size());
    crypto_auth_hmacsha512_update(&state, message.data(), message.size());
    crypto_auth_hmacsha512_final(&state, out.data());
    sodium_memzero(&state, sizeof state);
    return out;
}

}  // namespace cordon::crypto
