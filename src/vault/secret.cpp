// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "secret.hpp"

#include <sodium.h>

namespace cordon::vault {

void wipe(void* memory, std::size_t size) noexcept { sodium_memzero(memory, size); }

}  // namespace cordon::vault
