// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explainers.hpp"

#include <array>

#include "btc.hpp"
#include "delay_payload.hpp"
#include "evm.hpp"
#include "message.hpp"
#include "safe.hpp"
#include "typed_data.hpp"

namespace cordon::explain {
namespace {

/// JSON that names a Bitcoin address is a message of Bitcoin, everything else one of an EVM chain.
Result<std::vector<Explanation>> explain_any_message(std::string_view input,
                                                     const Context& context) {
    return is_bitcoin_message(input) ? explain_bitcoin_message(input, context)
                                     : explain_message(input, context);
}

}  // namespace

std::span<const Explainer> explainers() noexcept {
    static constexpr auto kExplainers = std::to_array<Explainer>({
        {"safe", "a Safe transaction as JSON: of the Safe service, the SDK, or typed data",
         explain_safe},
        {"evm", "a transaction of an EVM chain: hex, JSON, or calldata with --to", explain_evm},
        {"delay", "a transaction for a Safe behind a Delay, with what the Delay was made of",
         explain_delay},
        {"typed-data", "an EIP-712 request as JSON, as eth_signTypedData_v4 takes it",
         explain_typed_data},
        {"message", "a text as personal_sign signs it; sign-ins too; of Bitcoin as JSON",
         explain_any_message},
        {"psbt", "a Bitcoin PSBT of version 0 or 2: binary, hex or base64", explain_psbt},
        {"btc", "a Bitcoin txn, signed or not: binary or hex", explain_btc},
    });
    return kExplainers;
}

const Explainer* find_explainer(std::string_view name) noexcept {
    for (const Explainer& each : explainers())
        if (each.name == name) return &each;
    return nullptr;
}

}  // namespace cordon::explain
