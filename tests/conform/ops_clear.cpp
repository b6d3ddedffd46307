// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <map>
#include <memory>

#include <cordon/chain/evm/txn.hpp>
#include <cordon/engine/clear_signing.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

struct Known {
    explain::ClearSigning signing;
    std::optional<explain::TokenList> tokens;
    explain::Context context;
};

/// Registries and token lists as they were read first: thousands of questions go to the same.
Result<const Known*> known(const std::string& registry, const std::string& tokens) {
    static std::map<std::pair<std::string, std::string>, std::unique_ptr<Known>> read;
    auto& entry = read[{registry, tokens}];
    if (!entry) {
        CORDON_TRY(auto signing, engine::load_clear_signing(registry));
        auto fresh = std::make_unique<Known>(Known{std::move(signing), {}, {}});
        if (!tokens.empty()) {
            CORDON_TRY(fresh->tokens, engine::load_tokens(tokens));
            fresh->context.token_list = &*fresh->tokens;
        }
        entry = std::move(fresh);
    }
    return entry.get();
}

json::value answer(const explain::ClearScreens& shown,
                   const std::vector<explain::Screen>& screens) {
    const auto list = [](const std::vector<std::string>& texts) {
        json::array out;
        for (const std::string& text : texts) out.emplace_back(text);
        return out;
    };
    json::array pairs;
    for (const explain::Screen& screen : screens)
        pairs.push_back(json::array{json::string{screen.label}, json::string{screen.value}});
    return json::value{{"descriptor", shown.descriptor},  {"owner", shown.owner},
                       {"intent", shown.intent},          {"sentence", shown.sentence},
                       {"screens", std::move(pairs)},     {"left_out", list(shown.left_out)},
                       {"warnings", list(shown.warnings)}};
}

}  // namespace

Result<json::value> op_clear_signing(const json::object& request) {
    CORDON_TRY(const std::string_view registry, text_field(request, "registry"));
    std::string tokens;
    if (request.contains("tokens")) {
        CORDON_TRY(tokens, text_field(request, "tokens"));
    }
    CORDON_TRY(const Known* all, known(std::string{registry}, tokens));
    if (request.contains("typed")) {
        CORDON_TRY(const std::string_view text, text_field(request, "typed"));
        CORDON_TRY(const chain::TypedData message, chain::parse_typed_data(text));
        CORDON_TRY(const auto shown, all->signing.message(message, {}, all->context));
        return answer(shown, shown.screens);
    }
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::EvmTxn txn, chain::parse_evm_txn(bytes));
    const ChainId chain{ChainFamily::kEvm, txn.chain_id.value_or(kEthereum.reference)};
    if (!txn.to) return fail(ErrorCode::kNotFound, "a txn that makes a contract has no descriptor");
    std::optional<Address> from;
    if (const auto sender = chain::sender_of(txn)) from = *sender;
    if (txn.max_fee_per_gas.bit_width() + txn.gas_limit.bit_width() > 256)
        return fail(ErrorCode::kOverflow, "a fee of 2^256 or more");
    CORDON_TRY(const auto shown,
               all->signing.call({chain, from, *txn.to, txn.value, txn.data}, all->context));
    return answer(shown, explain::txn_screens(shown, chain, txn.max_fee_per_gas * txn.gas_limit));
}

}  // namespace cordon::conform
