// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "join_rules.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "join_division.hpp"

namespace cordon::patterns {
namespace {

// Confidences are an order of evidence: a rule whose every part was judged and that no known
// innocent shape meets, one that leaves such a shape, and what is left when prevouts are unknown.
constexpr double kSure = 0.97;
constexpr double kLikely = 0.85;
constexpr double kShapeOnly = 0.6;
constexpr double kUnjudged = 0.7;  // Factor when something could not be judged.

/// Pools and the fee that the coordinator asked for entering them: Samourai's four, and the two of
/// its successor Ashigaru, whose fees are taken to be alike (5 %).
struct Pool {
    uint64_t denom, fee;
};
constexpr std::array<Pool, 6> kPools{{{100'000, 5'000},
                                      {1'000'000, 50'000},
                                      {2'500'000, 125'000},
                                      {5'000'000, 175'000},
                                      {25'000'000, 1'250'000},
                                      {50'000'000, 1'750'000}}};

bool is_pool(uint64_t denom) noexcept {
    return std::any_of(kPools.begin(), kPools.end(),
                       [&](const Pool& pool) { return pool.denom == denom; });
}

Classification found(TxnClass what, double confidence, std::string reason) {
    Classification result{what, confidence, {}};
    result.reasons.push_back(std::move(reason));
    return result;
}

void note_unknown(const JoinFacts& facts, Classification& result) {
    if (facts.unknown == 0) return;
    result.confidence *= kUnjudged;
    result.reasons.push_back(
        format("what {} of {} inputs spend is unknown: not judged", facts.unknown, facts.inputs));
}

/// At most `share` of `all` use an address that another one of them uses, or that is on both sides.
bool few_reuse(const JoinFacts& facts, double share) noexcept {
    const auto within = [share](uint32_t different, uint32_t all) {
        return static_cast<double>(all - different) <= share * static_cast<double>(all);
    };
    return within(facts.senders, facts.inputs) && within(facts.receivers, facts.outputs) &&
           static_cast<double>(facts.reused) <= share * static_cast<double>(facts.outputs);
}

bool all_fresh(const JoinFacts& facts) noexcept {
    return facts.receivers == facts.outputs && facts.reused == 0;
}

/// What the inputs bring, each up to the denomination, is what so many participants need.
bool has_capacity(const JoinFacts& facts, const JoinParams& params) noexcept {
    if (!facts.values_known()) return true;
    double brought = 0;
    for (const uint64_t value : facts.in_values)
        brought += static_cast<double>(std::min(value, facts.denom));
    return brought >= params.min_capacity * static_cast<double>(facts.denom) * facts.equal;
}

std::string equal_outputs(const JoinFacts& facts) {
    return format("{} equal outputs of {} sat", facts.equal, facts.denom);
}

/// n equal outputs, and a change for each participant or for each but the taker.
bool pairs_with_changes(const JoinFacts& facts) noexcept {
    return facts.others() == facts.equal || facts.others() + 1 == facts.equal;
}

}  // namespace

Finding whirlpool(const JoinFacts& facts, const JoinParams& params) {
    if (facts.inputs != facts.outputs || facts.outputs < params.whirlpool_min ||
        facts.outputs > params.whirlpool_max || facts.data != 0 || facts.equal != facts.outputs ||
        facts.senders != facts.inputs || !all_fresh(facts) || facts.denom <= params.dust)
        return std::nullopt;
    const bool known_pool = is_pool(facts.denom);
    // One owner who moves equal coins to equal coins must add the fee from somewhere, and so must a
    // round: entrants bring it, all others bring the denomination to the satoshi.
    for (const uint64_t value : facts.in_values)
        if (value < facts.denom || value - facts.denom > params.whirlpool_max_excess)
            return std::nullopt;
    if (facts.values_known()) {
        const auto stayed = static_cast<uint32_t>(
            std::count(facts.in_values.begin(), facts.in_values.end(), facts.denom));
        if (stayed == 0 || stayed == facts.inputs) return std::nullopt;
        Classification result = found(
            TxnClass::kWhirlpool, known_pool ? 0.99 : kLikely,
            format("{} inputs and {} of one denomination", facts.inputs, equal_outputs(facts)));
        result.reasons.push_back(
            format("{} inputs mix again, {} enter with a little more for the miner", stayed,
                   facts.inputs - stayed));
        result.reasons.emplace_back(known_pool ? "a known pool" : "no known pool");
        return result;
    }
    // Of a shape alone (a filter of clusters) the safe side is to leave it out.
    if (!known_pool && facts.kinds_known) return std::nullopt;
    Classification result = found(TxnClass::kWhirlpool, kLikely,
                                  format("{} inputs and {}, a {} pool", facts.inputs,
                                         equal_outputs(facts), known_pool ? "known" : "possible"));
    note_unknown(facts, result);
    return result;
}

Finding whirlpool_tx0(const JoinFacts& facts, const JoinParams& params) {
    // Data for the coordinator, its fee, and at least one premix coin; the wallets that make it
    // know P2WPKH only.
    if (facts.data != 1 || facts.outputs < 2 || facts.receivers != facts.outputs ||
        facts.p2wpkh_outputs != facts.outputs)
        return std::nullopt;
    const auto& values = facts.out_values;
    for (auto at = values.begin(); at != values.end();) {
        const uint64_t premix = *at;
        const auto end = std::upper_bound(at, values.end(), premix);
        const auto count = static_cast<uint32_t>(end - at);
        at = end;
        const uint32_t rest = facts.outputs - count;
        if (count > params.tx0_max_premix || rest == 0 || rest > params.tx0_max_other) continue;
        const double low = count > 1 ? params.tx0_min_fee : params.tx0_single_min_fee;
        const double high = count > 1 ? params.tx0_max_fee : params.tx0_single_max_fee;
        for (const Pool& pool : kPools) {
            if (premix < pool.denom + params.tx0_min_excess ||
                premix > pool.denom + params.whirlpool_max_excess)
                continue;
            const auto fee = std::find_if(values.begin(), values.end(), [&](uint64_t value) {
                const double share = static_cast<double>(value) / static_cast<double>(pool.fee);
                return value != premix && share >= low && share <= high;
            });
            if (fee == values.end()) continue;
            Classification result =
                found(TxnClass::kWhirlpoolTx0, count > 1 ? kSure : kLikely,
                      format("{} premix coin(s) of {} sat for the pool of {} sat", count, premix,
                             pool.denom));
            result.reasons.push_back(format("a pool fee of {} sat and one data output", *fee));
            return result;
        }
    }
    return std::nullopt;
}

Finding wasabi1(const JoinFacts& facts, const JoinParams& params) {
    const uint32_t least =
        facts.coordinator ? params.wasabi1_min_with_coordinator : params.wasabi1_min;
    if (facts.equal < least || facts.data != 0 || facts.senders < facts.equal ||
        facts.inputs > params.wasabi1_coins_each * facts.equal || facts.denom <= params.dust ||
        !few_reuse(facts, params.max_reuse))
        return std::nullopt;
    // Only P2WPKH could be registered, on both sides.
    if (facts.kinds_known && (facts.kind != AddressKind::kP2wpkh || facts.foreign_inputs != 0 ||
                              facts.foreign_outputs != 0))
        return std::nullopt;
    // A change for each participant at most, and the coordinator's fee; further levels repeat.
    if (facts.single > facts.equal + 1 || !has_capacity(facts, params)) return std::nullopt;
    Classification result =
        found(TxnClass::kWasabi1, facts.coordinator ? 0.99 : kSure,
              format("{} from {} addresses", equal_outputs(facts), facts.senders));
    result.reasons.push_back(format("{} other values occur once: change of at most {} owners",
                                    facts.single, facts.equal));
    if (facts.coordinator) result.reasons.emplace_back("pays a known coordinator of Wasabi 1");
    note_unknown(facts, result);
    return result;
}

Finding wasabi2(const JoinFacts& facts, const JoinParams& params) {
    if (facts.inputs < params.wasabi2_min || facts.outputs < params.wasabi2_min ||
        facts.data != 0 || !facts.outputs_sorted || facts.repeated < params.wasabi2_repeated ||
        static_cast<double>(facts.standard) <=
            params.wasabi2_standard * static_cast<double>(facts.outputs) ||
        !few_reuse(facts, params.max_reuse))
        return std::nullopt;
    if (facts.unknown == 0 && !facts.inputs_sorted) return std::nullopt;
    if (facts.kinds_known && (facts.segwit_inputs + facts.unknown != facts.inputs ||
                              facts.segwit_outputs != facts.outputs))
        return std::nullopt;
    // Most innocent txns of this shape that others found by hand have no taproot and one change:
    // a single payer in standard amounts (CRoCS: stdenom_rbf_notap_onechange).
    const bool lone =
        facts.kinds_known && facts.taproot == 0 && facts.outputs - facts.standard <= 1;
    Classification result =
        found(TxnClass::kWasabi2, lone ? kLikely : kSure,
              format("{} of {} outputs are standard denominations, {} of them several times",
                     facts.standard, facts.outputs, facts.repeated));
    result.reasons.push_back(
        format("{} addresses pay; both sides are sorted by value", facts.senders));
    if (lone) result.reasons.emplace_back("no taproot and at most one change: could be one payer");
    note_unknown(facts, result);
    return result;
}

Finding joinmarket(const JoinFacts& facts, const JoinParams& params) {
    if (facts.equal < params.joinmarket_min || facts.denom <= params.dust || facts.data != 0 ||
        !pairs_with_changes(facts) || facts.senders < facts.equal || !all_fresh(facts) ||
        !has_capacity(facts, params))
        return std::nullopt;
    // A wallet has one script kind; what is foreign is the taker's payment, or his coins.
    if (facts.kinds_known && (facts.foreign_inputs > 1 || facts.foreign_outputs > 2))
        return std::nullopt;
    if (facts.kinds_known && !params.joinmarket_legacy && !is_segwit_key(facts.kind))
        return std::nullopt;
    const Division division = divide_among_makers(facts, params);
    if (division == Division::kImpossible) return std::nullopt;
    if (division == Division::kUndecided && facts.kinds_known &&
        (facts.equal < params.joinmarket_min_unproven ||
         facts.inputs > params.joinmarket_coins_each * facts.equal))
        return std::nullopt;
    Classification result = found(
        TxnClass::kJoinmarket, division == Division::kFound ? kSure : kShapeOnly,
        format("{} and {} changes, all to new addresses", equal_outputs(facts), facts.others()));
    if (division == Division::kFound)
        result.reasons.push_back(
            format("the {} inputs part among {} owners so that each maker's books close within "
                   "his fee",
                   facts.inputs, facts.equal));
    else
        result.reasons.emplace_back("who paid what was not searched: shape alone");
    note_unknown(facts, result);
    return result;
}

Finding stonewall(const JoinFacts& facts, const JoinParams& params) {
    if (facts.equal != 2 || facts.others() < 1 || facts.others() > 2 ||
        facts.single != facts.others() || facts.data != 0 || facts.inputs < 2 ||
        facts.senders < 2 || facts.denom <= params.dust || !all_fresh(facts))
        return std::nullopt;
    if (divide_in_halves(facts, params) != Division::kFound) return std::nullopt;
    Classification result = found(
        TxnClass::kStonewall, kLikely,
        format("two equal outputs of {} sat, each with coins and change of its own", facts.denom));
    result.reasons.emplace_back("the two sides share the miner's fee");
    return result;
}

Finding join_of(const JoinFacts& facts, const JoinParams& params) {
    if (auto finding = whirlpool(facts, params)) return finding;
    if (auto finding = wasabi2(facts, params)) return finding;
    auto first = wasabi1(facts, params);
    if (!first) return joinmarket(facts, params);
    // Ten makers and more look like a small round; the coordinator, or the base that its rounds
    // had, tell them apart.
    const bool base =
        facts.denom >= params.wasabi1_base_low && facts.denom <= params.wasabi1_base_high;
    if (facts.coordinator || !pairs_with_changes(facts)) return first;
    auto second = joinmarket(facts, params);
    if (!second) return first;
    Classification& chosen = base ? *first : *second;
    chosen.confidence = std::min(chosen.confidence, kLikely);
    chosen.reasons.push_back(
        format("could also be of the kind {}", to_string(base ? second->what : first->what)));
    return chosen;
}

}  // namespace cordon::patterns
