// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/link_source.hpp>

#include "bridge_match.hpp"

namespace cordon::patterns {

/// What went from one chain to another, and how it was tied, for people and for measuring.
struct BridgeSummary {
    ChainId from, to;
    struct Clue {
        BridgeClue clue{};
        uint64_t deposits = 0;   ///< Deposits with a payout found by it.
        uint64_t ambiguous = 0;  ///< Of these, how many where another payout or deposit fits too.
    };
    std::vector<Clue> clues;  ///< Those that found anything, by clue.
};

/// Ties what went into a bridge on one chain to what came out of it on another: by the message that
/// both sides show, else by asset, amount less fee, and time (docs/patterns/bridge.md).
class Bridge final : public trace::LinkSource {
public:
    Bridge() = default;
    explicit Bridge(const BridgeParams& params) : params_{params} {}

    bool may_cross(ChainId chain, const trace::Context& context) const override;
    /// All bridges of the ledger are read and matched once a Context (O(n log n) in their
    /// transfers), then O(log n). kLimit above params.max_events.
    Result<std::vector<trace::Crossing>> crossings(ChainId chain,
                                                   const ledger::PlacedAccountTxn& txn,
                                                   bool backward, const ledger::Reader& ledger,
                                                   const trace::Context& context) const override;

    /// Every crossing with a confidence of at least `min_confidence`, by deposit. And its lanes.
    /// kLimit above params.max_events.
    struct All {
        std::vector<trace::Crossing> crossings;
        std::vector<BridgeSummary> lanes;
        uint64_t deposits = 0, payouts = 0;
    };
    Result<All> all(const ledger::Reader& ledger, const trace::Context& context,
                    double min_confidence) const;

private:
    BridgeParams params_;
};

}  // namespace cordon::patterns
