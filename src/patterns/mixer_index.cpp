// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer_index.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::patterns {
namespace {

/// Clues of one family repeat one another: only the best of each counts.
constexpr std::size_t kFamilies = 3;
constexpr std::size_t family(MixerClue clue) {
    if (clue <= MixerClue::kSender) return 0;
    return clue <= MixerClue::kSharedFunder ? 1 : 2;
}

/// What speaks for one depositor.
struct Case {
    std::optional<uint32_t> deposit;
    std::vector<MixerEvidence> evidence;
};

double confidence_of(const Case& one) {
    std::array<double, kFamilies> best{};
    for (const MixerEvidence& each : one.evidence) {
        double& value = best[family(each.clue)];
        value = std::max(value, each.precision);
    }
    double doubt = 1;
    for (const double value : best) doubt *= 1 - value;
    return 1 - doubt;
}

void sort_evidence(std::vector<MixerEvidence>& evidence) {
    std::sort(evidence.begin(), evidence.end(), [](const auto& a, const auto& b) {
        return std::tuple{-a.precision, a.clue, a.rank} < std::tuple{-b.precision, b.clue, b.rank};
    });
    evidence.erase(std::unique(evidence.begin(), evidence.end()), evidence.end());
}

/// The oldest deposit of an actor that nobody has taken, before the withdrawal.
std::optional<uint32_t> free_deposit(const MixerBook& book, const Address& actor,
                                     const MixerEvent& withdrawal) {
    const auto oldest = book.first_free.find(actor);
    if (oldest == book.first_free.end() || !before(book.pool->deposits[oldest->second], withdrawal))
        return std::nullopt;
    return oldest->second;
}

/// The cases for one withdrawal, from its hints.
std::map<Address, Case> cases_of(const MixerBook& book, uint32_t w,
                                 std::span<const MixerHint> hints, const MixerParams& params) {
    std::map<Address, Case> cases;
    const MixerEvent& taken = book.pool->withdrawals[w];
    if (book.takes[w]) {
        const Address& actor = book.pool->deposits[*book.takes[w]].actor;
        const MixerClue clue = actor == taken.actor ? MixerClue::kSameAddress : MixerClue::kSender;
        cases[actor] = {book.takes[w], {{clue, 0, precision_of(book.tallies, clue, 0, params)}}};
        return cases;
    }
    for (const MixerHint& hint : hints) {
        if (hint.actor == taken.actor) continue;  // Has no deposit left.
        Case& one = cases[hint.actor];
        if (!one.deposit) one.deposit = hint.deposit;
        one.evidence.push_back(
            {hint.clue, hint.rank,
             precision_of(book.tallies, hint.clue, hint.rank, params) / hint.shared});
    }
    for (auto& [actor, one] : cases)
        if (!one.deposit || book.taken_by[*one.deposit])
            one.deposit = free_deposit(book, actor, taken);
    return cases;
}

}  // namespace

Result<MixerIndex> MixerIndex::make(ChainId chain, const ledger::Reader& ledger,
                                    const trace::Context& context, const MixerParams& params) {
    MixerIndex made;
    made.chain_ = chain;
    made.pools_ = std::make_unique<std::vector<MixerPool>>();
    CORDON_TRY(*made.pools_, read_mixer_pools(chain, ledger, context, params.pool));
    std::vector<MixerBook> books;
    for (const MixerPool& pool : *made.pools_) books.push_back(make_book(pool));
    hint_by_behaviour(books, params);
    CORDON_TRY(hint_by_transfers(chain, ledger, context, books, params));
    for (uint32_t p = 0; p < books.size(); ++p) {
        MixerBook& book = books[p];
        std::stable_sort(book.hints.begin(), book.hints.end(),
                         [](const auto& a, const auto& b) { return a.withdrawal < b.withdrawal; });
        made.weigh(book, p, params);
        made.summarise(book, p);
        made.tallies_.push_back(book.tallies);
    }
    made.index();
    return made;
}

void MixerIndex::weigh(const MixerBook& book, uint32_t pool, const MixerParams& params) {
    const std::size_t begin = candidates_.size();
    auto hint = book.hints.begin();
    for (uint32_t w = 0; w < book.pool->withdrawals.size(); ++w) {
        const auto first = hint;
        while (hint != book.hints.end() && hint->withdrawal == w) ++hint;
        std::vector<MixerCandidate> found;
        for (auto& [actor, one] : cases_of(book, w, {first, hint}, params)) {
            const double confidence = confidence_of(one);
            if (!one.deposit || confidence < params.min_confidence) continue;
            sort_evidence(one.evidence);
            found.push_back({pool, *one.deposit, w, confidence, std::move(one.evidence)});
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
        if (found.size() > params.max_candidates) found.resize(params.max_candidates);
        // At most one of them is true.
        double sum = 0;
        for (const MixerCandidate& each : found) sum += each.confidence;
        for (MixerCandidate& each : found) {
            if (sum > 1) each.confidence /= sum;
            candidates_.push_back(std::move(each));
        }
    }
    // And at most one of those that name one deposit.
    std::vector<double> sums(book.pool->deposits.size());
    for (std::size_t i = begin; i < candidates_.size(); ++i)
        sums[candidates_[i].deposit] += candidates_[i].confidence;
    for (std::size_t i = begin; i < candidates_.size(); ++i)
        candidates_[i].confidence /= std::max(1.0, sums[candidates_[i].deposit]);
}

void MixerIndex::summarise(const MixerBook& book, uint32_t pool) {
    const MixerPool& it = *book.pool;
    MixerSummary summary{
        chain_, it.address, it.asset, it.denomination, it.deposits.size(), it.withdrawals.size(),
        {}};
    std::array<MixerSummary::Clue, kMixerClues> clues{};
    std::array<std::optional<uint32_t>, kMixerClues> last{};
    std::optional<uint32_t> last_best;
    for (auto each = std::partition_point(candidates_.begin(), candidates_.end(),
                                          [&](const auto& c) { return c.pool < pool; });
         each != candidates_.end() && each->pool == pool; ++each) {
        for (const MixerEvidence& evidence : each->evidence) {
            const auto clue = static_cast<std::size_t>(evidence.clue);
            if (last[clue] != each->withdrawal) ++clues[clue].pointed;
            last[clue] = each->withdrawal;
        }
        if (last_best != each->withdrawal)
            ++clues[static_cast<std::size_t>(each->evidence.front().clue)].best;
        last_best = each->withdrawal;
    }
    for (std::size_t clue = 0; clue < kMixerClues; ++clue) {
        if (clues[clue].pointed == 0) continue;
        clues[clue].clue = static_cast<MixerClue>(clue);
        for (const MixerTally& tally : book.tallies[clue]) {
            clues[clue].tested += tally.tested;
            clues[clue].right += tally.right;
        }
        summary.clues.push_back(clues[clue]);
    }
    summaries_.push_back(std::move(summary));
}

void MixerIndex::index() {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        const MixerCandidate& each = candidates_[i];
        const MixerPool& pool = (*pools_)[each.pool];
        by_deposit_.emplace_back(pool.deposits[each.deposit].at, i);
        by_withdrawal_.emplace_back(pool.withdrawals[each.withdrawal].at, i);
    }
    std::sort(by_deposit_.begin(), by_deposit_.end());
    std::sort(by_withdrawal_.begin(), by_withdrawal_.end());
}

std::vector<std::size_t> MixerIndex::at(TxnPosition at, bool backward) const {
    const auto& sorted = backward ? by_withdrawal_ : by_deposit_;
    std::vector<std::size_t> found;
    for (auto each = std::lower_bound(sorted.begin(), sorted.end(), std::pair{at, std::size_t{0}});
         each != sorted.end() && each->first == at; ++each)
        found.push_back(each->second);
    return found;
}

Result<trace::Crossing> MixerIndex::crossing(const MixerCandidate& candidate,
                                             const ledger::Reader& ledger) const {
    const MixerPool& pool = (*pools_)[candidate.pool];
    const MixerEvent& given = pool.deposits[candidate.deposit];
    const MixerEvent& taken = pool.withdrawals[candidate.withdrawal];
    CORDON_TRY(const auto from, ledger.account_txn(chain_, given.at));
    CORDON_TRY(const auto to, ledger.account_txn(chain_, taken.at));
    trace::Crossing crossing;
    crossing.kind = "mixer";
    crossing.from_chain = crossing.to_chain = chain_;
    crossing.from_txn = from.txn.hash;
    crossing.from_at = given.at;
    crossing.from_row = given.row;
    crossing.from = {given.party, pool.asset, given.amount};
    crossing.via = pool.address;
    crossing.to_txn = to.txn.hash;
    crossing.to_at = taken.at;
    crossing.to_row = taken.row;
    crossing.to = {taken.party, pool.asset, taken.amount};
    crossing.confidence = candidate.confidence;
    for (const MixerEvidence& each : candidate.evidence) {
        const MixerTally& tally =
            tallies_[candidate.pool][static_cast<std::size_t>(each.clue)][each.rank];
        crossing.why.push_back(each.clue <= MixerClue::kSender
                                   ? std::string{to_string(each.clue)}
                                   : format("{} {:.3f} (right for {:.0f} of {} in this pool)",
                                            to_string(each.clue), each.precision, tally.right,
                                            tally.tested));
    }
    if (given.actor != given.party)
        crossing.why.push_back(
            format("paid by {} in the same txn", chain::format_address(chain_, given.actor)));
    return crossing;
}

}  // namespace cordon::patterns
