// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explainers.hpp"

#include <array>

#include "evm.hpp"
#include "message.hpp"
#include "safe.hpp"
#include "typed_data.hpp"

namespace cordon::explain {

std::span<const Explainer> explainers() noexcept {
    static constexpr auto kExplainers = std::to_array<Explainer>({
        {"safe", "a Safe transaction as JSON: of the Safe service, the SDK, or typed data",
         explain_safe},
        {"evm", "a transaction of an EVM chain: hex, JSON, or calldata with --to", explain_evm},
        {"typed-data", "an EIP-712 request as JSON, as eth_signTypedData_v4 takes it",
         explain_typed_data},
        {"message", "a text as personal_sign signs it; sign-ins too", explain_message},
    });
    return kExplainers;
}

const Explainer* find_explainer(std::string_view name) noexcept {
    for (const Explainer& each : explainers())
        if (each.name == name) return &each;
    return nullptr;
}

}  // namespace cordon::explain
