// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "mixer.hpp"

/// The weighed candidates of all pools of a chain. Private to the room.
namespace cordon::patterns {

/// Which clue of which class says so, and what it is worth here.
struct MixerEvidence {
    MixerClue clue{};
    uint8_t rank = 0;
    double precision = 0;
    friend bool operator==(const MixerEvidence&, const MixerEvidence&) = default;
};

/// A withdrawal and a deposit that may belong together.
struct MixerCandidate {
    uint32_t pool = 0, deposit = 0, withdrawal = 0;
    double confidence = 0;
    std::vector<MixerEvidence> evidence;  ///< The strongest first.
};

class MixerIndex {
public:
    static Result<MixerIndex> make(ChainId chain, const ledger::Reader& ledger,
                                   const trace::Context& context, const MixerParams& params);

    /// By (pool, withdrawal), the surest first.
    const std::vector<MixerCandidate>& candidates() const noexcept { return candidates_; }
    const std::vector<MixerPool>& pools() const noexcept { return *pools_; }
    const std::vector<MixerSummary>& summaries() const noexcept { return summaries_; }

    /// Those whose deposit (backward: withdrawal) is in this txn, as places in candidates().
    std::vector<std::size_t> at(TxnPosition at, bool backward) const;

    Result<trace::Crossing> crossing(const MixerCandidate& candidate,
                                     const ledger::Reader& ledger) const;

private:
    void weigh(const MixerBook& book, uint32_t pool, const MixerParams& params);
    void summarise(const MixerBook& book, uint32_t pool);
    void index();

    ChainId chain_;
    std::unique_ptr<std::vector<MixerPool>> pools_;  // Apart: books point at its elements.
    std::vector<MixerCandidate> candidates_;
    std::vector<MixerSummary> summaries_;
    std::vector<MixerTallies> tallies_;
    // (position, place in candidates_), sorted.
    std::vector<std::pair<TxnPosition, std::size_t>> by_deposit_, by_withdrawal_;
};

}  // namespace cordon::patterns
