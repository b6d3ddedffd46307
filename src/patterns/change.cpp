// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>

#include <cordon/base/format.hpp>

namespace cordon::patterns {
namespace {

constexpr std::array<std::string_view, kHeuristicCount> kNames{
    "address-reuse", "address-type",    "client-behaviour", "direct-change",
    "fixed-fee",     "legacy",          "locktime",         "multi-input",
    "none",          "one-time-change", "optimal-change",   "peeling-chain",
    "power-of-ten",  "spent",           "unspent",          "wallet-fingerprint"};

uint64_t power_of_ten(unsigned digits) noexcept {
    constexpr unsigned kDigits = 19;  // 10^19 is the largest power of ten below 2^64.
    uint64_t power = 1;
    for (unsigned n = 0; n < std::min(digits, kDigits); ++n) power *= 10;
    return power;
}

bool is_spendable(const TxOut& out) noexcept {
    return out.address.kind() != AddressKind::kOpReturn;
}

template <typename Test>
Candidates where(const ChangeFacts& facts, const Test& test) {
    Candidates found;
    const auto& outputs = facts.placed.txn.outputs;
    for (uint32_t n = 0; n < outputs.size(); ++n)
        if (is_spendable(outputs[n]) && test(outputs[n], facts.outputs[n])) found.push_back(n);
    return found;
}

bool knows_inputs(const UtxoTxn& txn) noexcept {
    return !txn.inputs.empty() && std::all_of(txn.inputs.begin(), txn.inputs.end(),
                                              [](const TxIn& in) { return in.spent.has_value(); });
}

Candidates address_reuse(const ChangeFacts& facts) {
    std::set<Address> signers;
    for (const TxIn& in : facts.placed.txn.inputs)
        if (in.spent && !in.spent->address.empty()) signers.insert(in.spent->address);
    return where(
        facts, [&](const TxOut& out, const OutputFacts&) { return signers.contains(out.address); });
}

Candidates address_type(const ChangeFacts& facts) {
    const auto& inputs = facts.placed.txn.inputs;
    if (!knows_inputs(facts.placed.txn)) return {};
    const AddressKind kind = inputs.front().spent->address.kind();
    for (const TxIn& in : inputs)
        if (in.spent->address.kind() != kind) return {};
    return where(facts,
                 [&](const TxOut& out, const OutputFacts&) { return out.address.kind() == kind; });
}

Candidates optimal_change(const ChangeFacts& facts) {
    if (!knows_inputs(facts.placed.txn)) return {};
    uint64_t smallest = UINT64_MAX;
    for (const TxIn& in : facts.placed.txn.inputs) smallest = std::min(smallest, in.spent->value);
    return where(facts, [&](const TxOut& out, const OutputFacts&) { return out.value < smallest; });
}

Candidates client_behaviour(const ChangeFacts& facts) {
    return where(facts, [](const TxOut&, const OutputFacts& output) { return output.fresh; });
}

Candidates not_round(const ChangeFacts& facts, unsigned digits) {
    const uint64_t power = power_of_ten(digits);
    return where(facts,
                 [&](const TxOut& out, const OutputFacts&) { return out.value % power != 0; });
}

Candidates direct_change(const ChangeFacts& facts) {
    Candidates reused = address_reuse(facts);
    const auto payable =
        where(facts, [](const TxOut& out, const OutputFacts&) { return out.value > 0; });
    // A txn that pays only its signers moves money from one pocket to the other: no payment.
    return without(payable, reused).empty() ? Candidates{} : reused;
}

Candidates legacy(const ChangeFacts& facts) {
    if (facts.is_join) return {};
    if (where(facts, [](const TxOut&, const OutputFacts&) { return true; }).size() < 2) return {};
    const Candidates found = both(optimal_change(facts), client_behaviour(facts));
    return found.size() == 1 ? found : Candidates{};
}

Candidates one_time_change(const ChangeFacts& facts, const ChangeParams& params) {
    const std::size_t outputs = facts.placed.txn.outputs.size();
    if (outputs < 2 || outputs > params.max_outputs) return {};
    const Candidates found = both(both(address_type(facts), not_round(facts, params.vote_digits)),
                                  both(optimal_change(facts), client_behaviour(facts)));
    return found.size() == 1 ? found : Candidates{};
}

/// Unspent, or spent by a txn of which `test` holds.
template <typename Test>
Candidates by_spender(const ChangeFacts& facts, const Test& test) {
    return where(facts, [&](const TxOut&, const OutputFacts& output) {
        return !output.spender || test(*output.spender);
    });
}

Candidates peeling_chain(const ChangeFacts& facts) {
    if (!facts.own.peels()) return {};
    const bool goes_on = std::any_of(
        facts.outputs.begin(), facts.outputs.end(),
        [](const OutputFacts& output) { return output.spender && output.spender->peels(); });
    if (!facts.parent_peels && !goes_on) return {};
    return by_spender(facts, [](const SpenderFacts& spender) { return spender.peels(); });
}

Candidates locktime(const ChangeFacts& facts) {
    // BlockSci compares whether there is one, not of which sort.
    const bool has = facts.own.print.locktime != chain::LocktimeUse::kNone;
    return by_spender(facts, [&](const SpenderFacts& spender) {
        return (spender.print.locktime != chain::LocktimeUse::kNone) == has;
    });
}

Candidates fixed_fee(const ChangeFacts& facts) {
    if (!facts.own.fee) return {};
    return by_spender(facts, [&](const SpenderFacts& spender) {
        return spender.fee && (*spender.fee == *facts.own.fee ||
                               (spender.kilo_rate && spender.kilo_rate == facts.own.kilo_rate));
    });
}

Candidates wallet_fingerprint(const ChangeFacts& facts) {
    Candidates found;
    const auto& outputs = facts.placed.txn.outputs;
    for (uint32_t n = 0; n < outputs.size(); ++n) {
        if (!is_spendable(outputs[n])) continue;
        if (!facts.outputs[n].spender) return {};  // It may be either.
        if (chain::same_software(facts.own.print, facts.outputs[n].spender->print))
            found.push_back(n);
    }
    return found;
}

}  // namespace

Candidates both(const Candidates& a, const Candidates& b) {
    Candidates out;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out;
}

Candidates either(const Candidates& a, const Candidates& b) {
    Candidates out;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out;
}

Candidates without(const Candidates& a, const Candidates& b) {
    Candidates out;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out;
}

std::optional<uint32_t> only(const Candidates& all) noexcept {
    return all.size() == 1 ? std::optional{all.front()} : std::nullopt;
}

std::string_view to_string(Heuristic heuristic) noexcept {
    return kNames[static_cast<std::size_t>(heuristic)];
}

Result<Heuristic> parse_heuristic(std::string_view text) {
    std::string names;
    for (std::size_t n = 0; n < kNames.size(); ++n) {
        if (kNames[n] == text) return static_cast<Heuristic>(n);
        names += format("{}{}", n == 0 ? "" : ", ", kNames[n]);
    }
    return fail(ErrorCode::kInvalidParam, format("heuristic {}: expected {}", text, names));
}

Candidates candidates(Heuristic heuristic, const ChangeFacts& facts, const ChangeParams& params) {
    switch (heuristic) {
        case Heuristic::kAddressReuse: return address_reuse(facts);
        case Heuristic::kAddressType: return address_type(facts);
        case Heuristic::kClientBehaviour: return client_behaviour(facts);
        case Heuristic::kDirectChange: return direct_change(facts);
        case Heuristic::kFixedFee: return fixed_fee(facts);
        case Heuristic::kLegacy: return legacy(facts);
        case Heuristic::kLocktime: return locktime(facts);
        case Heuristic::kMultiInput:
            return where(facts,
                         [](const TxOut&, const OutputFacts& output) { return output.co_spent; });
        case Heuristic::kNone: return {};
        case Heuristic::kOneTimeChange: return one_time_change(facts, params);
        case Heuristic::kOptimalChange: return optimal_change(facts);
        case Heuristic::kPeelingChain: return peeling_chain(facts);
        case Heuristic::kPowerOfTen: return not_round(facts, params.digits);
        case Heuristic::kSpent:
        case Heuristic::kUnspent: {
            Candidates found;
            for (uint32_t n = 0; n < facts.outputs.size(); ++n)
                if (facts.outputs[n].spender.has_value() == (heuristic == Heuristic::kSpent))
                    found.push_back(n);
            return found;
        }
        case Heuristic::kWalletFingerprint: return wallet_fingerprint(facts);
    }
    return {};
}

}  // namespace cordon::patterns
