// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/patterns/contract_facts.hpp>

#include "ops.hpp"

namespace cordon::conform {

Result<json::value> op_contract_call(const json::object& request) {
    CORDON_TRY(const Bytes input, hex_field(request, "hex"));
    ChainId chain = kEthereum;
    if (request.contains("chain")) {
        CORDON_TRY(chain, chain_field(request));
    }
    const auto fact = patterns::contract_facts().read_call({chain, {}, {}, {}, {}, input});
    if (!fact) return fail(ErrorCode::kUnsupported, "no call that says anything about value");
    const auto text = [](std::string_view each) -> json::value {
        if (each.empty()) return nullptr;
        return json::string{each};
    };
    return json::value{
        {"kind", to_string(fact->kind)},
        {"key", text(fact->key)},
        {"sender", text(chain::format_address(chain, fact->sender))},
        {"receiver", text(chain::format_address(chain, fact->receiver))},
        {"asset", fact->asset.text()},
        {"amount", fact->amount.to_string()},
        {"fee", fact->fee.to_string()},
        {"far_chain", text(fact->far_chain ? to_string(*fact->far_chain) : std::string{})}};
}

}  // namespace cordon::conform
