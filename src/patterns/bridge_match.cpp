// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge_match.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "bridge_assign.hpp"

namespace cordon::patterns {
namespace {

constexpr std::array<std::string_view, kBridgeClues> kNames{"message", "own-address",
                                                            "own-address-split", "amount-and-time"};

using Places = std::vector<uint32_t>;
using Pair = BridgePair;
using Assigned = BridgeAssigned;

/// From which chain to which, in what money: fees differ by lane.
using Lane = std::tuple<ChainId, ChainId, uint32_t>;
Lane lane_of(const BridgeEvent& deposit, const BridgeEvent& payout) {
    return {deposit.chain, payout.chain, deposit.kind};
}

/// The fees of a lane that are known for sure, by size of the deposit.
class Fees {
public:
    void add(double units, double fee) { samples_.emplace_back(units, fee); }
    void sort() { std::sort(samples_.begin(), samples_.end()); }

    /// How far a fee is from the nearest of those of about the same size, as a share of the
    /// deposit; nothing where too few are known.
    std::optional<double> distance(double units, double fee, std::size_t count) const {
        if (samples_.size() < count) return std::nullopt;
        const auto at = std::lower_bound(samples_.begin(), samples_.end(), std::pair{units, 0.0});
        const auto place = static_cast<std::size_t>(at - samples_.begin());
        const std::size_t first =
            std::min(place - std::min(place, count / 2), samples_.size() - count);
        double nearest = HUGE_VAL;
        for (std::size_t i = first; i < first + count; ++i) {
            // Of another size the fee lies between the same sum and the same share.
            const double sum = samples_[i].second;
            const double share = samples_[i].second / samples_[i].first * units;
            const auto [low, high] = std::minmax(sum, share);
            nearest = std::min(nearest, fee < low ? low - fee : std::max(0.0, fee - high));
        }
        return nearest / units;
    }

private:
    std::vector<std::pair<double, double>> samples_;  // Units of the deposit, fee.
};

/// How many matches can be, and how many the same rule finds where none can be: before the deposit.
struct Chance {
    double possible = 0, impossible = 0;
    double precision(double prior, double weight) const {
        return (std::max(0.0, possible - impossible) + prior * weight) / (possible + weight);
    }
};

class Matcher {
public:
    Matcher(const std::vector<BridgeEvent>& deposits, const std::vector<BridgeEvent>& payouts,
            const std::vector<bool>& done_deposits, const std::vector<bool>& done_payouts,
            const BridgeParams& params)
        : deposits_{deposits},
          payouts_{payouts},
          done_deposits_{done_deposits},
          done_payouts_{done_payouts},
          params_{params} {
        for (uint32_t p = 0; p < payouts_.size(); ++p) {
            by_kind_[payouts_[p].kind].push_back(p);
            by_party_[payouts_[p].party].push_back(p);
            if (payouts_[p].price) priced_.push_back(p);
        }
    }

    std::vector<BridgeMatch> run() {
        match_splits();
        match_own();
        leave_out_refunds();
        match_others();
        std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
            return std::tuple{a.deposit, -a.confidence} < std::tuple{b.deposit, -b.confidence};
        });
        return std::move(found_);
    }

private:
    bool can_be(const BridgeEvent& deposit, const BridgeEvent& payout) const {
        return deposit.chain != payout.chain &&
               (!deposit.far_chain || *deposit.far_chain == payout.chain) &&
               (!payout.far_chain || *payout.far_chain == deposit.chain);
    }

    /// Payouts of the list in the window after the deposit (or, where none can be, before it).
    template <typename Visit>
    void each_in_window(const Places& list, const BridgeEvent& deposit, bool after,
                        const Visit& visit) const {
        const UnixMillis from = after ? deposit.time : deposit.time - params_.window;
        const UnixMillis to = after ? deposit.time + params_.window : deposit.time;
        auto at = std::partition_point(list.begin(), list.end(),
                                       [&](uint32_t p) { return payouts_[p].time < from; });
        for (; at != list.end() && payouts_[*at].time <= to; ++at)
            if (!done_payouts_[*at] && (after || payouts_[*at].time < to) &&
                can_be(deposit, payouts_[*at]))
                visit(*at);
    }

    /// What is lacking in the payout, in units of the deposit; nothing when it is no such money.
    std::optional<double> fee_of(const BridgeEvent& deposit, const BridgeEvent& payout) const {
        if (deposit.kind == payout.kind) return deposit.units - payout.units;
        if (!deposit.price || !payout.price || *deposit.price <= 0) return std::nullopt;
        const double relative = *payout.price / *deposit.price;
        if (std::abs(relative - 1) > params_.price_tolerance) return std::nullopt;
        return deposit.units - payout.units * relative;
    }

    bool is_in_band(const BridgeEvent& deposit, double fee, bool own) const {
        // Prices of two assets of one worth are never quite equal.
        if (fee < -deposit.units * params_.fee_tolerance) return false;
        const double share = own ? params_.max_own_fee_share : params_.max_fee_share;
        if (fee <= deposit.units * share) return true;
        return deposit.price && fee * *deposit.price <= params_.max_fee_usd && fee < deposit.units;
    }

    /// How well a pair fits: like fees known for sure, and soon.
    double weight(const BridgeEvent& deposit, const BridgeEvent& payout, double fee) const {
        double fits = 1;
        if (const auto fees = fees_.find(lane_of(deposit, payout)); fees != fees_.end())
            if (const auto far = fees->second.distance(deposit.units, fee, params_.fee_samples))
                fits = 1 / (1 + std::pow(*far / params_.fee_tolerance, 4));
        const double wait = std::chrono::duration<double>(payout.time - deposit.time).count();
        const double window = std::chrono::duration<double>(params_.window).count();
        return fits / (1 + 9 * std::abs(wait) / window);
    }

    std::vector<Pair> own_pairs(bool after) const {
        std::vector<Pair> pairs;
        for (uint32_t d = 0; d < deposits_.size(); ++d) {
            if (done_deposits_[d]) continue;
            const BridgeEvent& deposit = deposits_[d];
            const auto own = by_party_.find(deposit.party);
            if (own == by_party_.end()) continue;
            const std::size_t before = pairs.size();
            each_in_window(own->second, deposit, after, [&](uint32_t p) {
                if (pairs.size() - before == params_.max_rivals) return;
                const auto fee = fee_of(deposit, payouts_[p]);
                if (fee && is_in_band(deposit, *fee, true))
                    pairs.push_back({d, p, weight(deposit, payouts_[p], *fee)});
            });
        }
        return pairs;
    }

    void match_own() {
        std::vector<Pair> pairs = own_pairs(true);
        learn_fees(pairs);
        for (Pair& pair : pairs)
            pair.weight = weight(deposits_[pair.deposit], payouts_[pair.payout],
                                 *fee_of(deposits_[pair.deposit], payouts_[pair.payout]));
        const Chance chance{static_cast<double>(deposits_in(pairs)),
                            static_cast<double>(deposits_in(own_pairs(false)))};
        assign(pairs, BridgeClue::kOwn, chance.precision(params_.own_prior, params_.prior_weight));
    }

    /// From pairs that have no rival.
    void learn_fees(const std::vector<Pair>& pairs) {
        std::map<uint32_t, uint32_t> of_deposit, of_payout;
        for (const Pair& pair : pairs) {
            ++of_deposit[pair.deposit];
            ++of_payout[pair.payout];
        }
        for (const Pair& pair : pairs) {
            if (of_deposit[pair.deposit] != 1 || of_payout[pair.payout] != 1) continue;
            const BridgeEvent& deposit = deposits_[pair.deposit];
            fees_[lane_of(deposit, payouts_[pair.payout])].add(
                deposit.units, *fee_of(deposit, payouts_[pair.payout]));
        }
        for (auto& [lane, fees] : fees_) fees.sort();
    }

    /// A payout on the deposit's own chain to whoever paid it: the bridge gave it back.
    void leave_out_refunds() {
        for (uint32_t d = 0; d < deposits_.size(); ++d) {
            if (done_deposits_[d]) continue;
            const BridgeEvent& deposit = deposits_[d];
            const auto own = by_party_.find(deposit.end);
            if (own == by_party_.end()) continue;
            for (const uint32_t p : own->second) {
                const BridgeEvent& back = payouts_[p];
                if (done_payouts_[p] || back.chain != deposit.chain || back.time < deposit.time ||
                    back.time > deposit.time + params_.window || back.asset != deposit.asset ||
                    !is_in_band(deposit, deposit.units - back.units, false))
                    continue;
                done_deposits_[d] = done_payouts_[p] = true;
                break;
            }
        }
    }

    /// Several payouts to the depositor that make up one deposit.
    void match_splits() {
        for (uint32_t d = 0; d < deposits_.size(); ++d) {
            if (done_deposits_[d]) continue;
            const BridgeEvent& deposit = deposits_[d];
            const auto own = by_party_.find(deposit.party);
            if (own == by_party_.end()) continue;
            Places parts;
            double left = deposit.units;
            bool one_is_enough = false;
            each_in_window(own->second, deposit, true, [&](uint32_t p) {
                const auto rest = fee_of(deposit, payouts_[p]);
                if (!rest) return;
                one_is_enough |= is_in_band(deposit, *rest, false);
                parts.push_back(p);
                left -= deposit.units - *rest;
            });
            if (one_is_enough || parts.size() < 2 || !is_in_band(deposit, left, false)) continue;
            done_deposits_[d] = true;
            for (const uint32_t p : parts) {
                done_payouts_[p] = true;
                found_.push_back({d, p, BridgeClue::kOwnSplit, params_.other_prior, 0});
            }
        }
    }

    std::vector<Pair> other_pairs(bool after) const {
        std::vector<Pair> pairs;
        for (uint32_t d = 0; d < deposits_.size(); ++d) {
            if (done_deposits_[d]) continue;
            const BridgeEvent& deposit = deposits_[d];
            const std::size_t before = pairs.size();
            const auto visit = [&](uint32_t p) {
                if (pairs.size() - before == params_.max_rivals) return;
                const auto fee = fee_of(deposit, payouts_[p]);
                if (!fee || !is_in_band(deposit, *fee, false)) return;
                const double fits = weight(deposit, payouts_[p], *fee);
                // Unlike all fees known of that size, at a tenth of the best weight.
                if (fits * (1 + 9) >= 0.5) pairs.push_back({d, p, fits});
            };
            if (const auto same = by_kind_.find(deposit.kind); same != by_kind_.end())
                each_in_window(same->second, deposit, after, visit);
            if (pairs.size() == before && deposit.price)
                each_in_window(priced_, deposit, after, visit);
        }
        return pairs;
    }

    void match_others() {
        std::vector<Pair> pairs = other_pairs(true);
        const Chance chance{static_cast<double>(deposits_in(pairs)),
                            static_cast<double>(deposits_in(other_pairs(false)))};
        assign(pairs, BridgeClue::kOther,
               chance.precision(params_.other_prior, params_.prior_weight));
    }

    static std::size_t deposits_in(const std::vector<Pair>& pairs) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < pairs.size(); ++i)
            if (i == 0 || pairs[i].deposit != pairs[i - 1].deposit) ++count;
        return count;
    }

    void assign(const std::vector<Pair>& pairs, BridgeClue clue, double precision) {
        for (const Assigned& each : assign_bridge_pairs(pairs)) {
            const Pair& pair = pairs[each.pair];
            done_deposits_[pair.deposit] = done_payouts_[pair.payout] = true;
            found_.push_back(
                {pair.deposit, pair.payout, clue, precision * each.share, each.rivals});
            // What the winner leaves is shared by those that lost against it.
            for (std::size_t i = 0; i < each.losers.size() && i + 1 < params_.max_candidates; ++i) {
                const auto& [other, share] = each.losers[i];
                found_.push_back({pair.deposit, pairs[other].payout, clue,
                                  precision * (1 - each.share) * share, each.rivals});
            }
        }
    }

    const std::vector<BridgeEvent>& deposits_;
    const std::vector<BridgeEvent>& payouts_;
    std::vector<bool> done_deposits_, done_payouts_;
    const BridgeParams& params_;
    std::map<uint32_t, Places> by_kind_;  // Payouts, in order of time; so are the others.
    std::map<Address, Places> by_party_;
    Places priced_;
    std::map<Lane, Fees> fees_;
    std::vector<BridgeMatch> found_;
};

}  // namespace

std::string_view to_string(BridgeClue clue) noexcept {
    return kNames[static_cast<std::size_t>(clue)];
}

std::vector<BridgeMatch> match_bridges(const std::vector<BridgeEvent>& deposits,
                                       const std::vector<BridgeEvent>& payouts,
                                       const std::vector<bool>& done_deposits,
                                       const std::vector<bool>& done_payouts,
                                       const BridgeParams& params) {
    return Matcher{deposits, payouts, done_deposits, done_payouts, params}.run();
}

}  // namespace cordon::patterns
