// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explainers.hpp"

#include <array>

#include "safe.hpp"

namespace cordon::explain {

std::span<const Explainer> explainers() noexcept {
    static constexpr auto kExplainers = std::to_array<Explainer>({
        {"safe", "a Safe transaction as JSON: of the Safe service, the SDK, or typed data",
         explain_safe},
    });
    return kExplainers;
}

const Explainer* find_explainer(std::string_view name) noexcept {
    for (const Explainer& each : explainers())
        if (each.name == name) return &each;
    return nullptr;
}

}  // namespace cordon::explain
