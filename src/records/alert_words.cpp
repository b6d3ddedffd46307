// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>

#include "alert_store.hpp"

namespace cordon::records {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"new", "acknowledged", "investigating", "closed"};

}  // namespace

std::string_view to_string(AlertPhase phase) noexcept {
    return kPhases[static_cast<std::size_t>(phase)];
}

Result<AlertPhase> parse_alert_phase(std::string_view text) {
    for (std::size_t i = 0; i < kPhases.size(); ++i)
        if (kPhases[i] == text) return static_cast<AlertPhase>(i);
    return fail(
        ErrorCode::kMalformed,
        format("phase \"{}\": expected one of new acknowledged investigating closed", text));
}

}  // namespace cordon::records
