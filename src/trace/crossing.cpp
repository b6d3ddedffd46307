// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossing.hpp"

#include <cmath>

#include <cordon/base/format.hpp>

namespace cordon::trace {
namespace {

constexpr const char* kClaimed = "its arrival belongs to an earlier deposit";

auto place_of(const CrossingEnd& end) { return std::tuple{end.chain, end.at, end.row}; }

std::string percent(double confidence) { return format("{:.3g} %", confidence * 100); }

}  // namespace

Crossings::Ways Crossings::ways(const Crossing& crossing) const {
    CrossingEnd from{crossing.from_chain, crossing.from_txn, crossing.from_at, crossing.from_row,
                     crossing.from};
    CrossingEnd to{crossing.to_chain, crossing.to_txn, crossing.to_at, crossing.to_row,
                   crossing.to};
    if (walk_.backward()) std::swap(from, to);
    return {std::move(from), std::move(to)};
}

// --- What may begin in a txn

template <typename Ask>
Result<std::vector<Crossing>> Crossings::gather(Ask&& ask) const {
    std::vector<Crossing> all;
    for (const LinkSource* source : walk_.links) {
        auto more = ask(*source);
        if (!more && more.error().code == ErrorCode::kLimit) {
            books_.warn("followed without them: " + more.error().message);
            continue;
        }
        if (!more) return fail(more.error());
        all.insert(all.end(), std::make_move_iterator(more->begin()),
                   std::make_move_iterator(more->end()));
    }
    return sorted(std::move(all));
}

Result<std::vector<Crossing>> Crossings::of(ChainId chain,
                                            const ledger::PlacedAccountTxn& txn) const {
    return gather([&](const LinkSource& source) {
        return source.crossings(chain, txn, walk_.backward(), walk_.ledger, walk_.context);
    });
}

Result<std::vector<Crossing>> Crossings::of(ChainId chain, const ledger::PlacedUtxoTxn& txn) const {
    return gather([&](const LinkSource& source) {
        return source.utxo_crossings(chain, txn, walk_.backward(), walk_.ledger, walk_.context);
    });
}

/// The surest first, whatever the order of the sources; of those that say the same, the surest.
std::vector<Crossing> Crossings::sorted(std::vector<Crossing> all) const {
    std::erase_if(all, [](const Crossing& crossing) {
        return !(crossing.confidence > 0 && crossing.confidence <= 1) ||
               crossing.from.amount.is_zero() || crossing.to.amount.is_zero();
    });
    const auto key = [this](const Crossing& crossing) {
        const Ways way = ways(crossing);
        return std::tuple{-crossing.confidence, place_of(way.near), place_of(way.far),
                          crossing.kind, crossing.via};
    };
    std::sort(all.begin(), all.end(),
              [&](const Crossing& a, const Crossing& b) { return key(a) < key(b); });
    std::set<std::pair<std::tuple<ChainId, TxnPosition, uint32_t>,
                       std::tuple<ChainId, TxnPosition, uint32_t>>>
        told;
    std::erase_if(all, [&](const Crossing& crossing) {
        const Ways way = ways(crossing);
        return !told.emplace(place_of(way.near), place_of(way.far)).second;
    });
    return all;
}

// --- Sending

Result<Crossings::Outcome> Crossings::send(const std::vector<Crossing>& all, const Row& row) {
    Outcome outcome;
    std::vector<const Crossing*> candidates;
    for (const Crossing& crossing : all) {
        const CrossingEnd near = ways(crossing).near;
        if (near.chain == row.edge.chain && near.at == row.edge.at && near.row == row.row &&
            near.end.asset == row.edge.asset)
            candidates.push_back(&crossing);
    }
    if (candidates.empty()) return outcome;
    const Crossing& best = *candidates.front();
    if (best.confidence < walk_.params.min_confidence) {
        outcome.candidates = static_cast<uint32_t>(candidates.size());
        outcome.best = best.confidence;
        outcome.why.push_back(format("{}: {} of where it went on, the surest {}", best.kind,
                                     candidates.size() == 1
                                         ? std::string{"1 candidate"}
                                         : format("{} candidates", candidates.size()),
                                     percent(best.confidence)));
        return outcome;
    }
    for (const Crossing* crossing : candidates) {
        if (crossing->confidence < walk_.params.min_confidence) break;
        CORDON_TRY(const auto refusal, try_to_send(*crossing, row, outcome));
        if (!refusal) {
            outcome.crossed = true;
            outcome.why.clear();
            return outcome;
        }
        outcome.why = {format("{} ({}) not followed: {}", crossing->kind,
                              percent(crossing->confidence), *refusal)};
        // What another deposit claimed was not this one's: the next candidate may be. Anything else
        // says nothing against the surest.
        if (*refusal != kClaimed) break;
    }
    outcome.stays = true;
    ++refused_[outcome.why.front()];
    return outcome;
}

Result<std::optional<std::string>> Crossings::try_to_send(const Crossing& crossing, const Row& row,
                                                          Outcome& outcome) {
    const auto refuse = [](std::string why) { return std::optional{std::move(why)}; };
    const CrossingEnd far = ways(crossing).far;
    outcome.stop = Stop::kUnknown;
    ChainFlow* flow = flows_(far.chain);
    if (flow == nullptr) return refuse(format("the ledger does not hold {}", to_string(far.chain)));
    CORDON_TRY(const auto held, walk_.ledger.find_txn(far.chain, far.txn));
    if (!held)
        return refuse(format("the ledger does not hold its txn on {}", to_string(far.chain)));
    std::optional<ChainFlow::Landing> landing;
    if (*held == far.at) {
        CORDON_TRY(landing, flow->landing(far));
    }
    if (!landing) return refuse("the ledger shows no such arrival");
    if (walk_.is_past(landing->time)) {
        outcome.stop = Stop::kTime;
        return refuse("it lies outside the time bound");
    }
    // The near end is the edge as it stands: its time is that of its own txn.
    const bool early =
        row.edge.time && landing->time &&
        (walk_.backward() ? *landing->time > *row.edge.time : *landing->time < *row.edge.time);
    if (early || flow->has_passed(far.at))
        return refuse(walk_.backward() ? "it left after it arrived" : "it arrives before it left");
    if (claimed_.contains(place_of(far))) return refuse(kClaimed);
    Arrival arrival = arrival_of(crossing, row, *landing);
    if (arrival.tainted.is_zero()) return refuse("less than one unit of it is stolen on arrival");
    claimed_.insert(place_of(far));
    const Address& sender = walk_.backward() ? row.edge.to : row.edge.from;
    if (const auto id = books_.find(row.edge.chain, sender)) books_.seen(*id, row.edge.time);
    books_.total(row.edge.chain, row.edge.asset).swapped_out += row.edge.tainted;
    CORDON_TRY(flow->expect(std::move(arrival)));
    return std::optional<std::string>{};
}

Arrival Crossings::arrival_of(const Crossing& crossing, const Row& row,
                              const ChainFlow::Landing& landing) const {
    const Ways way = ways(crossing);
    Arrival out;
    out.to = way.far;
    out.hop = row.hop + 1;
    // Never more than the row there moves, whatever a recogniser says.
    const Amount arrives = std::min(way.far.end.amount, landing.amount);
    const Amount left = std::max(way.near.end.amount, row.edge.tainted);
    out.tainted =
        walk_.params.policy == Policy::kPoison ? arrives : mul_div(arrives, row.edge.tainted, left);

    Edge& edge = out.edge = row.edge;
    edge.kind = crossing.kind;
    edge.confidence = crossing.confidence;
    edge.why = crossing.why;
    edge.via = crossing.via;
    edge.hop = out.hop;
    out.edge_row = row.row;
    if (!walk_.backward()) {
        edge.to = way.far.end.address;
        edge.to_chain = way.far.chain;
        edge.to_txn = way.far.txn;
        edge.to_asset = way.far.end.asset;
        edge.to_amount = landing.amount;
        return out;
    }
    out.edge_row = way.far.row;
    edge.to_chain = edge.chain;
    edge.to_txn = edge.txn;
    edge.to_asset = edge.asset;
    edge.to_amount = edge.amount;
    edge.to_tainted = edge.tainted;
    edge.chain = way.far.chain;
    edge.txn = way.far.txn;
    edge.at = way.far.at;
    edge.time = landing.time;
    edge.from = way.far.end.address;
    edge.asset = way.far.end.asset;
    edge.amount = landing.amount;
    edge.spends.reset();
    edge.outpoint.reset();
    if (is_utxo(edge.chain)) edge.outpoint = OutPoint{way.far.txn, way.far.row};
    return out;
}

// --- Arriving

void Crossings::arrived(Arrival arrival, const Amount& gained, std::optional<UnixMillis> time) {
    if (gained < arrival.tainted) ++refused_["stolen money arrived in full on another way, too"];
    books_.total(arrival.to.chain, arrival.to.end.asset).swapped_in += gained;
    if (const auto id = books_.find(arrival.to.chain, arrival.to.end.address))
        books_.seen(*id, time);
    if (walk_.backward())
        arrival.edge.tainted = gained;
    else
        arrival.edge.to_tainted = gained;
    books_.edge(std::move(arrival.edge), arrival.edge_row);
}

void Crossings::strand(Arrival arrival, Stop stop) {
    const CrossingEnd& to = arrival.to;
    const auto id = books_.node(to.chain, to.end.address, arrival.hop);
    books_.arrive(id, to.end.asset, arrival.tainted, arrival.tainted);
    books_.rest(id, to.end.asset, arrival.tainted, stop);
    const Amount tainted = arrival.tainted;
    arrived(std::move(arrival), tainted, std::nullopt);
}

void Crossings::warn() const {
    for (const auto& [why, count] : refused_)
        books_.warn(format("{} {}: {}", count, count == 1 ? "crossing" : "crossings", why));
}

}  // namespace cordon::trace
