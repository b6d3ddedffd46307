// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hmac.hpp"

#include <openssl/hmac.h>

#include <cordon/base/check.hpp>

namespace cordon::crypto {

Hash512 hmac_sha512(ByteView key, ByteView message) noexcept {
    Hash512 out{};
    unsigned size = 0;
    const uint8_t none = 0;  // OpenSSL takes a null key for "the key of before".
    const bool done =
        HMAC(EVP_sha512(), key.empty() ? &none : key.data(), static_cast<int>(key.size()),
             message.data(), message.size(), out.data(), &size) != nullptr;
    CORDON_CHECK(done&& size == out.size());
    return out;
}

}  // namespace cordon::crypto
