// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <queue>
#include <set>
#include <unordered_map>
#include <vector>

#include "account_txn.hpp"
#include "books.hpp"
#include "chain_rows.hpp"
#include "chunks.hpp"
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
    bool has_next() const override;
    Result<std::optional<UnixMillis>> next_time() override;
    Result<uint32_t> step() override;
    void finish(bool stopped) override;
    bool has_passed(TxnPosition at) const override;
    Status expect(Arrival arrival) override;

private:
    using NodeId = Books::NodeId;
    static constexpr uint32_t kNoSlot = ~uint32_t{0};

    struct Slot {
        uint32_t asset = 0;
        uint32_t next = kNoSlot;  // Of the same holder.
        Purse purse;
        // All it is known to have had, what it overspent before taint reached it included: for
        // Overspend::kInherit.
        Amount had, had_tainted;
    };
    /// An address that money has reached.
    struct Holder {
        uint32_t address = 0;
        Stop closed = Stop::kNone;  // Not followed, and why; kNone = open.
        bool known = false;
        bool seed = false;
        bool cut = false;                // A txn of it lies beyond the time bound.
        uint32_t slot = kNoSlot;         // The first of its slots.
        uint32_t next = 0;               // Of ahead.
        SmallVector<uint64_t, 3> ahead;  // Txns.
        std::optional<UnixMillis> seed_since;
    };
    struct Event {
        uint64_t txn = 0;
        NodeId holder = 0;
    };
    struct Later {
        bool backward;
        bool operator()(const Event& a, const Event& b) const noexcept {
            if (a.txn != b.txn) return backward ? a.txn < b.txn : a.txn > b.txn;
            return a.holder > b.holder;
        }
    };
    /// By turn. Who pays once mostly pays again before anybody else does: the next event stands
    /// apart, and goes through no heap.
    class Events {
    public:
        explicit Events(Later later) : later_{later}, rest_{later} {}

        bool empty() const noexcept { return !first_ && rest_.empty(); }
        /// REQUIRES: not empty, and of pop().
        const Event& top() const noexcept { return first_ ? *first_ : rest_.top(); }
        void push(Event event) {
            if (first_ && later_(*first_, event)) std::swap(*first_, event);
            if (first_ || (!rest_.empty() && later_(event, rest_.top())))
                rest_.push(event);
            else
                first_ = event;
        }
        void pop() { first_ ? first_.reset() : rest_.pop(); }

    private:
        Later later_;
        std::optional<Event> first_;  // None of rest_ comes before it.
        std::priority_queue<Event, std::vector<Event>, Later> rest_;
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

        void clear() {
            node.reset();
            flight.clear();
            paid = fresh = ghost = absorb = link_net = {};
        }
    };
    struct Pot {
        const Link* link = nullptr;
        std::vector<Amount> taken, tainted;  // By Link::from.
    };
    struct Current {
        uint64_t number = 0;  // Of the txn.
        ChainRows::Txn txn;
        std::vector<ChainRows::Row> rows;
        std::optional<ledger::PlacedAccountTxn> named;  // The same for recognisers, when one asks.
        TxnView view;
        std::vector<KeyState> keys;
        std::vector<Link> links;
        std::vector<Pot> pots;
        bool seed_txn = false;
        std::vector<Arrival> arrivals;
        std::optional<std::vector<Crossing>> crossings;  // Asked for when taint first moves.
        Status status;                                   // Of what could not say so itself.
    };

    static constexpr const char* kAbsurd =
        "amounts of 2^192 or more were left out: no real asset has so many units";
    // Events that are no holder's.
    static constexpr NodeId kSeedTxn = ~NodeId{0};
    static constexpr NodeId kArrival = kSeedTxn - 1;

    Holder& holder(NodeId id) {
        if (id >= holders_.size()) [[unlikely]]
            widen(id);
        return holders_[id];
    }
    void widen(NodeId id);
    Holder* open_holder(NodeId id) {
        Holder& held = holder(id);
        return held.known && held.closed == Stop::kNone ? &held : nullptr;
    }
    Slot& slot(Holder& holder, uint32_t asset);
    void close(NodeId id) {
        Holder& held = holders_[id];
        if (held.slot != kNoSlot && held.closed == Stop::kNone && held.next >= held.ahead.size())
            give_back(id);
    }
    void give_back(NodeId id);
    void rest(NodeId id, Stop why);
    std::optional<NodeId> find(uint32_t address) {
        if (met_ != books_.node_count()) meet();
        const NodeId id = ids_.find(AddressIndex::hash(address));
        return id == AddressIndex::kNone ? std::nullopt : std::optional{id};
    }
    void meet();
    NodeId node(const TxnKey& key, uint32_t hop);
    void note(uint32_t address, NodeId id);
    /// What came together.
    static void receive(Slot& slot, const Amount& tainted, const Amount& clean);
    bool is_seeding(const Holder& holder, std::optional<UnixMillis> time) const;
    void push_next(NodeId id);

    Status process(Current& now, const std::vector<NodeId>& holders, bool seed_txn);
    Result<const ledger::PlacedAccountTxn*> named(Current& now) const;
    Status find_links(Current& now);
    void take_links(Current& now);
    Result<std::optional<uint32_t>> other_payers(const TxnKey& to, const Amount& amount);
    Result<std::optional<uint32_t>> count_payers(const TxnKey& to, const Amount& least);
    void forget_income(uint32_t address);
    Result<bool> pays_strangers(const Current& now, uint32_t key, const Amount& amount);
    Status pay_out(Current& now, uint32_t key);
    Parcels take_standing(Current& now, uint32_t key, const Amount& amount, bool own_first);
    Parcels take_known(NodeId id, const TxnKey& key, const Amount& amount, bool own_first);
    Amount lend(const Slot& from, const TxnKey& key, const Amount& lacking, bool own_first);
    Parcels freshen(const Asset& asset, const Parcels& parcels, Amount* fresh);
    Parcels pay_on_flight(Current& now, uint32_t key, const Amount& amount);
    /// An asset as the books know it.
    struct Booked {
        uint32_t asset = 0;  // Of the ledger.
        uint32_t number = 0;
        Total* total = nullptr;
    };
    /// REQUIRES: taint of it moves.
    const Booked& booked(const TxnKey& key) {
        if (booked_.total == nullptr || booked_.asset != key.asset_number)
            booked_ = {key.asset_number, books_.number(*key.asset),
                       &books_.total(chain_, *key.asset)};
        return booked_;
    }
    bool is_plain(const Current& now);
    Status pay_plainly(Current& now);
    Status deliver(Current& now, const TxnRow& row, Parcels&& parcels);
    void move(const Current& now, const TxnRow& row, NodeId from, NodeId to, const Amount& tainted);
    Edge edge_of(const Current& now, const TxnRow& row, NodeId from, const Amount& tainted) const;
    Crossings::Outcome cross(Current& now, const TxnRow& row, const Amount& tainted);
    Arrival* arrival_of(Current& now, const TxnRow& row);
    Amount land(Current& now, const TxnRow& row, Arrival& arrival, const Amount& tainted);
    NodeId sender_node(const Current& now, const TxnRow& row);
    bool absorbs(NodeId id) const;
    void pay_fees(Current& now);
    void give_links(Current& now);
    Amount link_gain(const Pot& pot, const LinkEnd& end, std::optional<UnixMillis> time) const;
    void link_edges(Current& now, const Pot& pot, const std::vector<Amount>& gains);
    Status settle(Current& now);
    Status reach(Current& now, NodeId id);
    Status infer_label(NodeId id);
    Result<bool> pays_labelled(uint32_t address) const;
    using BaitWatches = std::vector<std::unique_ptr<BaitWatch>>;
    Result<BaitWatches> bait_watches(uint32_t address, const Address& named);
    Status read_history_of(uint32_t address, const Address& named, std::optional<uint64_t> at,
                           const BusyLimits& limits);
    Status open(Current& now, NodeId id);
    void deposit(const Current& now, uint32_t key, Sums sums);
    Result<bool> below_limit(const TxnKey& to, const Amount& amount, const Amount& tainted,
                             std::optional<UnixMillis> time);
    std::optional<uint32_t> key_of(const Current& now, const Address& address,
                                   const Asset& asset) const;

    const Walk& walk_;
    ChainId chain_;
    Books& books_;
    Crossings& crossings_;
    ChainRows rows_;
    std::vector<const LinkSource*> inferring_;  // Those of walk_.links that infer labels.
    BusyLimits limits_;
    Chunks<Holder> holders_;  // By NodeId.
    Chunks<Slot> slots_;
    uint32_t free_slot_ = kNoSlot;
    AddressIndex ids_;  // Nodes by address number: those below met_.
    NodeId met_ = 0;
    Events queue_;
    std::set<uint64_t> seed_txns_;
    std::map<TxnPosition, std::vector<Arrival>> expected_;
    std::optional<std::pair<uint64_t, ChainRows::Txn>> ahead_;  // Read to know its time.
    std::optional<TxnPosition> last_;                           // Where the walk is.
    std::optional<bool> may_cross_;                             // Asked for when taint first moves.
    // Of the current txn; their memory is used again.
    std::vector<NodeId> here_;
    Current now_;
    History history_;
    std::vector<Address> others_;
    // The last answer of other_payers(): the same is asked before and after a payment.
    struct Asked {
        uint32_t address = 0, asset = 0;
        Amount amount;
        NodeId met = 0;
        std::optional<uint32_t> payers;
    };
    std::optional<Asked> asked_;
    Booked booked_;                                 // The last one: mostly it is the same.
    std::set<std::pair<uint64_t, uint32_t>> bait_;  // Rows that are not followed.
    std::map<std::pair<uint32_t, uint32_t>, Income> incomes_;  // Of payees not yet reached.
};

}  // namespace cordon::trace
