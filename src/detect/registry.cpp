// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "contracts/detectors.hpp"
#include "detector.hpp"

namespace cordon::detect {

std::span<const Maker> detectors() noexcept {
    static const std::array kAll{
        d28(),  //
        d29(),  //
        d30(),  //
        d31(),  //
    };
    return kAll;
}

}  // namespace cordon::detect
