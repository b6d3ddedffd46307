// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "detector.hpp"

namespace cordon::detect {

std::span<const Maker> detectors() noexcept {
    static const std::array<Maker, 0> kAll{};
    return kAll;
}

}  // namespace cordon::detect
