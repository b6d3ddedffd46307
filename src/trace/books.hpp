// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "address_index.hpp"
#include "edge_list.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// What is said of an asset in a node; made when it is new.
Holding& holding_of(Node& node, const Asset& asset);

/// What the walk has found so far, of all chains: nodes, edges, where money rests, and the sums.
/// Both engines write here; finish() checks that the sums agree and puts everything in the order
/// that TraceResult promises.
class Books {
public:
    using NodeId = uint32_t;

    Books(const Context& context, const Params& params);

    /// The node of an address, made when it is new. `hop` lowers the node's hop, never raises it.
    NodeId node(ChainId chain, const Address& address, uint32_t hop);
    /// A new one. REQUIRES: there is none of this address. `labelled` is false when the Context is
    /// known to have no label.
    NodeId add(ChainId chain, const Address& address, uint32_t hop, bool labelled);
    std::optional<NodeId> find(ChainId chain, const Address& address) const;
    const Node& at(NodeId id) const { return nodes_[id]; }
    Node& at(NodeId id) { return nodes_[id]; }

    /// A payer of a seed txn. The result shows it as a seed; the walk does not treat it as one, so
    /// that loot which comes back to a labelled or busy victim stops there.
    void mark_payer(NodeId id) { payers_.push_back(id); }
    /// Widens first_seen and last_seen.
    void seen(NodeId id, std::optional<UnixMillis> time);

    /// Something of `asset` reached the node; of it, `tainted` came from the seeds.
    void arrive(NodeId id, const Asset& asset, const Amount& amount, const Amount& tainted);
    /// Taint of the node that goes no further. Adds to what is there for the same reason.
    void rest(NodeId id, const Asset& asset, const Amount& tainted, Stop stop,
              const std::optional<OutPoint>& outpoint = {});
    /// What rests in this output for Stop::kMixer does so because of this join.
    void explain(const OutPoint& outpoint, const Hash256& join, std::vector<std::string> why) {
        joins_[outpoint] = {join, std::move(why)};
    }
    /// Takes it all back, e.g. when an address beyond the hop bound is reached on a shorter way.
    Amount unrest(NodeId id, const Asset& asset, Stop stop);
    /// The assets in which something rests for this reason.
    std::vector<Asset> resting_assets(NodeId id, Stop stop) const;

    /// Where the taint of the node may have gone on by a crossing that is not sure enough.
    void candidates(NodeId id, const Asset& asset, const std::optional<OutPoint>& outpoint,
                    uint32_t count, double best);

    /// `row` orders the edges of one txn.
    void edge(Edge&& edge, uint32_t row);
    /// An edge that says no more than this.
    void edge(const EdgeList::Txn& txn, const Asset& asset, const EdgeList::Move& move);

    Total& total(ChainId chain, const Asset& asset);
    void warn(std::string text);

    std::size_t node_count() const noexcept { return nodes_.size(); }
    std::size_t edge_count() const noexcept { return edges_.size(); }
    bool over_budget() const noexcept;
    double budget_used() const noexcept;

    /// REQUIRES: called once, last.
    TraceResult finish(std::vector<Seed> seeds, bool incomplete);

private:
    /// Taint of a node that rests for one reason.
    struct Rest {
        Amount tainted;
        NodeId node = 0;
        uint32_t asset = 0;       // A number of assets_.
        uint32_t output = kNone;  // A place in outputs_.
        uint32_t next = kNone;    // The one before it of the same node.
        Stop stop = Stop::kNone;
    };
    static constexpr uint32_t kNone = ~uint32_t{0};
    std::optional<OutPoint> output_of(const Rest& rest) const {
        return rest.output == kNone ? std::nullopt : std::optional{outputs_[rest.output]};
    }
    auto key_of(const Rest& rest) const {
        return std::tuple<const Asset&, Stop, std::optional<OutPoint>>{assets_[rest.asset],
                                                                       rest.stop, output_of(rest)};
    }
    /// All of `id`, each reason once.
    void gather(NodeId id, std::vector<Rest>& out) const;
    /// Fills in what a node says of what rests there, and the sums.
    void close_node(NodeId id, std::span<Rest> rests);
    bool comes_before(const Rest& a, const Rest& b) const;
    /// By hop, chain and address, as much of them as there is room for. REQUIRES: chains_ in order.
    uint64_t number_of(const Node& node) const;
    /// In the order in which TraceResult promises the endpoints.
    void order(std::vector<Rest>& rests) const;
    Endpoint endpoint_of(const Rest& rest) const;
    void check() const;

    const Context& context_;
    const Params& params_;
    std::vector<Node> nodes_;
    uint32_t hops_ = 1;            // No node's has a bit above its highest.
    std::vector<ChainId> chains_;  // Of the nodes.
    // Of the nodes below indexed_: a walk in numbers may never ask by address.
    mutable AddressIndex ids_;
    mutable NodeId indexed_ = 0;
    AssetNumbers assets_;
    Chunks<Rest> rests_;
    std::vector<uint32_t> last_rest_;  // By NodeId.
    std::vector<OutPoint> outputs_;
    struct Candidates {
        uint32_t count = 0;
        double best = 0;
    };
    std::map<std::tuple<NodeId, Asset, std::optional<OutPoint>>, Candidates> candidates_;
    std::map<OutPoint, std::pair<Hash256, std::vector<std::string>>> joins_;
    std::vector<NodeId> payers_;
    EdgeList edges_;
    std::map<std::pair<ChainId, Asset>, Total> totals_;
    Total* last_total_ = nullptr;  // Of totals_: mostly it is the same.
    std::vector<std::string> warnings_;
};

}  // namespace cordon::trace
