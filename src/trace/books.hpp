// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "address_index.hpp"
#include "edge_list.hpp"
#include "found.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// What the walk has found so far, of all chains: nodes, edges, where money rests, and the sums.
/// Both engines write here; finish() checks that the sums agree and puts everything in the order
/// that TraceResult promises.
class Books {
public:
    using NodeId = Found::NodeId;

    Books(const Context& context, const Params& params) : context_{context}, params_{params} {}

    /// The node of an address, made when it is new. `hop` lowers the node's hop, never raises it.
    NodeId node(ChainId chain, const Address& address, uint32_t hop);
    /// A new one. REQUIRES: there is none of this address. `labelled` is false when the Context is
    /// known to have no label.
    NodeId add(ChainId chain, const Address& address, uint32_t hop, bool labelled);
    std::optional<NodeId> find(ChainId chain, const Address& address) const;
    const Found::Node& at(NodeId id) const { return found_.nodes[id]; }
    Found::Node& at(NodeId id) { return found_.nodes[id]; }
    ChainId chain_of(NodeId id) const { return found_.chain_of(at(id)); }
    /// Null when it has none. Lifetime: until some node gets one.
    const Label* label_of(NodeId id) const { return found_.label_of(at(id)); }
    /// REQUIRES: it has none.
    void set_label(NodeId id, Label label);

    /// A payer of a seed txn. The result shows it as a seed; the walk does not treat it as one, so
    /// that loot which comes back to a labelled or busy victim stops there.
    void mark_payer(NodeId id) { payers_.push_back(id); }
    /// Widens first_seen and last_seen.
    void seen(NodeId id, std::optional<UnixMillis> time);

    /// By which those below know an asset: for who says the same one again and again.
    uint32_t number(const Asset& asset) { return found_.assets.number(asset); }
    /// Something of `asset` reached the node; of it, `tainted` came from the seeds.
    void arrive(NodeId id, const Asset& asset, const Amount& amount, const Amount& tainted) {
        arrive(id, number(asset), amount, tainted);
    }
    void arrive(NodeId id, uint32_t asset, const Amount& amount, const Amount& tainted);
    /// Taint of the node that goes no further. Adds to what is there for the same reason.
    void rest(NodeId id, const Asset& asset, const Amount& tainted, Stop stop,
              const std::optional<OutPoint>& outpoint = {});
    /// What rests in this output for Stop::kMixer does so because of this join.
    void explain(const OutPoint& outpoint, const Hash256& join, std::vector<std::string> why) {
        found_.joins[outpoint] = {join, std::move(why)};
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
    void edge(const EdgeList::Txn& txn, uint32_t asset, const EdgeList::Move& move);

    Total& total(ChainId chain, const Asset& asset);
    void warn(std::string text);

    std::size_t node_count() const noexcept { return found_.nodes.size(); }
    std::size_t edge_count() const noexcept { return edges_.size(); }
    bool over_budget() const noexcept;
    double budget_used() const noexcept;

    /// REQUIRES: called once, last.
    TraceResult finish(std::vector<Seed> seeds, bool incomplete);

private:
    using Rest = Found::Rest;
    static constexpr uint32_t kNone = Found::kNone;
    /// What is said of an asset in a node; made when it is new.
    Found::Holding& holding_of(Found::Node& node, uint32_t asset);
    uint32_t number_of(ChainId chain);
    auto key_of(const Rest& rest) const {
        return std::tuple<const Asset&, Stop, std::optional<OutPoint>>{
            found_.assets[rest.asset], rest.stop, found_.output_of(rest)};
    }
    /// All of `id`, each reason once.
    void gather(NodeId id, std::vector<Rest>& out);
    /// Fills in what a node says of what rests there, and the sums.
    void close_node(NodeId id, std::span<Rest> rests);
    bool comes_before(const Rest& a, const Rest& b) const;
    /// In the order in which TraceResult promises the endpoints.
    void order(std::vector<Rest>& rests) const;
    /// The same of the nodes.
    std::vector<NodeId> order_of_nodes() const;
    void value(std::span<const Rest> rests);
    void check() const;

    const Context& context_;
    const Params& params_;
    Found found_;
    uint32_t hops_ = 1;  // No node's has a bit above its highest.
    // Of the nodes below indexed_: a walk in numbers may never ask by address.
    mutable AddressIndex ids_;
    mutable NodeId indexed_ = 0;
    Chunks<Rest> rests_;
    std::vector<uint32_t> last_rest_;  // By NodeId.
    std::vector<NodeId> payers_;
    EdgeList edges_;
    std::map<std::pair<ChainId, Asset>, Total> totals_;
    Total* last_total_ = nullptr;  // Of totals_: mostly it is the same.
    std::vector<std::string> warnings_;
};

}  // namespace cordon::trace
