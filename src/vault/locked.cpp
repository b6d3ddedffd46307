// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "locked.hpp"

#include <sodium.h>
#include <new>

#include <cordon/base/check.hpp>

namespace cordon::vault {

LockedBytes::LockedBytes(std::size_t size) : size_{size} {
    CORDON_CHECK(sodium_init() >= 0);
    data_ = static_cast<uint8_t*>(sodium_malloc(std::max<std::size_t>(size, 1)));
    if (data_ == nullptr) throw std::bad_alloc{};
    std::fill_n(data_, size, uint8_t{0});
}

LockedBytes::~LockedBytes() { sodium_free(data_); }

}  // namespace cordon::vault
