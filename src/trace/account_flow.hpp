// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <queue>
#include <set>
#include <unordered_map>
#include <vector>

#include "account_txn.hpp"
#include "books.hpp"
#include "crossing.hpp"
#include "history.hpp"
#include "parcels.hpp"
#include "walk.hpp"

namespace cordon::trace {

/// The walk over one account chain: balances are the containers, txns of touched addresses the
/// events.
///
/// A txn is processed whole. Inside it money passes through: an address pays first with what it
/// received in the same txn, so routers and pools keep no taint. What a link explains is taken from
/// and given to the link's ends, and its rows move as clean money.
class AccountFlow final : public ChainFlow {
public:
    AccountFlow(const Walk& walk, ChainId chain, Books& books, Crossings& crossings);

    /// kInvalidParam for an outpoint.
    Status add_seed(const Seed& seed) override;
    std::optional<TxnPosition> next() const override;
    Result<std::optional<UnixMillis>> next_time() override;
    Result<uint32_t> step() override;
    void finish(bool stopped) override;
    bool has_passed(TxnPosition at) const override;
    Result<std::optional<Landing>> landing(const CrossingEnd& end) override;
    void expect(Arrival arrival) override;

private:
    using NodeId = Books::NodeId;

    struct Slot {
        Asset asset;
        Purse purse;
        // All it is known to have had, what it overspent before taint reached it included: for
        // Overspend::kInherit.
        Amount had, had_tainted;
    };
    /// An address that money has reached.
    struct Holder {
        Stop closed = Stop::kNone;  // Not followed, and why; kNone = open.
        bool known = false;
        bool seed = false;
        bool cut = false;  // A txn of it lies beyond the time bound.
        std::optional<UnixMillis> seed_since;
        std::vector<TxnPosition> ahead;
        std::size_t next = 0;
        std::vector<Slot> slots;
    };
    struct Event {
        TxnPosition at;
        NodeId holder = 0;
    };
    struct Later {
        bool backward;
        bool operator()(const Event& a, const Event& b) const noexcept {
            if (a.at != b.at) return backward ? a.at < b.at : a.at > b.at;
            return a.holder > b.holder;
        }
    };
    /// What one key of the current txn has and did.
    struct KeyState {
        std::optional<NodeId> node;
        Parcels flight;   // Received in this txn and not yet paid on.
        Amount paid;      // From the standing balance.
        Amount fresh;     // The part of it that a seed txn tainted.
        Amount ghost;     // Still to pay as clean money, because a link took its value.
        Amount absorb;    // Still to be swallowed: a refund of what a link never took.
        Amount link_net;  // What links took from the standing balance.
    };
    struct Pot {
        const Link* link = nullptr;
        std::vector<Amount> taken, tainted;  // By Link::from.
    };
    struct Current {
        const ledger::PlacedAccountTxn* placed = nullptr;
        TxnView view;
        std::vector<KeyState> keys;
        std::vector<Link> links;
        std::vector<Pot> pots;
        bool seed_txn = false;
        std::vector<Arrival> arrivals;
        std::optional<std::vector<Crossing>> crossings;  // Asked for when taint first moves.
        Status status;                                   // Of asking.
    };

    // Events that are no holder's.
    static constexpr NodeId kSeedTxn = ~NodeId{0};
    static constexpr NodeId kArrival = kSeedTxn - 1;

    Holder& holder(NodeId id);
    Holder* open_holder(NodeId id);
    Slot& slot(Holder& holder, const Asset& asset);
    /// What came together.
    static void receive(Slot& slot, const Amount& tainted, const Amount& clean);
    bool is_seeding(const Holder& holder, std::optional<UnixMillis> time) const;
    bool worthless(const Asset& asset);
    void push_next(NodeId id);

    Status process(const ledger::PlacedAccountTxn& placed, const std::vector<NodeId>& holders,
                   bool seed_txn);
    void find_links(Current& now);
    void take_links(Current& now);
    BusyLimits busy_limits() const;
    Result<std::optional<uint32_t>> other_payers(const TxnKey& to, const Amount& amount);
    void forget_income(const Address& address);
    Result<bool> pays_strangers(const Current& now, uint32_t key, const Amount& amount);
    Status pay_out(Current& now, uint32_t key);
    Parcels take_standing(Current& now, uint32_t key, const Amount& amount, bool own_first);
    Parcels take_known(NodeId id, const Asset& asset, const Amount& amount, bool own_first);
    Parcels freshen(const Asset& asset, const Parcels& parcels, Amount* fresh);
    Parcels pay_on_flight(Current& now, uint32_t key, const Amount& amount);
    Status deliver(Current& now, const TxnRow& row, Parcels parcels);
    Edge edge_of(const Current& now, const TxnRow& row, const Amount& tainted, uint32_t hop) const;
    Crossings::Outcome cross(Current& now, const TxnRow& row, const Amount& tainted);
    Arrival* arrival_of(Current& now, const TxnRow& row);
    Amount land(Current& now, const TxnRow& row, Arrival& arrival, const Amount& tainted);
    NodeId sender_node(const Current& now, const TxnRow& row);
    bool absorbs(const Node& node) const;
    void pay_fees(Current& now);
    void give_links(Current& now);
    Amount link_gain(const Pot& pot, const LinkEnd& end, std::optional<UnixMillis> time) const;
    void link_edges(Current& now, const Pot& pot, const std::vector<Amount>& gains);
    Status settle(Current& now);
    Status reach(Current& now, NodeId id);
    Status infer_label(NodeId id);
    std::vector<std::unique_ptr<BaitWatch>> bait_watches(const Address& address) const;
    void note_bait(const History& history);
    void open(Current& now, NodeId id, History history);
    void deposit(Current& now, uint32_t key);
    Result<bool> below_limit(const TxnKey& to, const Amount& amount, const Amount& tainted,
                             std::optional<UnixMillis> time);
    std::optional<uint32_t> key_of(const Current& now, const Address& address,
                                   const Asset& asset) const;

    const Walk& walk_;
    ChainId chain_;
    Books& books_;
    Crossings& crossings_;
    std::vector<Holder> holders_;  // By NodeId.
    std::priority_queue<Event, std::vector<Event>, Later> queue_;
    std::set<TxnPosition> seed_txns_;
    std::map<TxnPosition, std::vector<Arrival>> expected_;
    std::optional<ledger::PlacedAccountTxn> ahead_;  // Read to know its time.
    std::optional<TxnPosition> last_;                // Where the walk is.
    // Of the current txn; their memory is used again.
    std::vector<NodeId> here_;
    Current now_;
    std::unordered_map<Asset, bool> worthless_;
    std::optional<std::pair<Asset, bool>> last_asked_;     // Of worthless_: mostly it is the same.
    std::set<std::pair<TxnPosition, uint32_t>> bait_;      // Rows that are not followed.
    std::map<std::pair<Address, Asset>, Income> incomes_;  // Of payees not yet reached.
};

}  // namespace cordon::trace
