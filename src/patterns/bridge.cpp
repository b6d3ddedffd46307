// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <cordon/base/format.hpp>

#include "bridge_events.hpp"
#include "touched.hpp"

namespace cordon::patterns {
namespace {

/// All bridges of a ledger, matched.
struct BridgeIndex {
    BridgeEvents events;
    std::vector<BridgeMatch> matches;  ///< By deposit, the surest first.
    // (where, place in matches), sorted.
    using Where = std::pair<ChainId, TxnPosition>;
    std::vector<std::pair<Where, std::size_t>> by_deposit, by_payout;
};
using IndexPtr = std::shared_ptr<const BridgeIndex>;  // Owned by the Context's memo, and callers.

/// Deposits and payouts that show one message id. A message is used once, the earliest payout after
/// the earliest deposit first. What labelled contracts say comes before what others do: anyone can
/// log somebody else's id.
void match_messages(const BridgeParams& params, BridgeIndex& index, std::vector<bool>& deposits,
                    std::vector<bool>& payouts) {
    constexpr Seconds kSkew{60};  // Two chains stamp their blocks by two clocks.
    // By key; the last is next. Payouts too early for one deposit are so for all after it.
    std::array<std::map<std::string, std::vector<uint32_t>>, 2> waiting;
    for (auto each = index.events.said_by_payout.rbegin();
         each != index.events.said_by_payout.rend(); ++each)
        waiting[each->second.labelled ? 0 : 1][each->second.key].push_back(each->first);
    const auto match = [&](uint32_t deposit, bool labelled, std::size_t kind) {
        const auto same = waiting[kind].find(index.events.said_by_deposit.at(deposit).key);
        if (deposits[deposit] || same == waiting[kind].end()) return;
        std::vector<uint32_t>& list = same->second;
        while (!list.empty() &&
               index.events.payouts[list.back()].time + kSkew < index.events.deposits[deposit].time)
            list.pop_back();
        if (list.empty()) return;
        deposits[deposit] = payouts[list.back()] = true;
        index.matches.push_back({deposit, list.back(), BridgeClue::kMessage,
                                 labelled && kind == 0 ? 1.0 : params.message_unlabelled, 0});
        list.pop_back();
    };
    for (const bool labelled : {true, false})
        for (const std::size_t kind : {0U, 1U})
            for (const auto& [deposit, said] : index.events.said_by_deposit)
                if (said.labelled == labelled) match(deposit, labelled, kind);
}

/// kLimit when there are more events than may be held.
Result<IndexPtr> index_of(const ledger::Reader& ledger, const trace::Context& context,
                          const BridgeParams& params) {
    // Also kept when it is an error: finding out that there are too many is as dear.
    using Kept = Result<IndexPtr>;
    if (const auto* known = context.memo().find<Kept>()) return *known;
    auto index = std::make_shared<BridgeIndex>();
    auto events = read_bridge_events(ledger, context, params);
    if (!events) return context.memo().put(Kept{fail(events.error())});
    index->events = *std::move(events);
    const auto& [deposits, payouts, said_by_deposit, said_by_payout] = index->events;
    std::vector<bool> done_deposits(deposits.size()), done_payouts(payouts.size());
    match_messages(params, *index, done_deposits, done_payouts);
    for (const BridgeMatch& match :
         match_bridges(deposits, payouts, done_deposits, done_payouts, params))
        index->matches.push_back(match);
    std::stable_sort(index->matches.begin(), index->matches.end(),
                     [](const auto& a, const auto& b) { return a.deposit < b.deposit; });
    for (std::size_t i = 0; i < index->matches.size(); ++i) {
        const BridgeEvent& deposit = deposits[index->matches[i].deposit];
        const BridgeEvent& payout = payouts[index->matches[i].payout];
        index->by_deposit.push_back({{deposit.chain, deposit.at}, i});
        index->by_payout.push_back({{payout.chain, payout.at}, i});
    }
    std::sort(index->by_deposit.begin(), index->by_deposit.end());
    std::sort(index->by_payout.begin(), index->by_payout.end());
    return context.memo().put(Kept{IndexPtr{std::move(index)}});
}

std::string fee_text(const BridgeEvent& deposit, const BridgeEvent& payout) {
    if (deposit.kind != payout.kind || deposit.units <= 0) return "priced alike";
    return format("{:.3f} % less", (1 - payout.units / deposit.units) * 100);
}

Result<trace::Crossing> crossing_of(const BridgeIndex& index, const BridgeMatch& match,
                                    const ledger::Reader& ledger) {
    const BridgeEvent& deposit = index.events.deposits[match.deposit];
    const BridgeEvent& payout = index.events.payouts[match.payout];
    CORDON_TRY(const auto from, ledger.account_txn(deposit.chain, deposit.at));
    CORDON_TRY(const auto to, ledger.account_txn(payout.chain, payout.at));
    trace::Crossing crossing;
    crossing.kind = "bridge";
    crossing.from_chain = deposit.chain;
    crossing.from_txn = from.txn.hash;
    crossing.from_at = deposit.at;
    crossing.from_row = deposit.row;
    crossing.from = {deposit.end, deposit.asset, deposit.amount};
    crossing.via = deposit.bridge;
    crossing.to_chain = payout.chain;
    crossing.to_txn = to.txn.hash;
    crossing.to_at = payout.at;
    crossing.to_row = payout.row;
    crossing.to = {payout.end, payout.asset, payout.amount};
    crossing.confidence = match.confidence;
    crossing.why.emplace_back(to_string(match.clue));
    if (match.clue == BridgeClue::kMessage) {
        crossing.why.push_back(index.events.said_by_deposit.at(match.deposit).key);
        return crossing;
    }
    const auto wait = std::chrono::duration_cast<Seconds>(payout.time - deposit.time);
    crossing.why.push_back(format("{}, {} s later", fee_text(deposit, payout), wait.count()));
    if (match.rivals > 0) crossing.why.push_back(format("{} more fit", match.rivals));
    return crossing;
}

}  // namespace

bool Bridge::may_cross(ChainId chain, const trace::Context& context) const {
    return is_touched(chain, Category::kBridge, FactKind::kBridgeDeposit,
                      FactKind::kBridgeWithdrawal, context);
}

Result<std::vector<trace::Crossing>> Bridge::crossings(ChainId chain,
                                                       const ledger::PlacedAccountTxn& txn,
                                                       bool backward, const ledger::Reader& ledger,
                                                       const trace::Context& context) const {
    std::vector<trace::Crossing> found;
    if (!is_touched(chain, txn.txn, Category::kBridge, FactKind::kBridgeDeposit,
                    FactKind::kBridgeWithdrawal, context))
        return found;
    CORDON_TRY(const auto index, index_of(ledger, context, params_));
    const auto& sorted = backward ? index->by_payout : index->by_deposit;
    const BridgeIndex::Where where{chain, txn.at};
    for (auto each =
             std::lower_bound(sorted.begin(), sorted.end(), std::pair{where, std::size_t{0}});
         each != sorted.end() && each->first == where; ++each) {
        CORDON_TRY(auto crossing, crossing_of(*index, index->matches[each->second], ledger));
        found.push_back(std::move(crossing));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
    return found;
}

Result<Bridge::All> Bridge::all(const ledger::Reader& ledger, const trace::Context& context,
                                double min_confidence) const {
    CORDON_TRY(const auto index, index_of(ledger, context, params_));
    All all;
    all.deposits = index->events.deposits.size();
    all.payouts = index->events.payouts.size();
    std::map<std::pair<ChainId, ChainId>, std::array<BridgeSummary::Clue, kBridgeClues>> lanes;
    std::optional<uint32_t> last;
    for (const BridgeMatch& match : index->matches) {
        const auto& deposit = index->events.deposits[match.deposit];
        auto& clue = lanes[{deposit.chain, index->events.payouts[match.payout].chain}]
                          [static_cast<std::size_t>(match.clue)];
        if (last != match.deposit) {
            ++clue.deposits;
            clue.ambiguous += match.rivals > 0 ? 1 : 0;
        }
        last = match.deposit;
        if (match.confidence < min_confidence) continue;
        CORDON_TRY(auto crossing, crossing_of(*index, match, ledger));
        all.crossings.push_back(std::move(crossing));
    }
    for (const auto& [lane, clues] : lanes) {
        BridgeSummary summary{lane.first, lane.second, {}};
        for (std::size_t i = 0; i < kBridgeClues; ++i)
            if (clues[i].deposits > 0)
                summary.clues.push_back(
                    {static_cast<BridgeClue>(i), clues[i].deposits, clues[i].ambiguous});
        all.lanes.push_back(std::move(summary));
    }
    return all;
}

}  // namespace cordon::patterns
