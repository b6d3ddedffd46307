// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "utxo_flow.hpp"

#include <algorithm>
#include <unordered_set>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::trace {

namespace {

/// The ledger holds every output that the txn spends, and they pay for what it makes.
bool payers_known(const UtxoTxn& txn) {
    Amount taken, paid;
    for (const TxIn& in : txn.inputs) {
        if (!in.spent) return false;
        taken += in.spent->value;
    }
    for (const TxOut& out : txn.outputs) paid += out.value;
    return !txn.inputs.empty() && taken >= paid;
}

}  // namespace

UtxoFlow::UtxoFlow(const Walk& walk, ChainId chain, Books& books, Crossings& crossings)
    : walk_{walk},
      chain_{chain},
      books_{books},
      crossings_{crossings},
      queue_{Later{walk.backward()}} {}

// --- Seeds

Status UtxoFlow::add_seed(const Seed& seed) {
    if (const auto* txn = std::get_if<Seed::FromTxn>(&seed.what))
        return seed_txn(txn->hash, std::nullopt, seed);
    if (const auto* point = std::get_if<OutPoint>(&seed.what))
        return seed_txn(point->txid, point->index, seed);
    return seed_address(std::get<Seed::FromAddress>(seed.what), seed);
}

Status UtxoFlow::seed_txn(const Hash256& hash, std::optional<uint32_t> index, const Seed& seed) {
    CORDON_TRY(const auto at, walk_.ledger.find_txn(chain_, hash));
    if (!at)
        return fail(ErrorCode::kNotFound, format("seed {}: no such txn in the ledger", seed.text));
    CORDON_TRY(const auto placed, walk_.ledger.utxo_txn(chain_, *at));
    const auto& outputs = placed.txn.outputs;
    if (index && *index >= outputs.size())
        return fail(ErrorCode::kNotFound, format("seed {}: the txn has {} outputs, numbered from 0",
                                                 seed.text, outputs.size()));
    if (walk_.is_early(placed.time) || walk_.is_past(placed.time)) {
        books_.warn("a seed lies outside the time bound and was not followed");
        return {};
    }
    queue_.push(*at);
    if (!index && !walk_.backward() && payers_known(placed.txn)) {
        seed_txns_.insert(hash);
        return {};
    }
    for (uint32_t i = index.value_or(0); i < (index ? *index + 1 : outputs.size()); ++i) {
        if (outputs[i].value == 0) continue;
        seed_points_.insert({hash, i});
        books_.at(books_.node(chain_, outputs[i].address, 0)).seed = true;
    }
    return {};
}

Status UtxoFlow::seed_address(const Seed::FromAddress& from, const Seed& seed) {
    const auto side = walk_.backward() ? ledger::Side::kReceiver : ledger::Side::kSender;
    const auto cursor = walk_.ledger.utxo_txns_of(chain_, from.address, side,
                                                  ledger::Order::kAscending, std::nullopt);
    bool any = false;
    for (;;) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) break;
        queue_.push(*at);
        any = true;
    }
    if (!any)
        return fail(ErrorCode::kNotFound,
                    format("seed {}: in this ledger the address never {}", seed.text,
                           walk_.backward() ? "received" : "spent"));
    books_.at(books_.node(chain_, from.address, 0)).seed = true;
    const auto [known, fresh] = seeds_.try_emplace(from.address, from.since);
    if (fresh) return {};
    auto& since = known->second;  // Given twice: the wider bound holds.
    if (!from.since || !since)
        since.reset();
    else if (walk_.backward() ? *from.since > *since : *from.since < *since)
        since = from.since;
    return {};
}

bool UtxoFlow::is_seeding(const Address& address, std::optional<UnixMillis> time) const {
    const auto at = seeds_.find(address);
    if (at == seeds_.end() || walk_.is_early(time)) return false;
    if (!at->second || !time) return true;
    return walk_.backward() ? *time <= *at->second : *time >= *at->second;
}

// --- The walk

bool UtxoFlow::has_next() const { return !queue_.empty() && !past_; }

Result<std::optional<UnixMillis>> UtxoFlow::next_time() {
    const TxnPosition at = queue_.top();
    if (!ahead_ || ahead_->at != at) {
        CORDON_TRY(ahead_, walk_.ledger.utxo_txn(chain_, at));
    }
    return ahead_->time;
}

Result<uint32_t> UtxoFlow::step() {
    const TxnPosition at = queue_.top();
    last_ = at;
    while (!queue_.empty() && queue_.top() == at) queue_.pop();
    if (!ahead_ || ahead_->at != at) {
        CORDON_TRY(ahead_, walk_.ledger.utxo_txn(chain_, at));
    }
    CORDON_TRY(process(*ahead_));
    return 0;
}

Result<std::optional<TxnPosition>> UtxoFlow::next_event(const OutPoint& point) const {
    if (walk_.backward()) return walk_.ledger.find_txn(chain_, point.txid);
    CORDON_TRY(const auto spender, walk_.ledger.spender(chain_, point));
    if (!spender) return std::optional<TxnPosition>{};
    return std::optional<TxnPosition>{spender->at};
}

Result<bool> UtxoFlow::is_busy(const Address& address) {
    const uint32_t degree = walk_.params.service_degree;
    const uint32_t both = walk_.params.service_both_sides;
    if (degree == 0 && both == 0) return false;
    if (const auto known = busy_.find(address); known != busy_.end()) return known->second;
    const auto cursor = walk_.ledger.utxo_txns_of(chain_, address, ledger::Side::kEither,
                                                  ledger::Order::kAscending, std::nullopt);
    std::unordered_set<Address> senders, receivers, all;  // Counted only.
    bool busy = false;
    while (!busy) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) break;
        CORDON_TRY(const auto placed, walk_.ledger.utxo_txn(chain_, *at));
        const auto& txn = placed.txn;
        const bool spends = std::any_of(txn.inputs.begin(), txn.inputs.end(), [&](const TxIn& in) {
            return in.spent && in.spent->address == address;
        });
        // Co-spending inputs have one owner, so a txn of many inputs counts as one sender.
        if (spends)
            for (const TxOut& out : txn.outputs) {
                if (out.address == address || out.value == 0) continue;
                receivers.insert(out.address);
                all.insert(out.address);
            }
        else if (!txn.inputs.empty() && txn.inputs.front().spent) {
            const Address& sender = txn.inputs.front().spent->address;
            if (!books_.find(chain_, sender)) senders.insert(sender);
            all.insert(sender);
        }
        busy = (degree != 0 && all.size() > degree) ||
               (both != 0 && senders.size() >= both && receivers.size() >= both);
    }
    busy_.emplace(address, busy);
    return busy;
}

UtxoFlow::Event UtxoFlow::event_of(const ledger::PlacedUtxoTxn& placed) {
    Event event;
    event.placed = &placed;
    const UtxoTxn& txn = placed.txn;
    std::vector<End> ins, outs;
    Amount paid, known;
    for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
        outs.push_back({OutPoint{txn.txid, i}, txn.outputs[i].address, txn.outputs[i].value});
        paid += txn.outputs[i].value;
    }
    bool first_unknown = true;
    for (const TxIn& in : txn.inputs)
        if (in.spent) known += in.spent->value;
    for (const TxIn& in : txn.inputs) {
        End end{in.prevout, {}, {}};
        if (in.spent) {
            end.address = in.spent->address;
            end.amount = in.spent->value;
        } else if (first_unknown) {
            first_unknown = false;
            end.amount = known < paid ? paid - known : Amount{};
        }
        ins.push_back(end);
    }
    if (!first_unknown)
        books_.warn(
            "some inputs have an unknown value: they were taken as clean money that makes up the "
            "outputs, without fee");
    Amount taken;
    for (const End& in : ins) taken += in.amount;
    if (taken < paid) {
        // A coinbase, or inputs that cannot pay for the outputs: the rest is clean and nobody's.
        ins.push_back({std::nullopt, {}, paid - taken});
        if (!txn.coinbase) books_.total(chain_, Asset{}).assumed += paid - taken;
    } else if (paid < taken) {
        outs.push_back({std::nullopt, {}, taken - paid});
    }
    event.from = walk_.backward() ? std::move(outs) : std::move(ins);
    event.to = walk_.backward() ? std::move(ins) : std::move(outs);
    return event;
}

Status UtxoFlow::process(const ledger::PlacedUtxoTxn& placed) {
    if (walk_.is_past(placed.time)) {
        past_ = true;
        return {};
    }
    Event event = event_of(placed);
    if (const auto arriving = expected_.find(placed.at); arriving != expected_.end()) {
        event.arrivals = std::move(arriving->second);
        expected_.erase(arriving);
    }
    Source source;
    Losses losses;
    const bool theft = seed_txns_.contains(placed.txn.txid);
    // What arrives in a txn by a crossing is told, whoever made the txn.
    const auto join = event.arrivals.empty() ? join_of(placed) : std::nullopt;
    CORDON_TRY(const Parcels pool,
               take(event, source, theft ? &losses : nullptr, join ? &*join : nullptr));
    if (join) return {};
    if (tainted_of(pool).is_zero() && seed_points_.empty() && event.arrivals.empty()) return {};
    std::vector<Parcels> parts;
    Amount lost;
    for (const auto& [payer, amount] : losses) lost += amount;
    // Loot that was loot before poisons what the payers get back, too.
    const bool poisoned = walk_.params.policy == Policy::kPoison && lost != total_of(pool);
    if (losses.empty() || poisoned) {
        std::vector<Amount> wanted;
        for (const End& end : event.to) wanted.push_back(end.amount);
        parts = distribute(walk_.params.policy, pool, wanted);
    } else {
        parts = hand_loot(event, losses);
    }
    for (std::size_t i = 0; i < event.to.size(); ++i)
        CORDON_TRY(give(event, source, i, std::move(parts[i])));
    return {};
}

std::optional<JoinVerdict> UtxoFlow::join_of(const ledger::PlacedUtxoTxn& placed) const {
    if (walk_.params.through_joins || seed_txns_.contains(placed.txn.txid)) return std::nullopt;
    for (uint32_t i = 0; !walk_.backward() && i < placed.txn.outputs.size(); ++i)
        if (seed_points_.contains({placed.txn.txid, i})) return std::nullopt;
    for (const LinkSource* source : walk_.links)
        if (auto join = source->join_of(chain_, placed, walk_.context)) return join;
    return std::nullopt;
}

Result<Parcels> UtxoFlow::take(Event& event, Source& source, Losses* losses,
                               const JoinVerdict* join) {
    Parcels pool;
    Amount largest;
    bool all_told = true;
    source.hop = ~0U;
    for (std::size_t i = 0; i < event.from.size(); ++i) {
        const End& end = event.from[i];
        Parcels parcels;
        const auto at = end.point ? held_.find(*end.point) : held_.end();
        std::optional<NodeId> node;
        if (at != held_.end()) {
            parcels = std::move(at->second.parcels);
            node = at->second.node;
            held_.erase(at);
        } else {
            append(parcels, {end.amount, kClean});
        }
        const bool by_address = end.point && is_seeding(end.address, event.placed->time);
        const bool by_point = end.point && walk_.backward() && seed_points_.contains(*end.point);
        const Amount clean = end.amount - tainted_of(parcels);
        if (end.point && (losses != nullptr || by_address || by_point) && !end.amount.is_zero()) {
            books_.total(chain_, Asset{}).seeded += clean;
            parcels.clear();
            append(parcels, {end.amount, kTainted});
            if (!node) {
                node = books_.node(chain_, end.address, 0);
                books_.arrive(*node, Asset{}, end.amount, {});
            }
            if (losses != nullptr && !by_address && !clean.is_zero()) {
                (*losses)[end.address] += clean;
                books_.mark_payer(books_.node(chain_, end.address, 0));
            }
        }
        if (walk_.backward() && end.point && node && !tainted_of(parcels).is_zero()) {
            CORDON_TRY(parcels, cross_back(event, end, *node, std::move(parcels)));
        }
        all_told = all_told && tainted_of(parcels).is_zero();
        if (Arrival* const arrival = walk_.backward() ? arrival_of(event, end) : nullptr) {
            const Amount tainted = tainted_of(parcels);
            const Amount gained = std::min(arrival->tainted, end.amount - tainted);
            // Its edge stands for what the inputs paid: they are the next hop.
            const uint32_t hop = arrival->hop;
            if (!node) node = books_.node(chain_, arrival->to.end.address, hop);
            source.hop = std::min(source.hop, hop - 1);
            crossings_.arrived(std::move(*arrival), gained, event.placed->time);
            parcels.clear();
            append(parcels, {tainted + gained, kTainted});
            append(parcels, {end.amount - tainted - gained, kClean});
            if (tainted + gained > largest) {
                largest = tainted + gained;
                source.end = i;
                source.node = *node;
            }
        } else if (const Amount tainted = tainted_of(parcels); node && !tainted.is_zero()) {
            source.hop = std::min(source.hop, books_.at(*node).hop);
            if (tainted > largest) {
                largest = tainted;
                source.end = i;
                source.node = *node;
            }
            if (join != nullptr) {
                books_.rest(*node, Asset{}, tainted, Stop::kMixer, end.point);
                std::vector<std::string> why{
                    format("coinjoin: {}, confidence {:.2f}", join->kind, join->confidence)};
                why.insert(why.end(), join->why.begin(), join->why.end());
                if (end.point) books_.explain(*end.point, event.placed->txn.txid, std::move(why));
                continue;
            }
        }
        append(pool, parcels);
    }
    source.told = walk_.backward() && all_told;
    return pool;
}

std::vector<Parcels> UtxoFlow::hand_loot(const Event& event, Losses& losses) {
    std::vector<Parcels> parts;
    for (const End& end : event.to) {
        Amount returned;
        if (const auto payer = losses.find(end.address); end.point && payer != losses.end()) {
            returned = std::min(end.amount, payer->second);
            payer->second -= returned;
            books_.total(chain_, Asset{}).seeded -= returned;
        }
        Parcels& part = parts.emplace_back();
        append(part, {returned, kClean});
        append(part, {end.amount - returned, kTainted});
    }
    return parts;
}

Status UtxoFlow::give(Event& event, const Source& source, std::size_t index, Parcels parcels) {
    const End& end = event.to[index];
    Amount tainted = tainted_of(parcels);
    const bool seeds = end.point && !walk_.backward() && seed_points_.contains(*end.point);
    Arrival* const arrival = walk_.backward() ? nullptr : arrival_of(event, end);
    if (tainted.is_zero() && !seeds && arrival == nullptr) return {};
    if (!end.point) {
        // Forward: the fee, which ends here. Backward: value that nobody is known to have put in.
        books_.rest(source.node, Asset{}, tainted, walk_.backward() ? Stop::kUnspent : Stop::kFee);
        return {};
    }
    if (end.address.empty() && !seeds) {
        // Backward: an input of which the ledger knows nothing but its outpoint.
        books_.rest(source.node, Asset{}, tainted, Stop::kUnknown, end.point);
        return {};
    }
    Total& sum = books_.total(chain_, Asset{});
    if (!tainted.is_zero() &&
        walk_.below_limit(chain_, Asset{}, end.amount, tainted, walk_.params.min_purity,
                          sum.seeded + sum.swapped_in, event.placed->time)) {
        books_.rest(source.node, Asset{}, tainted, Stop::kBelowLimit);
        if (!seeds && arrival == nullptr) return {};
        tainted = {};
    }
    Crossings::Outcome outcome;
    if (!tainted.is_zero() && !walk_.backward()) {
        CORDON_TRY(outcome, cross(event, {end.point->index, source.hop,
                                          edge_of(event, source, index, tainted)}));
        if (outcome.crossed) {
            if (!seeds && arrival == nullptr) return {};
            tainted = {};
        }
    }
    const uint32_t hop = tainted.is_zero() && arrival != nullptr ? arrival->hop : source.hop + 1;
    const NodeId node = books_.node(chain_, end.address, seeds ? 0 : hop);
    if (!tainted.is_zero() && !source.told) {
        Edge edge = edge_of(event, source, index, tainted);
        edge.why = std::move(outcome.why);
        books_.edge(std::move(edge), static_cast<uint32_t>(index));
    }
    if (arrival != nullptr) {
        const Amount gained = std::min(arrival->tainted, end.amount - tainted);
        books_.node(chain_, end.address, arrival->hop);
        crossings_.arrived(std::move(*arrival), gained, event.placed->time);
        tainted += gained;
        parcels.clear();
        append(parcels, {tainted, kTainted});
        append(parcels, {end.amount - tainted, kClean});
    }
    if (seeds) {
        // What the walk brought here counts once: only the rest of the output is fresh.
        sum.seeded += end.amount - tainted;
        parcels.clear();
        append(parcels, {end.amount, kTainted});
        books_.seen(node, event.placed->time);
    }
    books_.arrive(node, Asset{}, end.amount, tainted_of(parcels));
    if (outcome.candidates > 0)
        books_.candidates(node, Asset{}, end.point, outcome.candidates, outcome.best);
    if (outcome.stays) {
        books_.rest(node, Asset{}, tainted_of(parcels),
                    walk_.stops_at(books_, node) ? Stop::kLabel : outcome.stop, end.point);
        return {};
    }
    if (end.address.kind() == AddressKind::kOpReturn) {
        books_.rest(node, Asset{}, tainted_of(parcels), Stop::kBurned, end.point);
        return {};
    }
    return keep(node, *end.point, std::move(parcels));
}

Edge UtxoFlow::edge_of(const Event& event, const Source& source, std::size_t index,
                       const Amount& tainted) const {
    const End& from = event.from[source.end];
    const End& to = event.to[index];
    Edge edge;
    edge.chain = chain_;
    edge.txn = event.placed->txn.txid;
    edge.at = event.placed->at;
    edge.time = event.placed->time;
    edge.from = walk_.backward() ? to.address : from.address;
    edge.to = walk_.backward() ? from.address : to.address;
    edge.spends = walk_.backward() ? to.point : from.point;
    edge.outpoint = walk_.backward() ? from.point : to.point;
    edge.amount = to.amount;
    edge.tainted = tainted;
    edge.kind = "native";
    edge.hop = source.hop + 1;
    return edge;
}

Status UtxoFlow::keep(NodeId id, const OutPoint& point, Parcels parcels) {
    const Found::Node& node = books_.at(id);
    const Amount tainted = tainted_of(parcels);
    Stop stop = Stop::kNone;
    if (walk_.stops_at(books_, id))
        stop = Stop::kLabel;
    else if (node.hop >= walk_.params.max_hops && !node.seed)
        stop = Stop::kHops;
    if (stop == Stop::kNone) {
        CORDON_TRY(const auto next, next_event(point));
        if (!next) {
            stop = walk_.backward() ? Stop::kUnknown : Stop::kUnspent;
        } else {
            bool busy = false;
            if (!node.seed && !walk_.goes_through(chain_, node.address)) {
                CORDON_TRY(busy, is_busy(node.address));
            }
            if (busy)
                stop = Stop::kHighDegree;
            else
                queue_.push(*next);
        }
    }
    if (stop != Stop::kNone) {
        books_.rest(id, Asset{}, tainted, stop, point);
        return {};
    }
    CORDON_CHECK(held_.emplace(point, Held{std::move(parcels), id}).second);
    return {};
}

void UtxoFlow::finish(bool stopped) {
    for (auto& [at, arrivals] : expected_)
        for (Arrival& arrival : arrivals)
            crossings_.strand(std::move(arrival), stopped ? Stop::kBudget : Stop::kTime);
    for (const auto& [point, held] :
         held_)  // Into an ordered map of the books: the order of this loop is lost.
        books_.rest(held.node, Asset{}, tainted_of(held.parcels),
                    stopped ? Stop::kBudget : Stop::kTime, point);
    held_.clear();
}

}  // namespace cordon::trace
