// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../detector.hpp"

/// The detectors of contracts and traces: one file each, named by id and name.
namespace cordon::detect {

Maker d11() noexcept;
Maker d12() noexcept;
Maker d14() noexcept;
Maker d15() noexcept;
Maker d16() noexcept;
Maker d18() noexcept;
Maker d19() noexcept;
Maker d21() noexcept;
Maker d25() noexcept;
Maker d26() noexcept;
Maker d27() noexcept;
Maker d28() noexcept;
Maker d29() noexcept;
Maker d30() noexcept;
Maker d31() noexcept;

}  // namespace cordon::detect
