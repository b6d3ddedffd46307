// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>

#include "store.hpp"

namespace cordon::bench {

/// The value, or the end of the program.
template <typename T>
T must(Result<T> result) {
    if (!result) give_up(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace cordon::bench
