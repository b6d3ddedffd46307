// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "classify.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <cordon/base/format.hpp>

#include "join_facts.hpp"
#include "join_rules.hpp"

namespace cordon::patterns {
namespace {

/// Enough for the facts of some hundred inputs and outputs without an allocation.
constexpr std::size_t kStackBytes = 16 * 1024;
/// Fewest outputs of a join: three equal ones and two changes.
constexpr std::size_t kLeastJoinOutputs = 5;

/// Whether any rule can match: by counts alone, for most txns are small.
bool is_candidate(const UtxoTxn& txn, const JoinParams& params) noexcept {
    const std::size_t inputs = txn.inputs.size();
    const std::size_t outputs = txn.outputs.size();
    if (inputs == 0 || outputs < 3) return false;
    if (inputs >= 2 && outputs >= std::min<std::size_t>(kLeastJoinOutputs, params.whirlpool_min))
        return true;
    const bool data = std::any_of(txn.outputs.begin(), txn.outputs.end(), [](const TxOut& out) {
        return out.address.kind() == AddressKind::kOpReturn;
    });
    if (data) return true;  // Tx0.
    if (inputs < 2 || outputs > 4) return false;
    for (std::size_t a = 1; a < outputs; ++a)  // Stonewall.
        for (std::size_t b = 0; b < a; ++b)
            if (txn.outputs[a].value == txn.outputs[b].value) return true;
    return false;
}

uint32_t count_senders(const UtxoTxn& txn) {
    std::vector<const Address*> all;
    uint32_t unknown = 0;
    for (const TxIn& in : txn.inputs) {
        if (in.spent)
            all.push_back(&in.spent->address);
        else
            ++unknown;
    }
    std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return *a < *b; });
    const auto end =
        std::unique(all.begin(), all.end(), [](const auto* a, const auto* b) { return *a == *b; });
    return static_cast<uint32_t>(end - all.begin()) + unknown;
}

/// What is no join, by what it does with one owner's coins.
Classification plain(const UtxoTxn& txn, const JoinParams& params) {
    constexpr double kPlain = 0.9;  // A definition by counts; who owns the outputs is not seen.
    const auto inputs = static_cast<double>(txn.inputs.size());
    const auto outputs = static_cast<double>(txn.outputs.size());
    if (txn.inputs.size() >= params.consolidation_min_inputs && !txn.outputs.empty() &&
        txn.outputs.size() <= params.consolidation_max_outputs &&
        inputs >= params.consolidation_inputs_per_output * outputs)
        return {TxnClass::kConsolidation,
                kPlain,
                {format("{} coins into {}", txn.inputs.size(), txn.outputs.size())}};
    if (txn.outputs.size() >= params.payout_min_outputs) {
        const uint32_t senders = std::max(count_senders(txn), 1U);
        if (outputs >= params.payout_outputs_per_sender * static_cast<double>(senders))
            return {TxnClass::kPayout,
                    kPlain,
                    {format("{} outputs from {} {}", txn.outputs.size(), senders,
                            senders == 1 ? "payer" : "addresses")}};
    }
    return {TxnClass::kOrdinary, 1, {}};
}

/// What was not called a join, but could not be judged in full.
void note_doubt(const JoinFacts& facts, const JoinParams& params, Classification& result) {
    if (facts.unknown != 0 && facts.equal >= params.joinmarket_min && facts.denom > params.dust) {
        result.confidence = 0.5;
        result.reasons.push_back(
            format("{} equal outputs, and what {} of {} inputs spend is unknown", facts.equal,
                   facts.unknown, facts.inputs));
    }
    if (params.joinmarket_legacy || is_segwit_key(facts.kind)) return;
    JoinParams legacy = params;
    legacy.joinmarket_legacy = true;
    if (!joinmarket(facts, legacy)) return;
    result.confidence = 0.5;
    result.reasons.emplace_back(
        "has the shape of a JoinMarket join with legacy scripts, which is not called one by "
        "default (docs/patterns/coinjoin.md)");
}

}  // namespace

std::string_view to_string(TxnClass value) noexcept {
    constexpr std::array<std::string_view, kTxnClasses> kNames{
        "ordinary",   "wasabi1",   "wasabi2", "whirlpool",     "whirlpool_tx0",
        "joinmarket", "stonewall", "payout",  "consolidation",
    };
    return kNames[static_cast<std::size_t>(value)];
}

Classification classify(const UtxoTxn& txn, const JoinParams& params) {
    if (txn.coinbase || !is_candidate(txn, params)) return plain(txn, params);
    std::array<std::byte, kStackBytes> stack;
    std::pmr::monotonic_buffer_resource memory{stack.data(), stack.size()};
    const JoinFacts facts = facts_of(txn, params, &memory);
    if (auto finding = join_of(facts, params)) return std::move(*finding);
    if (auto finding = whirlpool_tx0(facts, params)) return std::move(*finding);
    if (auto finding = stonewall(facts, params)) return std::move(*finding);
    Classification result = plain(txn, params);
    note_doubt(facts, params, result);
    return result;
}

}  // namespace cordon::patterns
