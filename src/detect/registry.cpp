// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "contracts/detectors.hpp"
#include "detector.hpp"
#include "feed_health.hpp"

namespace cordon::detect {

std::span<const Maker> detectors() noexcept {
    static const std::array kAll{
        d11(),  //
        d12(),  //
        d14(),  //
        d15(),  //
        d16(),  //
        d18(),  //
        d19(),  //
        d21(),  //
        d25(),  //
        d26(),  //
        d27(),  //
        d28(),  //
        d29(),  //
        d30(),  //
        d31(),  //
        Maker{&FeedHealth::kDescriptor, FeedHealth::make},
    };
    return kAll;
}

}  // namespace cordon::detect
