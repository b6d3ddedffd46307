// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "secret.hpp"

#include <openssl/crypto.h>

namespace cordon::vault {

void wipe(void* memory, std::size_t size) noexcept { OPENSSL_cleanse(memory, size); }

}  // namespace cordon::vault
