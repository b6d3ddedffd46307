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

/// As descriptors write it: numbers in decimal, addresses in small digits.
std::string domain_text(const chain::TypedData& message, std::string_view key) {
    const chain::TypedValue* value = message.domain.find(key);
    if (value == nullptr) return {};
    if (value->kind == chain::AbiType::Kind::kAddress) return to_hex0x(value->address.payload());
    return raw_text(named_value(*value));
}

std::string small(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c | 0x20);
    return text;
}

bool deployed(const ClearDescriptor& descriptor, const chain::TypedData& message) {
    const std::string chain = domain_text(message, "chainId");
    const std::string contract = domain_text(message, "verifyingContract");
    return std::any_of(descriptor.deployments.begin(), descriptor.deployments.end(),
                       [&](const ClearDeployment& deployment) {
                           return std::to_string(deployment.chain) == chain &&
                                  deployment.address == contract;
                       });
}

/// What of the domain is not as the descriptor wants it. Nothing when the descriptor is for another
/// contract; an empty list when all is well.
std::optional<std::vector<std::string>> differences(const ClearDescriptor& descriptor,
                                                    const chain::TypedData& message) {
    if (!descriptor.deployments.empty() && !deployed(descriptor, message)) return std::nullopt;
    if (!descriptor.domain_separator.empty() &&
        descriptor.domain_separator != to_hex0x(message.domain_separator))
        return std::nullopt;
    std::vector<std::string> found;
    for (const auto& [key, value] : descriptor.domain) {
        const std::string own = domain_text(message, key);
        if (own == (key == "verifyingContract" ? small(value) : value)) continue;
        // Without a contract to go by, the domain is all that binds.
        if (descriptor.deployments.empty() || (key != "name" && key != "version"))
            return std::nullopt;
        found.push_back(
            format("the domain's {} is \"{}\", the descriptor of this contract has "
                   "\"{}\": the contract may refuse the signature",
                   safe_text(key), safe_text(own), safe_text(value)));
    }
    return found;
}

}  // namespace

std::vector<Screen> txn_screens(const ClearScreens& screens, ChainId chain,
                                const Amount& most_fee) {
    std::vector<Screen> all{{"Interaction with", screens.owner, {}}};
    all.insert(all.end(), screens.screens.begin(), screens.screens.end());
    if (chain != kEthereum) all.push_back({"Network", chain_name(chain.reference), {}});
    all.push_back(
        {"Max fees",
         format("{} {}", format_units(most_fee, native_decimals(chain)), native_symbol(chain)),
         {}});
    return all;
}

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
            const auto selector = shape.signature->selector();
            if (!std::equal(selector.begin(), selector.end(), call.data.begin())) continue;
            CORDON_TRY(const chain::AbiValue decoded,
                       chain::decode_abi_call(*shape.signature, call.data));
            const ClearValue data = named_value(shape.signature->arguments, decoded);
            return render_clear(*this,
                                {descriptor, shape, data,
                                 container_of(call.from, call.to, call.value, call.chain.reference),
                                 call.chain.reference, depth},
                                context);
        }
    }
    return fail(ErrorCode::kNotFound, "the descriptor of the contract does not know the function");
}

Result<ClearScreens> ClearSigning::message(const chain::TypedData& message,
                                           const std::optional<Address>& from,
                                           const Context& context) const {
    const chain::TypedValue* chain = message.domain.find("chainId");
    const uint64_t id = chain != nullptr && chain->number.fits_u64() ? chain->number.low_u64() : 0;
    const chain::TypedValue* contract = message.domain.find("verifyingContract");
    const ClearDescriptor* best = nullptr;
    const ClearShape* best_shape = nullptr;
    std::vector<std::string> warnings;
    for (const std::size_t i : messages_) {
        const ClearDescriptor& descriptor = registry_.descriptors[i];
        const auto shape = std::find_if(
            descriptor.shapes.begin(), descriptor.shapes.end(), [&](const ClearShape& each) {
                return each.key == message.encoded_type || each.key == message.primary_type;
            });
        if (shape == descriptor.shapes.end()) continue;
        auto differs = differences(descriptor, message);
        if (!differs || (best != nullptr && differs->size() >= warnings.size())) continue;
        best = &descriptor;
        best_shape = &*shape;
        warnings = std::move(*differs);
        if (warnings.empty()) break;
    }
    if (best == nullptr) return fail(ErrorCode::kNotFound, "no descriptor is bound to the message");
    const ClearValue data = named_value(message.message);
    const std::optional<Address> to =
        contract != nullptr ? std::optional{contract->address} : std::nullopt;
    CORDON_TRY(
        ClearScreens screens,
        render_clear(*this, {*best, *best_shape, data, container_of(from, to, Amount{}, id), id, 0},
                     context));
    screens.warnings.insert(screens.warnings.begin(), warnings.begin(), warnings.end());
    return screens;
}

namespace {

bool add_words(Explanation& out, const Result<ClearScreens>& shown, const std::string& where) {
    const auto detail = [&](std::string_view name, const std::string& text) {
        out.details.push_back(
            {where.empty() ? std::string{name} : format("{}, {}", name, where), text});
    };
    if (!shown) {
        // Nothing bound to it is the rule, not worth a word.
        if (shown.error().code != ErrorCode::kNotFound)
            detail("clear signing", "the descriptor does not fit: " + shown.error().message);
        return false;
    }
    const auto screen = [&](std::string label, std::string value, const std::string& within) {
        std::string place = where;
        if (!within.empty()) place += (place.empty() ? "" : ", ") + within;
        out.screens.push_back({std::move(label), std::move(value), std::move(place)});
    };
    screen("Interaction with", shown->owner, {});
    screen("Intent", shown->sentence.empty() ? shown->intent : shown->sentence, {});
    for (const Screen& each : shown->screens) screen(each.label, each.value, each.where);
    for (const std::string& warning : shown->warnings) detail("clear signing", warning);
    std::string hidden;
    for (const std::string& name : shown->left_out) hidden += (hidden.empty() ? "" : ", ") + name;
    if (!hidden.empty()) detail("not shown by the descriptor", hidden);
    return true;
}

}  // namespace

bool add_clear_words(Explanation& out, const Context& context, const ClearCall& call,
                     const std::string& where) {
    return context.clear_signing != nullptr &&
           add_words(out, context.clear_signing->call(call, context), where);
}

bool add_clear_words(Explanation& out, const Context& context, const chain::TypedData& message) {
    return context.clear_signing != nullptr &&
           add_words(out, context.clear_signing->message(message, context.account, context), {});
}

}  // namespace cordon::explain
