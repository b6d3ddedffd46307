// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossing.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::trace {

Crossings::Ways Crossings::ways(const Crossing& crossing) const {
    Ways ways{left_by(crossing), arrived_by(crossing)};
    if (walk_.backward()) std::swap(ways.near, ways.far);
    return ways;
}

// --- Sending

Result<Crossings::Outcome> Crossings::send(const std::vector<Crossing>& all, const Row& row) {
    Outcome outcome;
    CORDON_TRY(auto pick, choice_.pick(all, {row.edge.chain, row.edge.at, row.row}, row.edge.asset,
                                       walk_.backward()));
    outcome.candidates = pick.candidates;
    outcome.best = pick.best;
    outcome.why = std::move(pick.why);
    if (pick.crossing != nullptr) {
        CORDON_TRY(const auto refusal, try_to_send(*pick.crossing, row, outcome));
        outcome.crossed = !refusal;
        if (refusal) outcome.why = {not_followed(*pick.crossing, *refusal)};
    }
    outcome.stays = !outcome.crossed && (pick.crossing != nullptr || pick.refused != nullptr);
    if (outcome.stays) ++refused_[outcome.why.front()];
    return outcome;
}

Result<std::optional<std::string>> Crossings::try_to_send(const Crossing& crossing, const Row& row,
                                                          Outcome& outcome) {
    const auto refuse = [](std::string why) { return std::optional{std::move(why)}; };
    const CrossingEnd far = ways(crossing).far;
    outcome.stop = Stop::kUnknown;
    CORDON_TRY(const auto landing, choice_.landing(far, !walk_.backward()));
    if (!landing.missing.empty()) return refuse(landing.missing);
    if (walk_.is_past(landing.time)) {
        outcome.stop = Stop::kTime;
        return refuse("it lies outside the time bound");
    }
    ChainFlow* const flow = flows_(far.chain);
    // The near end is the edge as it stands: its time is that of its own txn.
    const bool early = walk_.backward()
                           ? arrives_before_it_left(crossing, landing.time, row.edge.time)
                           : arrives_before_it_left(crossing, row.edge.time, landing.time);
    if (flow == nullptr || early || flow->has_passed(far.at))
        return refuse(walk_.backward() ? "it left after it arrived" : "it arrives before it left");
    if (claimed_.contains(far.place())) return refuse("another has taken its other end");
    Arrival arrival = arrival_of(crossing, row, landing);
    if (arrival.tainted.is_zero()) return refuse("less than one unit of it is stolen on arrival");
    claimed_.insert(far.place());
    const Address& sender = walk_.backward() ? row.edge.to : row.edge.from;
    if (const auto id = books_.find(row.edge.chain, sender)) books_.seen(*id, row.edge.time);
    books_.total(row.edge.chain, row.edge.asset).swapped_out += row.edge.tainted;
    CORDON_TRY(flow->expect(std::move(arrival)));
    return std::optional<std::string>{};
}

Arrival Crossings::arrival_of(const Crossing& crossing, const Row& row,
                              const CrossingChoice::Landing& landing) const {
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
    for (const std::string& what : choice_.too_large()) books_.warn(what);
    for (const auto& [why, count] : refused_)
        books_.warn(format("{} {}: {}", count, count == 1 ? "crossing" : "crossings", why));
}

}  // namespace cordon::trace
