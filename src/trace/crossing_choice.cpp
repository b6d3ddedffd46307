// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossing_choice.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "account_txn.hpp"

namespace cordon::trace {
namespace {

std::string percent(double confidence) { return format("{:.3g} %", confidence * 100); }

CrossingEnd near_of(const Crossing& crossing, bool backward) {
    return backward ? arrived_by(crossing) : left_by(crossing);
}

}  // namespace

CrossingEnd left_by(const Crossing& crossing) {
    return {crossing.from_chain, crossing.from_txn, crossing.from_at, crossing.from_row,
            crossing.from};
}
CrossingEnd arrived_by(const Crossing& crossing) {
    return {crossing.to_chain, crossing.to_txn, crossing.to_at, crossing.to_row, crossing.to};
}

bool arrives_before_it_left(const Crossing& crossing, std::optional<UnixMillis> left,
                            std::optional<UnixMillis> arrived) noexcept {
    if (crossing.from_chain == crossing.to_chain && crossing.to_at <= crossing.from_at) return true;
    return left && arrived && *arrived < *left;
}

std::string not_followed(const Crossing& crossing, const std::string& why) {
    return format("{} ({}) not followed: {}", crossing.kind, percent(crossing.confidence), why);
}

CrossingChoice::CrossingChoice(const ledger::Reader& ledger, const Context& context,
                               std::span<const LinkSource* const> links, double min_confidence)
    : ledger_{ledger}, context_{context}, links_{links}, min_confidence_{min_confidence} {
    for (const auto& chain : ledger.chains()) chains_.insert(chain.chain);
}

// --- What may begin or end in a txn

bool CrossingChoice::may_cross(ChainId chain) {
    const auto [at, fresh] = may_cross_.try_emplace(chain, false);
    if (fresh)
        at->second = std::any_of(links_.begin(), links_.end(), [&](const LinkSource* source) {
            return source->may_cross(chain, context_);
        });
    return at->second;
}

template <typename Ask>
Result<std::vector<Crossing>> CrossingChoice::gather(Ask&& ask) {
    std::vector<Crossing> all;
    for (const LinkSource* source : links_) {
        auto more = ask(*source);
        if (!more && more.error().code == ErrorCode::kLimit) {
            too_large_.insert("followed without them: " + more.error().message);
            continue;
        }
        if (!more) return fail(more.error());
        all.insert(all.end(), std::make_move_iterator(more->begin()),
                   std::make_move_iterator(more->end()));
    }
    // The surest first, whatever the order of the sources; of those that say the same, the surest.
    std::erase_if(all, [](const Crossing& crossing) {
        return !(crossing.confidence > 0 && crossing.confidence <= 1) ||
               crossing.from.amount.is_zero() || crossing.to.amount.is_zero();
    });
    const auto key = [](const Crossing& crossing) {
        return std::tuple{rank_of(crossing), crossing.kind, crossing.via};
    };
    std::sort(all.begin(), all.end(),
              [&](const Crossing& a, const Crossing& b) { return key(a) < key(b); });
    std::set<Claim> told;
    std::erase_if(
        all, [&](const Crossing& crossing) { return !told.insert(claim_of(crossing)).second; });
    return all;
}

Result<std::vector<Crossing>> CrossingChoice::of(ChainId chain, const ledger::PlacedAccountTxn& txn,
                                                 bool backward) {
    return gather([&](const LinkSource& source) {
        return source.crossings(chain, txn, backward, ledger_, context_);
    });
}

Result<std::vector<Crossing>> CrossingChoice::of(ChainId chain, const ledger::PlacedUtxoTxn& txn,
                                                 bool backward) {
    return gather([&](const LinkSource& source) {
        return source.utxo_crossings(chain, txn, backward, ledger_, context_);
    });
}

// --- Which of them counts

CrossingChoice::Claim CrossingChoice::claim_of(const Crossing& crossing) {
    const auto [from, to] = places_of(crossing);
    return {from,
            to,
            crossing.from.address,
            crossing.to.address,
            crossing.from.asset,
            crossing.to.asset};
}
CrossingChoice::Rank CrossingChoice::rank_of(const Crossing& crossing) {
    return {-crossing.confidence, claim_of(crossing)};
}

/// Those of the row of an end. None when the ledger does not hold it.
Result<std::vector<Crossing>> CrossingChoice::at(const CrossingEnd& end, bool backward) {
    std::vector<Crossing> all;
    CORDON_TRY(const Landing held, txn_of(end));
    if (!held.missing.empty() || !may_cross(end.chain)) return all;
    if (is_utxo(end.chain)) {
        CORDON_TRY(const auto txn, ledger_.utxo_txn(end.chain, end.at));
        CORDON_TRY(all, of(end.chain, txn, backward));
    } else {
        CORDON_TRY(const auto txn, ledger_.account_txn(end.chain, end.at));
        CORDON_TRY(all, of(end.chain, txn, backward));
    }
    std::erase_if(all, [&](const Crossing& crossing) {
        return near_of(crossing, backward).place() != end.place();
    });
    return all;
}

/// Surer ones of its deposit or its arrival.
Result<std::vector<Crossing>> CrossingChoice::rivals(const Crossing& crossing) {
    CORDON_TRY(auto all, at(left_by(crossing), false));
    CORDON_TRY(auto others, at(arrived_by(crossing), true));
    all.insert(all.end(), std::make_move_iterator(others.begin()),
               std::make_move_iterator(others.end()));
    std::erase_if(all, [&](const Crossing& rival) {
        return rival.confidence < min_confidence_ || rank_of(rival) >= rank_of(crossing) ||
               places_of(rival) == places_of(crossing);
    });
    return all;
}

Result<bool> CrossingChoice::holds(const Crossing& crossing) {
    struct Frame {
        Rank rank;
        std::vector<Crossing> rivals;
        std::size_t next = 0;
    };
    // Each asks only for surer ones, so that it ends; not by recursion, for a chain of rivals may
    // be as long as there are deposits.
    std::vector<Frame> stack;
    const auto push = [&](const Crossing& next) -> Status {
        CORDON_TRY(const std::string otherwise, contradiction(next));
        if (!otherwise.empty()) {
            held_[rank_of(next)] = false;
            return {};
        }
        CORDON_TRY(auto surer, rivals(next));
        stack.push_back({rank_of(next), std::move(surer)});
        return {};
    };
    if (const auto known = held_.find(rank_of(crossing)); known != held_.end())
        return known->second;
    CORDON_TRY(push(crossing));
    while (!stack.empty()) {
        Frame& top = stack.back();
        const bool free = top.next == top.rivals.size();
        const auto known = free ? held_.end() : held_.find(rank_of(top.rivals[top.next]));
        if (free || (known != held_.end() && known->second)) {
            held_[top.rank] = free;
            stack.pop_back();
        } else if (known != held_.end()) {
            ++top.next;
        } else {
            const Crossing rival = top.rivals[top.next];  // Outlives the move of its frame.
            CORDON_TRY(push(rival));
        }
    }
    return held_.at(rank_of(crossing));
}

Result<CrossingChoice::Pick> CrossingChoice::pick(const std::vector<Crossing>& all,
                                                  const CrossingEnd::Place& row, const Asset& asset,
                                                  bool backward) {
    Pick pick;
    std::vector<const Crossing*> candidates;
    for (const Crossing& crossing : all) {
        const CrossingEnd near = near_of(crossing, backward);
        if (near.place() == row && near.end.asset == asset) candidates.push_back(&crossing);
    }
    if (candidates.empty()) return pick;
    const Crossing& best = *candidates.front();
    if (best.confidence < min_confidence_) {
        pick.candidates = static_cast<uint32_t>(candidates.size());
        pick.best = best.confidence;
        pick.why.push_back(format("{}: {} of where it {}, the surest {}", best.kind,
                                  candidates.size() == 1
                                      ? std::string{"1 candidate"}
                                      : format("{} candidates", candidates.size()),
                                  backward ? "came from" : "went on", percent(best.confidence)));
        return pick;
    }
    for (const Crossing* crossing : candidates) {
        if (crossing->confidence < min_confidence_) break;
        CORDON_TRY(const bool held, holds(*crossing));
        if (held) {
            pick.crossing = crossing;
            return pick;
        }
    }
    pick.refused = &best;
    CORDON_TRY(std::string why, contradiction(best));
    if (why.empty())
        why = backward ? "its deposit belongs to another arrival"
                       : "its arrival belongs to another deposit";
    pick.why.push_back(not_followed(best, why));
    return pick;
}

// --- Where it leaves and arrives

bool CrossingChoice::is_worthless(ChainId chain, const Asset& asset) const {
    return std::any_of(links_.begin(), links_.end(), [&](const LinkSource* source) {
        return source->is_worthless(chain, asset, context_);
    });
}

Result<std::string> CrossingChoice::contradiction(const Crossing& crossing) const {
    CORDON_TRY(auto left, landing(left_by(crossing), false));
    CORDON_TRY(auto arrived, landing(arrived_by(crossing), true));
    for (Landing* const end : {&left, &arrived})
        if (!end->missing.empty() && !end->unknown) return std::move(end->missing);
    return std::string{arrives_before_it_left(crossing, left.time, arrived.time)
                           ? "it arrives before it left"
                           : ""};
}

Result<CrossingChoice::Landing> CrossingChoice::txn_of(const CrossingEnd& end) const {
    Landing landing;
    landing.unknown = true;
    if (!chains_.contains(end.chain)) {
        landing.missing = format("the ledger does not hold {}", to_string(end.chain));
        return landing;
    }
    CORDON_TRY(const auto held, ledger_.find_txn(end.chain, end.txn));
    landing.unknown = !held;
    if (!held)
        landing.missing = format("the ledger does not hold its txn on {}", to_string(end.chain));
    else if (*held != end.at)
        landing.missing = "the ledger holds its txn elsewhere";
    return landing;
}

Result<CrossingChoice::Landing> CrossingChoice::landing(const CrossingEnd& end,
                                                        bool receives) const {
    CORDON_TRY(Landing landing, txn_of(end));
    if (!landing.missing.empty()) return landing;
    const auto none = [&] {
        landing.missing =
            receives ? "the ledger shows no such arrival" : "the ledger shows no such deposit";
        return landing;
    };
    if (is_utxo(end.chain)) {
        CORDON_TRY(const auto placed, ledger_.utxo_txn(end.chain, end.at));
        const UtxoTxn& txn = placed.txn;
        if (end.row >= txn.outputs.size() || txn.outputs[end.row].value == 0 ||
            !end.end.asset.is_native())
            return none();
        const auto may_be_of = [&](const TxIn& in) {
            return !in.spent || in.spent->address == end.end.address;
        };
        if (receives ? txn.outputs[end.row].address != end.end.address
                     : std::none_of(txn.inputs.begin(), txn.inputs.end(), may_be_of))
            return none();
        landing.time = placed.time;
        landing.amount = Amount{txn.outputs[end.row].value};
        return landing;
    }
    CORDON_TRY(const auto placed, ledger_.account_txn(end.chain, end.at));
    const auto& rows = placed.txn.transfers;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const Transfer& each) { return each.index == end.row; });
    // What the walk leaves out of a txn cannot take taint either (view_of).
    if (row == rows.end() || row->kind == TransferKind::kFee || row->from == row->to ||
        row->amount.is_zero() || is_absurd(row->amount) || row->asset != end.end.asset ||
        (receives ? row->to : row->from) != end.end.address || is_worthless(end.chain, row->asset))
        return none();
    landing.time = placed.txn.time ? placed.txn.time : placed.time;
    landing.amount = row->amount;
    return landing;
}

}  // namespace cordon::trace
