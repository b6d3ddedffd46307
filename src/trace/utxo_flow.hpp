// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "books.hpp"
#include "crossing.hpp"
#include "parcels.hpp"
#include "walk.hpp"

namespace cordon::trace {

/// The walk over one UTXO chain: outputs are the containers, txns that spend tainted ones the
/// events.
///
/// A txn takes all of each input and fills its outputs in order, the fee last. Walking backward,
/// outputs (and the fee) are what is taken and inputs are what is filled, by the same policies:
/// both directions pair the same units.
class UtxoFlow final : public ChainFlow {
public:
    UtxoFlow(const Walk& walk, ChainId chain, Books& books, Crossings& crossings);

    Status add_seed(const Seed& seed) override;
    bool has_next() const override;
    Result<std::optional<UnixMillis>> next_time() override;
    Result<uint32_t> step() override;
    void finish(bool stopped) override;
    bool has_passed(TxnPosition at) const override;
    Status expect(Arrival arrival) override;

private:
    using NodeId = Books::NodeId;

    /// A tainted output that is to be followed.
    struct Held {
        Parcels parcels;
        NodeId node = 0;
    };
    /// An output that a txn spends or makes, as one side of the event. In the direction of the
    /// walk.
    struct End {
        std::optional<OutPoint>
            point;  ///< None for the fee and for value that the ledger does not explain.
        Address address;
        Amount amount;
    };
    struct Event {
        const ledger::PlacedUtxoTxn* placed = nullptr;
        std::vector<End> from, to;
        std::vector<Arrival> arrivals;
        std::optional<std::vector<Crossing>> crossings;  // Asked for when taint first moves.
    };
    struct Source {
        std::size_t end = 0;  ///< In Event::from: the largest tainted one.
        NodeId node = 0;
        uint32_t hop = 0;
        /// Walking backward, all taint came by crossings: their edges say what these inputs paid.
        bool told = false;
    };
    using Losses = std::map<Address, Amount>;  ///< By payer of a seed txn.

    Event event_of(const ledger::PlacedUtxoTxn& placed);
    Status seed_txn(const Hash256& hash, std::optional<uint32_t> index, const Seed& seed);
    Status seed_address(const Seed::FromAddress& from, const Seed& seed);
    bool is_seeding(const Address& address, std::optional<UnixMillis> time) const;
    Result<std::optional<TxnPosition>> next_event(const OutPoint& point) const;
    Result<bool> is_busy(const Address& address);

    Status process(const ledger::PlacedUtxoTxn& placed);
    /// The join of strangers that the txn is, unless it is followed through or a seed itself.
    std::optional<JoinVerdict> join_of(const ledger::PlacedUtxoTxn& placed) const;
    /// With a `join` what is tainted rests where it is, and nothing is given.
    ///
    /// `losses` is given for a seed txn: it then takes all inputs as loot and says what each payer
    /// put in that was not loot before.
    Result<Parcels> take(Event& event, Source& source, Losses* losses, const JoinVerdict* join);
    /// The outputs of a seed txn: what a payer gets back was never stolen, all else is loot.
    std::vector<Parcels> hand_loot(const Event& event, Losses& losses);
    Status give(Event& event, const Source& source, std::size_t end, Parcels parcels);
    Edge edge_of(const Event& event, const Source& source, std::size_t end,
                 const Amount& tainted) const;
    Status keep(NodeId node, const OutPoint& point, Parcels parcels);
    Result<Crossings::Outcome> cross(Event& event, Crossings::Row row);
    Result<Parcels> cross_back(Event& event, const End& end, NodeId node, Parcels parcels);
    Arrival* arrival_of(Event& event, const End& end) const;

    const Walk& walk_;
    ChainId chain_;
    Books& books_;
    Crossings& crossings_;
    std::unordered_map<OutPoint, Held> held_;  // Looked up only; finish_held sorts.
    std::unordered_map<Address, std::optional<UnixMillis>> seeds_;
    std::unordered_set<Hash256> seed_txns_;     // What their payers lost is stolen.
    std::unordered_set<OutPoint> seed_points_;  // Stolen as a whole when their txn's turn comes.
    std::unordered_map<Address, bool> busy_;
    struct Later {
        bool backward;
        bool operator()(TxnPosition a, TxnPosition b) const noexcept {
            return backward ? a < b : a > b;
        }
    };
    std::priority_queue<TxnPosition, std::vector<TxnPosition>, Later> queue_;
    bool past_ = false;  // The time bound was reached.
    std::map<TxnPosition, std::vector<Arrival>> expected_;
    std::optional<ledger::PlacedUtxoTxn> ahead_;  // Read to know its time.
    std::optional<TxnPosition> last_;             // Where the walk is.
};

}  // namespace cordon::trace
