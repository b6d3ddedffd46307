// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "movements.hpp"
#include "paths.hpp"

namespace cordon::trace {

/// The part of the ledger between two sets of addresses: opened from both ends up to the middle.
class PathGraph {
public:
    using NodeId = uint32_t;
    struct Arc {
        NodeId from = 0, to = 0;
        Movement movement;
    };
    struct Spot {
        ChainId chain;
        Address address;
        std::optional<Label> label;
        bool start = false, target = false;
        bool closed = false;        // A service: no way leads through it.
        Moment since;               // Of a start.
        std::vector<uint32_t> out;  // Places in arcs, by leaving().
    };

    PathGraph(const Sight& sight, const PathParams& params, const std::atomic<bool>* cancel,
              const std::function<void(const Progress&)>& progress)
        : sight_{sight}, params_{params}, cancel_{cancel}, progress_{progress}, reader_{sight} {}

    Status open(std::span<const Start> starts, std::span<const Start> targets);

    /// The last moment at which an arc may leave `node` such that a target is still reached in
    /// `hops` more movements; nothing when none can.
    const std::optional<Moment>& latest(NodeId node, uint32_t hops) const;

    const std::vector<Spot>& spots() const noexcept { return spots_; }
    const std::vector<Arc>& arcs() const noexcept { return arcs_; }
    bool complete() const noexcept { return !stopped_; }
    const MovementReader& reader() const noexcept { return reader_; }

private:
    NodeId node(ChainId chain, const Address& address);
    /// Opens every node of `front` towards one end and answers with what lies beyond.
    Result<std::vector<NodeId>> step(const std::vector<NodeId>& front, bool back);
    Status read(NodeId id, bool back, std::set<NodeId>& beyond);
    bool wanted(const Movement& movement) const;
    bool out_of_budget() const;
    void find_latest();

    const Sight& sight_;
    const PathParams& params_;
    const std::atomic<bool>* cancel_;
    const std::function<void(const Progress&)>& progress_;
    MovementReader reader_;
    std::map<std::pair<ChainId, Address>, NodeId> ids_;
    std::vector<Spot> spots_;
    std::vector<Arc> arcs_;
    std::vector<bool> opened_forward_, opened_backward_;      // By NodeId.
    std::vector<std::vector<std::optional<Moment>>> latest_;  // By hops, then NodeId.
    uint64_t opened_ = 0;
    bool stopped_ = false;
};

}  // namespace cordon::trace
