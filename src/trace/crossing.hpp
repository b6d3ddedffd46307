// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "crossing_choice.hpp"
#include "walk.hpp"

namespace cordon::trace {

/// Taint on its way to a txn that comes later in the walk.
struct Arrival {
    CrossingEnd to;
    Amount tainted;
    uint32_t hop = 0;  ///< Of the receiver.
    Edge edge;         ///< Told when the taint arrives: only then is it known how much of it does.
    uint32_t edge_row = 0;
};

/// The walk over one chain, a txn at a time. Implemented once for each value model; trace() picks
/// whose turn it is.
class ChainFlow {
public:
    virtual ~ChainFlow() = default;

    /// kNotFound when the seed is not in the ledger.
    virtual Status add_seed(const Seed& seed) = 0;
    /// Whether there is a txn whose turn comes next. When this chain waits for nothing, an arrival
    /// from another chain may give it a turn again.
    virtual bool has_next() const = 0;
    /// Its time. REQUIRES: has_next().
    virtual Result<std::optional<UnixMillis>> next_time() = 0;
    /// Processes it, and says at which hop the walk is.
    virtual Result<uint32_t> step() = 0;
    /// Says where everything rests. Called once, last; `stopped` when there was more to do.
    virtual void finish(bool stopped) = 0;

    /// True when the walk has come to this txn or gone past it.
    virtual bool has_passed(TxnPosition at) const = 0;
    /// REQUIRES: CrossingChoice::landing() of it, and not has_passed().
    virtual Status expect(Arrival arrival) = 0;
};

/// Takes taint from one txn to another, later one (Crossing), which CrossingChoice chooses among
/// the candidates, and keeps the books on both sides.
///
/// Everything here is in the direction of the walk: walking backward, taint leaves by the row in
/// which the money arrived.
class Crossings {
public:
    /// Nothing when the ledger does not hold the chain.
    using Flows = std::function<ChainFlow*(ChainId)>;
    Crossings(const Walk& walk, Books& books, Flows flows)
        : walk_{walk},
          books_{books},
          flows_{std::move(flows)},
          choice_{walk.ledger, walk.context, walk.links, walk.params.min_confidence} {}

    bool may_cross(ChainId chain) { return choice_.may_cross(chain); }
    /// The crossings that begin in a txn, the surest first. Errors: those of the Reader.
    Result<std::vector<Crossing>> of(ChainId chain, const ledger::PlacedAccountTxn& txn) {
        return choice_.of(chain, txn, walk_.backward());
    }
    Result<std::vector<Crossing>> of(ChainId chain, const ledger::PlacedUtxoTxn& txn) {
        return choice_.of(chain, txn, walk_.backward());
    }

    /// A tainted row by which money may cross over.
    struct Row {
        uint32_t row = 0;  ///< Transfer::index; UTXO: the output.
        uint32_t hop = 0;  ///< Of the sender.
        Edge edge;         ///< As if it went no further.
    };
    struct Outcome {
        bool crossed = false;  ///< The taint is on its way: for this row the money is clean.
        /// It surely crossed over, but cannot be followed: its taint rests where the row leads.
        bool stays = false;
        Stop stop = Stop::kUnknown;  ///< Why, when it stays.
        uint32_t candidates = 0;     ///< When none is sure enough.
        double best = 0;
        std::vector<std::string> why;  ///< For the edge of the row, when it did not cross.
    };
    /// Sends the taint of a row over the crossing that counts. `all`: of its txn.
    Result<Outcome> send(const std::vector<Crossing>& all, const Row& row);

    /// Taint that arrived: of its row, `gained` was clean until now. Tells the edge.
    void arrived(Arrival arrival, const Amount& gained, std::optional<UnixMillis> time);
    /// Taint that was still on its way when the walk ended rests at the receiver.
    void strand(Arrival arrival, Stop stop);
    /// One warning for each reason for which crossings were not followed or not looked for.
    void warn() const;

private:
    struct Ways {
        CrossingEnd near, far;
    };
    Ways ways(const Crossing& crossing) const;
    /// Why not, when it was not sent.
    Result<std::optional<std::string>> try_to_send(const Crossing& crossing, const Row& row,
                                                   Outcome& outcome);
    Arrival arrival_of(const Crossing& crossing, const Row& row,
                       const CrossingChoice::Landing& landing) const;

    const Walk& walk_;
    Books& books_;
    Flows flows_;
    CrossingChoice choice_;
    std::set<CrossingEnd::Place> claimed_;     // Should a recogniser not say the same at both ends.
    std::map<std::string, uint64_t> refused_;  // By reason.
};

}  // namespace cordon::trace
