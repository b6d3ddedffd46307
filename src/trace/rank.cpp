// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rank.hpp"

#include <algorithm>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <cordon/base/format.hpp>

#include "movements.hpp"
#include "ranked_result.hpp"
#include "sweep.hpp"

namespace cordon::trace {
namespace {

using NodeId = uint32_t;

constexpr uint64_t kPushesPerTick = 16;

Status check(const RankParams& params, std::span<const Seed> seeds) {
    const auto share = [](std::string_view name, double value, bool open) -> Status {
        if (open ? value > 0 && value < 1 : value >= 0 && value <= 1) return {};
        return fail(ErrorCode::kInvalidParam,
                    format("{} {} is not {}", name, value, open ? "between 0 and 1" : "in 0..1"));
    };
    if (seeds.empty())
        return fail(ErrorCode::kInvalidParam,
                    "a ranking needs at least one seed: an address, a txn or an output");
    CORDON_TRY(share("alpha", params.alpha, true));
    CORDON_TRY(share("beta", params.beta, false));
    CORDON_TRY(share("epsilon", params.epsilon, true));
    CORDON_TRY(share("phi", params.phi, true));
    CORDON_TRY(share("idle weight", params.idle_weight, false));
    CORDON_TRY(share("min-confidence", params.min_confidence, false));
    if (params.max_pushes == 0 || params.max_nodes == 0 || params.max_edges == 0 ||
        params.max_txns == 0 || params.profile_txns == 0)
        return fail(ErrorCode::kInvalidParam, "the bounds of a ranking must be at least 1");
    return {};
}

/// Where one direction of an address leads.
struct Side {
    Sweep sweep;
    std::vector<uint32_t> movement;  // By row: its place in Open::movements.
    std::vector<NodeId> other;       // By row.
    std::vector<Moment> when;        // By row, in the order of the walk; kAnywhere last in a block.
};

/// An address that has been visited.
struct Open {
    bool closed = false;  // Takes mass and gives none.
    std::vector<Movement> movements;
    Side forward, backward;
};

class Ranking {
public:
    Ranking(const Sight& sight, const RankParams& params,
            const std::function<void(const Progress&)>& progress, const std::atomic<bool>* cancel)
        : sight_{sight}, params_{params}, progress_{progress}, cancel_{cancel}, reader_{sight} {}

    Status run(std::span<const Start> starts) {
        // All before any is opened: a seed is nobody's stranger and no imitator.
        for (const Start& start : starts) spots_[node(start.chain, start.address, 0)].seed = true;
        for (const Start& start : starts) CORDON_TRY(seed(start));
        while (!queue_.empty()) {
            const Entry top = queue_.top();
            queue_.pop();
            Spot& spot = spots_[top.node];
            if (spot.residual != top.residual || spot.residual <= params_.epsilon) continue;
            if (out_of_budget()) {
                stopped_ = true;
                break;
            }
            CORDON_TRY(push(top.node));
            if (++pushes_ % kPushesPerTick == 0 && progress_)
                progress_({pushes_, spots_.size(), held_, spots_[top.node].hop, budget_used()});
        }
        return {};
    }

    const MovementReader& reader() const noexcept { return reader_; }

    Result<RankedGraph> finish() {
        RankedGraph graph;
        graph.incomplete = stopped_;
        for (NodeId id = 0; id < spots_.size(); ++id) {
            const Spot& spot = spots_[id];
            double score = params_.alpha * (spot.visited + spot.residual);
            if (score > 0 && !spot.seed && !stops(spot)) {
                CORDON_TRY(const Profile* profile, profile_of_node(id));
                if (!profile->passes_on && !profile->busy) score *= params_.idle_weight;
            }
            graph.nodes.push_back(
                {spot.chain, spot.address, spot.hop, spot.seed, score, spot.label, stop_of(id)});
        }
        for (NodeId id = 0; id < spots_.size(); ++id) {
            const auto open = open_.find(id);
            if (open == open_.end()) continue;
            for (const Side* side : {&open->second.forward, &open->second.backward})
                for (std::size_t row = 0; row < side->other.size(); ++row) {
                    // Seen from both ends it is told once, by the one who gave.
                    const NodeId other = side->other[row];
                    const Movement& movement = open->second.movements[side->movement[row]];
                    const bool back = side == &open->second.backward;
                    const bool told = gives(other) && (!movement.begins || spots_[other].seed);
                    if (back && (other == id || told)) continue;
                    graph.edges.push_back({back ? other : id, back ? id : other, movement});
                }
        }
        return graph;
    }

private:
    using Chips = std::map<std::pair<uint32_t, Moment>, double>;  // By asset and arrival.
    struct Spot {
        ChainId chain;
        Address address;
        uint32_t hop = 0;
        bool seed = false;
        double residual = 0, visited = 0;
        Chips chips;
        std::optional<Label> label;
    };
    struct Entry {
        double residual = 0;
        NodeId node = 0;
    };
    struct Less {
        const std::vector<Spot>& spots;
        bool operator()(const Entry& a, const Entry& b) const {
            if (a.residual != b.residual) return a.residual < b.residual;
            return std::tie(spots[a.node].chain, spots[a.node].address) >
                   std::tie(spots[b.node].chain, spots[b.node].address);
        }
    };
    struct Key {
        ChainId chain;
        Address address;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<Address>{}(key.address) ^ std::hash<ChainId>{}(key.chain);
        }
    };

    // --- Small things

    bool out_of_budget() const {
        return pushes_ >= params_.max_pushes || spots_.size() >= params_.max_nodes ||
               held_ >= params_.max_edges ||
               (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed));
    }
    double budget_used() const {
        const auto share = [](uint64_t used, uint64_t limit) {
            return std::min(1.0, static_cast<double>(used) / static_cast<double>(limit));
        };
        return std::max({share(pushes_, params_.max_pushes),
                         share(spots_.size(), params_.max_nodes), share(held_, params_.max_edges)});
    }

    NodeId node(ChainId chain, const Address& address, uint32_t hop) {
        const auto [at, fresh] =
            ids_.try_emplace(Key{chain, address}, static_cast<NodeId>(spots_.size()));
        if (fresh) {
            Spot& spot = spots_.emplace_back();
            spot.chain = chain;
            spot.address = address;
            spot.hop = hop;
            spot.label = sight_.context.label(chain, address);
        }
        spots_[at->second].hop = std::min(spots_[at->second].hop, hop);
        return at->second;
    }

    uint32_t asset_id(ChainId chain, const Asset& asset) {
        return assets_.try_emplace({chain, asset}, static_cast<uint32_t>(assets_.size()))
            .first->second;
    }

    bool verified(ChainId chain, const Asset& asset) const {
        if (asset.is_native()) return true;
        const auto info = sight_.context.asset(chain, asset);
        return info && info->status == AssetStatus::kVerified;
    }

    bool stops(const Spot& spot) const {
        return !spot.seed && spot.label &&
               std::find(params_.stop.begin(), params_.stop.end(), spot.label->category) !=
                   params_.stop.end();
    }
    Stop stop_of(NodeId id) const {
        if (stops(spots_[id])) return Stop::kLabel;
        const auto at = open_.find(id);
        return at != open_.end() && at->second.closed ? Stop::kHighDegree : Stop::kNone;
    }
    bool gives(NodeId id) const {
        const auto at = open_.find(id);
        return at != open_.end() && !at->second.closed;
    }

    Result<const Profile*> profile_of_node(NodeId id) {
        const auto known = profiles_.find(id);
        if (known != profiles_.end()) return &known->second;
        const ChainId chain = spots_[id].chain;
        const Address address = spots_[id].address;
        CORDON_TRY(const auto movements,
                   reader_.of(chain, address, ledger::Order::kDescending, params_.profile_txns));
        return &profiles_.emplace(id, profile_of(chain, address, movements)).first->second;
    }

    // --- Pushing

    Status seed(const Start& start) {
        const NodeId id = node(start.chain, start.address, 0);
        CORDON_TRY(const Open* open, visit(id));
        std::set<uint32_t> known, doubtful;
        for (const Side* side : {&open->forward, &open->backward})
            for (const uint32_t place : side->movement) {
                const Movement& row = open->movements[place];
                const Asset& asset = side == &open->forward ? row.asset : row.to_asset;
                (verified(start.chain, asset) ? known : doubtful)
                    .insert(asset_id(start.chain, asset));
            }
        if (known.empty() && doubtful.empty())
            return fail(ErrorCode::kNotFound,
                        "a seed has no movement of value within the bounds of the ranking");
        // One unit for each verified asset (as published, one a symbol), and one for all others
        // together: anybody can send a thief a hundred tokens of no worth.
        Spot& spot = spots_[id];
        const auto give = [&](uint32_t asset, double mass) {
            spot.chips[{asset, start.from}] += mass;
            spot.residual += mass;
        };
        for (const uint32_t asset : known) give(asset, 1);
        for (const uint32_t asset : doubtful)
            give(asset, 1.0 / static_cast<double>(doubtful.size()));
        queue_.push({spot.residual, id});
        return {};
    }

    Result<const Open*> visit(NodeId id) {
        if (const auto known = open_.find(id); known != open_.end()) return &known->second;
        Open open;
        if (stops(spots_[id])) {
            open.closed = true;
        } else {
            const Address address = spots_[id].address;
            CORDON_TRY(Movements found, reader_.of(spots_[id].chain, address,
                                                   ledger::Order::kAscending, params_.max_txns));
            stopped_ = stopped_ || (found.cut && spots_[id].seed);
            open.closed = !spots_[id].seed && (found.cut || serves_strangers(id, found.rows));
            if (!open.closed) {
                CORDON_TRY(unfold(id, std::move(found.rows), open));
            }
        }
        held_ += open.movements.size();
        return &open_.emplace(id, std::move(open)).first->second;
    }

    /// As History::busy, but what an address received in dust does not make its senders count.
    bool serves_strangers(NodeId id, const std::vector<Movement>& rows) const {
        std::unordered_set<Key, KeyHash> others, receivers;  // Counted only.
        std::map<Asset, Amount> got;
        std::map<std::tuple<ChainId, Address, Asset>, Amount> from;
        for (const Movement& row : rows) {
            if (row.is_own()) continue;
            const bool out = row.leaves(spots_[id].chain, spots_[id].address);
            const Key other = out ? Key{row.to_chain(), row.to} : Key{row.chain, row.from};
            others.insert(other);
            if (out) {
                receivers.insert(other);
            } else {
                got[row.to_asset] += row.to_amount;
                from[{other.chain, other.address, row.to_asset}] += row.to_amount;
            }
        }
        if (params_.service_degree != 0 && others.size() > params_.service_degree) return true;
        if (params_.service_both_sides == 0 || receivers.size() < params_.service_both_sides)
            return false;
        std::unordered_set<Key, KeyHash> strangers;
        for (const auto& [key, amount] : from) {
            const auto& [chain, address, asset] = key;
            if (!ids_.contains(Key{chain, address}) &&
                ratio(amount, got[asset]) >= params_.dust_share)
                strangers.insert(Key{chain, address});
        }
        return strangers.size() >= params_.service_both_sides;
    }

    Status unfold(NodeId id, std::vector<Movement> rows, Open& open) {
        const ChainId chain = spots_[id].chain;
        const Address address = spots_[id].address;
        const bool seed = spots_[id].seed;
        const uint32_t hop = spots_[id].hop + 1;
        std::vector<NodeId> other(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Movement& row = rows[i];
            other[i] = row.is_own()                 ? id
                       : row.leaves(chain, address) ? node(row.to_chain(), row.to, hop)
                                                    : node(row.chain, row.from, hop);
        }
        CORDON_TRY(const auto imitators, find_imitators(other));
        open.movements = std::move(rows);
        std::vector<SweepRow> out, in;
        for (uint32_t i = 0; i < open.movements.size(); ++i) {
            const Movement& row = open.movements[i];
            if (imitators.contains(other[i])) continue;
            if (!row.leaves(chain, address) || (row.begins && !seed)) continue;
            double weight = verified(chain, row.asset) ? row.amount.to_double() : 1;
            if (other[i] != id && !stops(spots_[other[i]])) {
                CORDON_TRY(const Profile* profile, profile_of_node(other[i]));
                if (!profile->busy && !profile->moves_on(address, row.arriving()))
                    weight *= params_.idle_weight;
            }
            out.push_back({asset_id(chain, row.asset), weight, turn(chain, row, row.to_asset)});
            note(open.forward, i, other[i], row.leaving());
        }
        for (const uint32_t i : in_order_of_arrival(open.movements)) {
            const Movement& row = open.movements[i];
            if (imitators.contains(other[i]) || !row.arrives(chain, address) || (row.ends && !seed))
                continue;
            const double weight = verified(chain, row.to_asset) ? row.to_amount.to_double() : 1;
            in.push_back({asset_id(chain, row.to_asset), weight, turn(chain, row, row.asset)});
            note(open.backward, i, other[i], row.arriving());
        }
        open.forward.sweep = Sweep{std::move(out)};
        open.backward.sweep = Sweep{std::move(in)};
        return {};
    }

    /// Places of rows, the last to arrive first; of one block kAnywhere last, as Side wants it.
    static std::vector<uint32_t> in_order_of_arrival(const std::vector<Movement>& rows) {
        std::vector<uint32_t> order(rows.size());
        for (uint32_t i = 0; i < order.size(); ++i)
            order[i] = static_cast<uint32_t>(order.size()) - 1 - i;
        const auto before = [&](uint32_t a, uint32_t b) {
            const Moment x = rows[a].arriving(), y = rows[b].arriving();
            if (x.block != y.block) return x.block > y.block;
            const bool x_anywhere = x.txn == Moment::kAnywhere;
            const bool y_anywhere = y.txn == Moment::kAnywhere;
            if (x_anywhere != y_anywhere) return y_anywhere;
            return x.txn > y.txn;
        };
        if (!std::is_sorted(order.begin(), order.end(), before))
            std::stable_sort(order.begin(), order.end(), before);
        return order;
    }

    static void note(Side& side, uint32_t movement, NodeId other, Moment when) {
        side.movement.push_back(movement);
        side.other.push_back(other);
        side.when.push_back(when);
    }
    /// Into which asset a swap for oneself turns what it takes. A crossing back to oneself is no
    /// swap: it takes time, and so is a movement like others.
    std::optional<uint32_t> turn(ChainId chain, const Movement& row, const Asset& asset) {
        return row.is_own() && row.far == nullptr ? std::optional{asset_id(chain, asset)}
                                                  : std::nullopt;
    }

    /// Of the counterparties that look alike, all but the one with most dealings. Equals are kept:
    /// nothing says who imitates whom. An address is no imitation of itself on another chain.
    Result<std::set<NodeId>> find_imitators(const std::vector<NodeId>& others) {
        std::map<uint32_t, std::set<NodeId>> groups;
        for (const NodeId other : others)
            if (const auto digits = shown_digits(spots_[other].address))
                groups[*digits].insert(other);
        using Dealings = std::tuple<bool, bool, uint32_t>;
        const auto dealings_of = [&](const std::set<NodeId>& ids) -> Result<Dealings> {
            Dealings most{};
            for (const NodeId id : ids) {
                if (spots_[id].seed || stops(spots_[id])) return Dealings{true, true, ~0U};
                CORDON_TRY(const Profile* profile, profile_of_node(id));
                most = std::max(most, Dealings{profile->busy, profile->passes_on, profile->others});
            }
            return most;
        };
        std::set<NodeId> imitators;
        for (const auto& [digits, alike] : groups) {
            if (alike.size() < 2) continue;
            std::map<Address, std::set<NodeId>> group;
            for (const NodeId id : alike) group[spots_[id].address].insert(id);
            Dealings best{};
            for (const auto& [address, ids] : group) {
                CORDON_TRY(const auto dealings, dealings_of(ids));
                best = std::max(best, dealings);
            }
            for (const auto& [address, ids] : group) {
                CORDON_TRY(const auto dealings, dealings_of(ids));
                if (dealings < best) imitators.insert(ids.begin(), ids.end());
            }
        }
        return imitators;
    }

    Status push(NodeId id) {
        CORDON_TRY(const Open* open, visit(id));
        Spot& spot = spots_[id];
        const Chips chips = std::exchange(spot.chips, {});
        spot.visited += spot.residual;
        spot.residual = 0;
        if (open->closed) return {};
        const double rest = 1 - params_.alpha;
        spread(*open, false, chips, rest * params_.beta);
        spread(*open, true, chips, rest * (1 - params_.beta));
        std::sort(touched_.begin(), touched_.end());
        touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
        for (const NodeId other : touched_)
            if (spots_[other].residual > params_.epsilon)
                queue_.push({spots_[other].residual, other});
        touched_.clear();
        return {};
    }

    void spread(const Open& open, bool back, const Chips& chips, double share) {
        const Side& side = back ? open.backward : open.forward;
        if (share <= 0 || side.other.empty()) return;
        std::vector<Chip> parts;
        parts.reserve(chips.size());
        for (const auto& [key, mass] : chips) {
            const auto start =
                std::partition_point(side.when.begin(), side.when.end(), [&](const Moment& when) {
                    if (!back) return !when.not_before(key.second);
                    return !key.second.not_before(when) && key.second != Moment{};
                });
            parts.push_back(
                {static_cast<std::size_t>(start - side.when.begin()), key.first, mass * share});
        }
        const std::vector<double> given = side.sweep.share(std::move(parts));
        for (std::size_t row = 0; row < given.size(); ++row) {
            if (!(given[row] > 0) || side.sweep.rows()[row].into) continue;
            Spot& to = spots_[side.other[row]];
            const Movement& movement = open.movements[side.movement[row]];
            const Asset& asset = back ? movement.asset : movement.to_asset;
            const double mass =
                movement.far != nullptr ? given[row] * movement.confidence : given[row];
            to.residual += mass;
            // Where a crossing cannot be followed mass arrives, and does not go on.
            if (!(back ? movement.begins : movement.ends))
                to.chips[{asset_id(to.chain, asset),
                          back ? movement.leaving() : movement.arriving()}] += mass;
            touched_.push_back(side.other[row]);
        }
    }
    const Sight& sight_;
    const RankParams& params_;
    const std::function<void(const Progress&)>& progress_;
    const std::atomic<bool>* cancel_;
    MovementReader reader_;
    std::vector<Spot> spots_;
    std::unordered_map<Key, NodeId, KeyHash> ids_;  // Looked up only, never walked.
    std::unordered_map<NodeId, Open> open_;         // The same; pointers into it stay valid.
    std::unordered_map<NodeId, Profile> profiles_;  // The same.
    std::map<std::pair<ChainId, Asset>, uint32_t> assets_;
    std::priority_queue<Entry, std::vector<Entry>, Less> queue_{Less{spots_}};
    std::vector<NodeId> touched_;
    uint64_t pushes_ = 0, held_ = 0;
    bool stopped_ = false;
};

}  // namespace

Result<TraceResult> rank(const ledger::Reader& ledger, const Context& context,
                         std::span<const LinkSource* const> links, std::span<const Seed> seeds,
                         const RankParams& params,
                         const std::function<void(const Progress&)>& progress,
                         const std::atomic<bool>* cancel) {
    CORDON_TRY(check(params, seeds));
    const Sight sight{ledger, context, links, params.since, params.until, params.min_confidence};
    CORDON_TRY(const auto starts, starts_of(sight, seeds));
    Ranking ranking{sight, params, progress, cancel};
    CORDON_TRY(ranking.run(starts));
    CORDON_TRY(RankedGraph graph, ranking.finish());
    TraceResult result = ranked_result(std::move(graph), seeds, params);
    ranking.reader().warn(result.warnings);
    return result;
}

}  // namespace cordon::trace
