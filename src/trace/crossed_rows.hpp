// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crossing_choice.hpp"
#include "movement.hpp"

namespace cordon::trace {

/// What crossings make of the rows of a txn, for the searches. Confined to one thread.
class CrossedRows {
public:
    /// Lifetime: the Sight.
    explicit CrossedRows(const Sight& sight)
        : sight_{sight}, choice_{sight.ledger, sight.context, sight.links, sight.min_confidence} {}

    bool may_cross(ChainId chain) { return choice_.may_cross(chain); }
    /// The crossings that begin and that end in a txn.
    struct OfTxn {
        std::vector<Crossing> out, in;
        bool empty() const noexcept { return out.empty() && in.empty(); }
    };
    template <typename PlacedTxn>
    Result<OfTxn> of(ChainId chain, const PlacedTxn& placed) {
        OfTxn txn;
        CORDON_TRY(txn.out, choice_.of(chain, placed, false));
        CORDON_TRY(txn.in, choice_.of(chain, placed, true));
        return txn;
    }

    /// What becomes of one row (UTXO: an output), whoever asks.
    struct Fate {
        bool crossed = false;                 ///< It is no payment: the movements stand for it.
        std::vector<Movement> left, arrived;  ///< That begin in it, that end in it.
        bool ends = false, begins = false;    ///< As in Movement.
        std::vector<std::string> why;         ///< When it did not cross though it might have.
    };
    /// The movements point at what this object keeps.
    Result<Fate> fate_of(const OfTxn& txn, const CrossingEnd::Place& row, const Asset& asset);

    /// For Movement::why. Lifetime: this object.
    const std::vector<std::string>* keep(std::vector<std::string> why) {
        return &*whys_.insert(std::move(why)).first;
    }

    /// What could not be followed, and why.
    void warn(std::vector<std::string>& warnings) const;

private:
    struct Made {
        std::vector<Movement> movements;
        std::string refusal;  ///< Why there is none.
    };
    Result<Made> make(const Crossing& crossing);
    Status split_by_payers(const Movement& whole, std::vector<Movement>& parts) const;

    const Sight& sight_;
    CrossingChoice choice_;
    using Places = std::pair<CrossingEnd::Place, CrossingEnd::Place>;
    std::map<Places, Movement::Far> fars_;  // Of those that were followed.
    std::set<std::vector<std::string>> whys_;
    std::map<std::string, std::set<Places>> refused_;  // By reason; each is met from two ends.
};

}  // namespace cordon::trace
