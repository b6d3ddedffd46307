// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../detector.hpp"

/// The detectors of value that moves: one file each, named by id and name.
namespace cordon::detect {

Maker d01() noexcept;
Maker d02() noexcept;
Maker d03() noexcept;
Maker d04() noexcept;
Maker d05() noexcept;
Maker d06() noexcept;
Maker d07() noexcept;
Maker d08() noexcept;
Maker d09() noexcept;
Maker d10() noexcept;
Maker d22() noexcept;
Maker d23() noexcept;
Maker d32() noexcept;
Maker d33() noexcept;
Maker d34() noexcept;
Maker d35() noexcept;
Maker d36() noexcept;
Maker d38() noexcept;

/// Of a Detector that is made with the configuration.
template <typename Kind>
std::unique_ptr<Detector> make_detector(const WatchConfig& config) {
    return std::make_unique<Kind>(config);
}

}  // namespace cordon::detect
