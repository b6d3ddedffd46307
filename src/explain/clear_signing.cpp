// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_signing.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "clear_format.hpp"
#include "clear_render.hpp"

namespace cordon::explain {
namespace {

constexpr std::size_t kSelector = 4;

ClearValue container_of(const std::optional<Address>& from, const std::optional<Address>& to,
                        const Amount& value, uint64_t chain) {
    ClearValue container;
    const auto put = [&](std::string_view name, ClearValue item) {
        container.names.emplace_back(name);
        container.items.push_back(std::move(item));
    };
    if (from) put("from", ClearValue::address(from->payload()));
    if (to) put("to", ClearValue::address(to->payload()));
    put("value", ClearValue::uint(value));
    put("chainId", ClearValue::uint(Amount{chain}));
    return container;
}

std::string_view of(const ClearPairs& pairs, std::string_view key) {
    for (const auto& [name, value] : pairs)
        if (name == key) return value;
    return {};
}

bool bound(const ClearDescriptor& descriptor, const ClearMessage& message) {
    for (const auto& [key, value] : descriptor.domain) {
        const std::string_view own = of(message.domain, key);
        const bool same =
            std::equal(own.begin(), own.end(), value.begin(), value.end(), [&](char a, char b) {
                return a == b || (key == "verifyingContract" && (a | 0x20) == (b | 0x20));
            });
        if (!same) return false;
    }
    if (!descriptor.domain_separator.empty() &&
        descriptor.domain_separator != message.domain_separator)
        return false;
    if (descriptor.deployments.empty()) return true;
    const std::string_view chain = of(message.domain, "chainId");
    const std::string_view contract = of(message.domain, "verifyingContract");
    return std::any_of(descriptor.deployments.begin(), descriptor.deployments.end(),
                       [&](const ClearDeployment& deployment) {
                           return std::to_string(deployment.chain) == chain &&
                                  deployment.address == contract;
                       });
}

}  // namespace

ClearSigning::ClearSigning(ClearRegistry registry) : registry_{std::move(registry)} {
    for (std::size_t i = 0; i < registry_.descriptors.size(); ++i) {
        const ClearDescriptor& descriptor = registry_.descriptors[i];
        if (descriptor.typed)
            messages_.push_back(i);
        else
            for (const ClearDeployment& deployment : descriptor.deployments)
                calls_.emplace(std::pair{deployment.chain, deployment.address}, i);
    }
}

Result<ClearScreens> ClearSigning::call_at(const ClearCall& call, const Context& context,
                                           std::size_t depth) const {
    const auto [first, last] =
        calls_.equal_range({call.chain.reference, chain::format_address(call.chain, call.to)});
    if (call.chain.family != ChainFamily::kEvm || first == last)
        return fail(ErrorCode::kNotFound, "no descriptor is bound to the contract");
    if (call.data.size() < kSelector)
        return fail(ErrorCode::kNotFound, "the call names no function");
    for (auto at = first; at != last; ++at) {
        const ClearDescriptor& descriptor = registry_.descriptors[at->second];
        for (const ClearShape& shape : descriptor.shapes) {
            const auto selector = shape.signature->abi.selector();
            if (!std::equal(selector.begin(), selector.end(), call.data.begin())) continue;
            CORDON_TRY(const chain::AbiValue decoded,
                       chain::decode_abi_call(shape.signature->abi, call.data));
            const ClearValue data =
                named_value(shape.signature->abi.arguments, decoded, shape.signature->arguments);
            return render_clear(*this,
                                {descriptor, shape, data,
                                 container_of(call.from, call.to, call.value, call.chain.reference),
                                 call.chain.reference, depth},
                                context);
        }
    }
    return fail(ErrorCode::kNotFound, "the descriptor of the contract does not know the function");
}

Result<ClearScreens> ClearSigning::message(const ClearMessage& message,
                                           const Context& context) const {
    const auto chain = number_in(of(message.domain, "chainId"));
    std::optional<Address> contract;
    if (const auto bytes = parse_hex0x(of(message.domain, "verifyingContract"));
        bytes && bytes->size() == 20)
        contract.emplace(AddressKind::kEvm, *bytes);
    for (const std::size_t i : messages_) {
        const ClearDescriptor& descriptor = registry_.descriptors[i];
        if (!bound(descriptor, message)) continue;
        for (const ClearShape& shape : descriptor.shapes) {
            if (shape.key != message.encoded_type && shape.key != message.primary_type) continue;
            const uint64_t id = chain && chain->fits_u64() ? chain->low_u64() : 0;
            return render_clear(*this,
                                {descriptor, shape, message.message,
                                 container_of(message.from, contract, Amount{}, id), id, 0},
                                context);
        }
    }
    return fail(ErrorCode::kNotFound, "no descriptor is bound to the message");
}

}  // namespace cordon::explain
