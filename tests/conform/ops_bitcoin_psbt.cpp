// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/base64.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/psbt.hpp>
#include <cordon/chain/bitcoin/silent_payment.hpp>
#include <cordon/chain/bitcoin/spend.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "ops_bitcoin.hpp"

namespace cordon::conform {
namespace {

std::string_view word(chain::SpendVerdict verdict) noexcept {
    constexpr std::string_view kWords[] = {"valid", "invalid", "inconclusive"};
    return kWords[static_cast<std::size_t>(verdict)];
}

/// What each input's signatures say: of a final input all of it, else the partial ones.
json::array signatures_of(const chain::Psbt& psbt) {
    std::vector<chain::OutputView> spent;
    for (const chain::PsbtInput& input : psbt.inputs)
        if (const chain::OutputView* output = input.spent()) spent.push_back(*output);
    if (spent.size() != psbt.inputs.size()) spent.clear();
    const chain::Sighasher hasher{psbt.txn, spent};
    chain::SpendBudget budget;
    json::array out;
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        const chain::PsbtInput& input = psbt.inputs[i];
        if (input.finalized() || (input.signatures.empty() && input.tap_signature.empty())) {
            out.push_back(nullptr);
            continue;
        }
        out.emplace_back(word(chain::check_partial(hasher, psbt, i, budget).verdict));
    }
    return out;
}

std::string silent_word(const chain::Psbt& psbt) {
    const auto state = chain::check_silent_payments(psbt);
    if (!state) return "bad: " + state.error().message;
    constexpr std::string_view kWords[] = {"none", "open", "ok"};
    return std::string{kWords[static_cast<std::size_t>(state->state)]};
}

bool keys_bound(const chain::Psbt& psbt) {
    const auto state = chain::check_silent_payments(psbt);
    return state && state->keys_bound;
}

}  // namespace

Result<json::value> op_psbt(const json::object& request) {
    Bytes bytes;
    if (request.contains("base64")) {
        CORDON_TRY(const std::string_view text, text_field(request, "base64"));
        CORDON_TRY(bytes, parse_base64(text));
    } else {
        CORDON_TRY(bytes, hex_field(request, "hex"));
    }
    CORDON_TRY(const chain::Psbt psbt, chain::parse_psbt(bytes));
    Bytes again;
    chain::append_psbt(again, psbt);
    json::array faults;
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        json::array each;
        for (const std::string& fault : chain::psbt_input_faults(psbt, i)) each.emplace_back(fault);
        faults.push_back(std::move(each));
    }
    json::value locktime, extracted;
    if (const auto time = chain::psbt_locktime(psbt)) locktime = *time;
    if (const auto txn = chain::extract_txn(psbt)) extracted = to_hex(*txn);
    Bytes txn;
    chain::append_txn(txn, psbt.txn);
    return json::value{{"version", psbt.version},
                       {"inputs", psbt.inputs.size()},
                       {"outputs", psbt.outputs.size()},
                       {"locktime", locktime},
                       {"txid", chain::format_hash(kBitcoin, crypto::sha256d(txn))},
                       {"reencodes", again == bytes},
                       {"base64", to_base64(bytes)},
                       {"faults", std::move(faults)},
                       {"signatures", signatures_of(psbt)},
                       {"silent", silent_word(psbt)},
                       {"silent_keys_bound", keys_bound(psbt)},
                       {"extracted", extracted}};
}

}  // namespace cordon::conform
