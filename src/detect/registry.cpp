// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "detector.hpp"
#include "feed_health.hpp"

namespace cordon::detect {

std::span<const Maker> detectors() noexcept {
    static const std::array kAll{
        Maker{&FeedHealth::kDescriptor, FeedHealth::make},
    };
    return kAll;
}

}  // namespace cordon::detect
