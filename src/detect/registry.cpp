// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "contracts/detectors.hpp"
#include "detector.hpp"
#include "feed_health.hpp"
#include "wallets/detectors.hpp"

namespace cordon::detect {

std::span<const Maker> detectors() noexcept {
    static const std::array kAll{
        d01(),  //
        d02(),  //
        d03(),  //
        d04(),  //
        d05(),  //
        d06(),  //
        d07(),  //
        d08(),  //
        d09(),  //
        d10(),  //
        d11(),  //
        d12(),  //
        d14(),  //
        d15(),  //
        d16(),  //
        d18(),  //
        d19(),  //
        d21(),  //
        d22(),  //
        d23(),  //
        d25(),  //
        d26(),  //
        d27(),  //
        d28(),  //
        d29(),  //
        d30(),  //
        d31(),  //
        d32(),  //
        d33(),  //
        d34(),  //
        d35(),  //
        d36(),  //
        d38(),  //
        Maker{&FeedHealth::kDescriptor, FeedHealth::make},
    };
    return kAll;
}

}  // namespace cordon::detect
