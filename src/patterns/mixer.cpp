// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "mixer_index.hpp"
#include "touched.hpp"

namespace cordon::patterns {
namespace {

using IndexPtr = std::shared_ptr<const MixerIndex>;  // Owned by the Context's memo, and callers.
/// By chain; also where it is an error: finding out that there are too many events is as dear.
using Indexes = std::map<ChainId, Result<IndexPtr>>;

Result<IndexPtr> index_of(ChainId chain, const ledger::Reader& ledger,
                          const trace::Context& context, const MixerParams& params) {
    const Indexes* known = context.memo().find<Indexes>();
    if (known != nullptr)
        if (const auto found = known->find(chain); found != known->end()) return found->second;
    auto made = MixerIndex::make(chain, ledger, context, params);
    Indexes indexes = known == nullptr ? Indexes{} : *known;
    if (made)
        indexes.emplace(chain, std::make_shared<const MixerIndex>(*std::move(made)));
    else
        indexes.emplace(chain, fail(made.error()));
    return context.memo().put(std::move(indexes)).at(chain);
}

}  // namespace

bool Mixer::may_cross(ChainId chain, const trace::Context& context) const {
    return is_touched(chain, Category::kMixer, FactKind::kMixerDeposit, FactKind::kMixerWithdrawal,
                      context);
}

Result<std::vector<trace::Crossing>> Mixer::crossings(ChainId chain,
                                                      const ledger::PlacedAccountTxn& txn,
                                                      bool backward, const ledger::Reader& ledger,
                                                      const trace::Context& context) const {
    std::vector<trace::Crossing> found;
    if (!is_touched(chain, txn.txn, Category::kMixer, FactKind::kMixerDeposit,
                    FactKind::kMixerWithdrawal, context))
        return found;
    CORDON_TRY(const auto index, index_of(chain, ledger, context, params_));
    for (const std::size_t place : index->at(txn.at, backward)) {
        CORDON_TRY(auto crossing, index->crossing(index->candidates()[place], ledger));
        found.push_back(std::move(crossing));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
    return found;
}

Result<Mixer::All> Mixer::all(ChainId chain, const ledger::Reader& ledger,
                              const trace::Context& context, double min_confidence) const {
    All all;
    CORDON_TRY(const auto index, index_of(chain, ledger, context, params_));
    for (const MixerCandidate& candidate : index->candidates()) {
        if (candidate.confidence < min_confidence) continue;
        CORDON_TRY(auto crossing, index->crossing(candidate, ledger));
        all.crossings.push_back(std::move(crossing));
    }
    all.pools = index->summaries();
    return all;
}

}  // namespace cordon::patterns
