// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossed_rows.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>

namespace cordon::trace {

Result<CrossedRows::Fate> CrossedRows::fate_of(const OfTxn& txn, const CrossingEnd::Place& row,
                                               const Asset& asset) {
    Fate fate;
    for (const bool backward : {false, true}) {
        CORDON_TRY(auto pick, choice_.pick(backward ? txn.in : txn.out, row, asset, backward));
        const Crossing* refused = pick.refused;
        if (pick.crossing != nullptr) {
            CORDON_TRY(Made made, make(*pick.crossing));
            if (made.refusal.empty()) {
                fate.crossed = true;
                (backward ? fate.arrived : fate.left) = std::move(made.movements);
                continue;
            }
            refused = pick.crossing;
            pick.why = {not_followed(*refused, made.refusal)};
        }
        if (refused != nullptr) {
            (backward ? fate.begins : fate.ends) = true;
            refused_[pick.why.front()].insert(places_of(*refused));
        }
        fate.why.insert(fate.why.end(), pick.why.begin(), pick.why.end());
    }
    return fate;
}

/// The payment that a crossing is, by whoever paid.
Result<CrossedRows::Made> CrossedRows::make(const Crossing& crossing) {
    Made made;
    const auto refuse = [&](std::string why) {
        made.refusal = std::move(why);
        return made;
    };
    CORDON_TRY(const auto left, choice_.landing(left_by(crossing), false));
    CORDON_TRY(const auto arrived, choice_.landing(arrived_by(crossing), true));
    for (const auto* end : {&left, &arrived})
        if (!end->missing.empty()) return refuse(end->missing);
    if (is_outside(sight_, left.time) || is_outside(sight_, arrived.time))
        return refuse("it lies outside the time bound");
    if (arrives_before_it_left(crossing, left.time, arrived.time))
        return refuse("it arrives before it left");
    Movement whole;
    whole.chain = crossing.from_chain;
    whole.at = crossing.from_at;
    whole.time = left.time;
    whole.txn = crossing.from_txn;
    whole.from = crossing.from.address;
    whole.to = crossing.to.address;
    whole.asset = crossing.from.asset;
    whole.amount = left.amount;
    whole.to_asset = crossing.to.asset;
    // Never more than the rows move, whatever a recogniser says.
    whole.to_amount = mul_div(std::min(crossing.to.amount, arrived.amount), left.amount,
                              std::max(crossing.from.amount, left.amount));
    whole.kind = crossing.kind;
    whole.confidence = crossing.confidence;
    const Movement::Far far{crossing.to_chain, crossing.to_txn, crossing.to_at, arrived.time,
                            crossing.via};
    whole.far = &fars_.try_emplace(places_of(crossing), far).first->second;
    if (!crossing.why.empty()) whole.why = keep(crossing.why);
    if (whole.from.is_zero() || whole.to.is_zero()) return refuse("it belongs to nobody");
    if (whole.to_amount.is_zero()) return refuse("less than one unit of it arrives");
    if (!is_utxo(whole.chain)) {
        made.movements.push_back(std::move(whole));
        return made;
    }
    CORDON_TRY(split_by_payers(whole, made.movements));
    if (made.movements.empty()) return refuse("the ledger does not know who paid it");
    return made;
}

/// An output is paid by all who spend in its txn, each in his share.
Status CrossedRows::split_by_payers(const Movement& whole, std::vector<Movement>& parts) const {
    CORDON_TRY(const auto placed, sight_.ledger.utxo_txn(whole.chain, whole.at));
    std::map<Address, Amount> given;
    Amount total;
    for (const TxIn& input : placed.txn.inputs) {
        if (!input.spent) continue;
        given[input.spent->address] += Amount{input.spent->value};
        total += Amount{input.spent->value};
    }
    for (const auto& [who, value] : given) {
        if (total.is_zero()) break;
        Movement part = whole;
        part.from = who;
        part.amount = mul_div(whole.amount, value, total);
        part.to_amount = mul_div(whole.to_amount, value, total);
        if (!part.amount.is_zero() && !part.to_amount.is_zero()) parts.push_back(std::move(part));
    }
    return {};
}

void CrossedRows::warn(std::vector<std::string>& warnings) const {
    const auto& too_large = choice_.too_large();
    warnings.insert(warnings.end(), too_large.begin(), too_large.end());
    for (const auto& [why, places] : refused_)
        warnings.push_back(
            format("{} {}: {}", places.size(), places.size() == 1 ? "crossing" : "crossings", why));
}

}  // namespace cordon::trace
