// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mixer.hpp"

#include <algorithm>

#include "mixer_index.hpp"
#include "touched.hpp"

namespace cordon::patterns {
namespace {

/// Of one trace, by chain. A chain whose pools are too many has no index and says nothing.
using Indexes = std::map<ChainId, std::shared_ptr<const MixerIndex>>;

Result<std::shared_ptr<const MixerIndex>> index_of(ChainId chain, const ledger::Reader& ledger,
                                                   const trace::Context& context,
                                                   const MixerParams& params) {
    const Indexes* known = context.memo().find<Indexes>();
    if (known != nullptr)
        if (const auto found = known->find(chain); found != known->end()) return found->second;
    CORDON_TRY(auto made, MixerIndex::make(chain, ledger, context, params));
    Indexes indexes = known == nullptr ? Indexes{} : *known;
    auto index = std::make_shared<const MixerIndex>(std::move(made));
    indexes[chain] = index;
    context.memo().put(std::move(indexes));
    return index;
}

}  // namespace

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
