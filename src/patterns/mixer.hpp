// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mixer_clues.hpp"

namespace cordon::patterns {

/// What a pool's withdrawals could be tied to, for people and for measuring.
struct MixerSummary {
    ChainId chain;
    Address pool;
    Asset asset;
    Amount denomination;
    uint64_t deposits = 0, withdrawals = 0;
    struct Clue {
        MixerClue clue{};
        uint64_t pointed = 0;  ///< Withdrawals to which this clue gave a candidate.
        uint64_t best = 0;     ///< Withdrawals of whose best candidate it is the strongest clue.
        uint64_t tested = 0;   ///< How often its answer could be checked in this pool, ...
        double right = 0;      ///< ... and was right.
    };
    std::vector<Clue> clues;  ///< Those that pointed to anything, by clue.
};

/// Ties withdrawals from mixer pools of one denomination to earlier deposits, by what people do and
/// by whom they deal with; scored by how often each clue was right in that pool, never certain
/// (docs/patterns/mixer.md).
class Mixer final : public trace::LinkSource {
public:
    Mixer() = default;
    explicit Mixer(const MixerParams& params) : params_{params} {}

    bool may_cross(ChainId chain, const trace::Context& context) const override;
    /// The pools of a chain are read once a Context (O(n log n) in their events), then O(log n).
    /// kLimit above params.pool.max_events events.
    Result<std::vector<trace::Crossing>> crossings(ChainId chain,
                                                   const ledger::PlacedAccountTxn& txn,
                                                   bool backward, const ledger::Reader& ledger,
                                                   const trace::Context& context) const override;

    /// Every crossing of a chain with a confidence of at least `min_confidence`: by pool, then
    /// withdrawal, then confidence. And its pools. kLimit above params.pool.max_events.
    struct All {
        std::vector<trace::Crossing> crossings;
        std::vector<MixerSummary> pools;
    };
    Result<All> all(ChainId chain, const ledger::Reader& ledger, const trace::Context& context,
                    double min_confidence) const;

private:
    MixerParams params_;
};

}  // namespace cordon::patterns
