// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "swap.hpp"

#include <algorithm>
#include <string>

#include <cordon/base/format.hpp>
#include <cordon/trace/trace.hpp>

#include "counterfeit.hpp"
#include "net_change.hpp"

namespace cordon::patterns {
namespace {

using trace::Context;
using trace::Link;
using trace::LinkEnd;
using Party = NetChanges::Party;

/// Changes looked at while searching who exchanged what, for one txn. A batch of a thousand orders
/// over a hundred assets needs a tenth of it; a txn made to be slow ends here, and what was found
/// by then stays.
constexpr uint64_t kMaxSteps = 2'000'000;

std::optional<double> value_of(ChainId chain, const std::vector<LinkEnd>& ends,
                               const Context& context, std::optional<UnixMillis> time) {
    double sum = 0;
    for (const LinkEnd& end : ends) {
        const auto usd = context.usd(chain, end.asset, end.amount, time);
        if (!usd) return std::nullopt;
        sum += *usd;
    }
    return sum;
}

/// Which assets the exchangers of a txn turn an asset into.
class Exchange {
public:
    explicit Exchange(const NetChanges& changes)
        : changes_{changes},
          takers_(changes.assets.size()),
          taken_(changes.assets.size()),
          reached_(changes.assets.size()) {
        for (const Party& party : changes.parties) {
            if (!party.exchanges()) continue;
            for (const AssetChange& change : changes.of(party)) {
                if (!change.gain) continue;
                takers_[change.asset].push_back(&party);
                taken_[change.asset] += change.amount;
            }
        }
    }

    /// By place in `assets`: what `asset` can become in the hands of exchangers other than `self`.
    /// Itself never. Nullptr when the bound is reached.
    const std::vector<bool>* reach(uint32_t asset, const Party* self) {
        // Who gives one asset and gets one turns what he wants into what he has: no way from what
        // he has to what he wants needs that, so the same answer serves all such parties.
        const bool shared =
            self == nullptr || !self->exchanges() || (self->losses == 1 && self->gains == 1);
        std::vector<bool>& seen = shared ? reached_[asset] : own_;
        if (shared && !seen.empty()) return &seen;
        if (steps_ > kMaxSteps) return nullptr;
        seen.assign(changes_.assets.size(), false);
        std::vector<uint32_t> queue{asset};
        std::vector<bool> asked(changes_.parties.size(), false);
        seen[asset] = true;
        while (!queue.empty()) {
            const uint32_t next = queue.back();
            queue.pop_back();
            for (const Party* taker : takers_[next]) {
                ++steps_;
                const auto place = static_cast<std::size_t>(taker - changes_.parties.data());
                if (asked[place] || (!shared && taker == self)) continue;
                asked[place] = true;
                for (const AssetChange& change : changes_.of(*taker)) {
                    ++steps_;
                    if (change.gain || seen[change.asset]) continue;
                    seen[change.asset] = true;
                    queue.push_back(change.asset);
                }
            }
        }
        steps_ += changes_.assets.size() + changes_.parties.size() / 64;
        seen[asset] = false;
        return &seen;
    }

    /// What exchangers took of an asset; the rest of a loss was paid to somebody (an aggregator's
    /// fee) and is no part of the exchange.
    const Amount& taken(uint32_t asset) const { return taken_[asset]; }

private:
    const NetChanges& changes_;
    std::vector<std::vector<const Party*>> takers_;  // Exchangers, by the asset they took.
    std::vector<Amount> taken_;
    std::vector<std::vector<bool>> reached_;
    std::vector<bool> own_;
    uint64_t steps_ = 0;
};

class Finder {
public:
    Finder(ChainId chain, const ledger::PlacedAccountTxn& placed, const Context& context,
           const Swap::Params& params, std::vector<Asset> assets)
        : chain_{chain},
          time_{placed.time},
          context_{context},
          params_{params},
          changes_{net_changes(chain, placed.txn, std::move(assets))} {}

    std::vector<Link> find() {
        std::vector<Link> links;
        // Most txns with several assets are payments; then nobody has exchanged anything.
        if (std::none_of(changes_.parties.begin(), changes_.parties.end(),
                         [](const Party& party) { return party.exchanges(); }))
            return links;
        exchange_.emplace(changes_);
        std::vector<const Party*> payers, getters;
        for (const Party& party : changes_.parties) {
            if (party.address.is_zero()) continue;
            if (party.exchanges()) {
                if (auto link = own_swap(party)) links.push_back(std::move(*link));
            } else {
                (party.gains == 0 ? payers : getters).push_back(&party);
            }
        }
        if (getters.empty()) return links;
        if (payers.size() == 1) {
            if (auto link = sale_for_others(*payers.front(), getters))
                links.push_back(std::move(*link));
        } else if (payers.size() > 1) {
            orders_for_others(payers, getters, links);
        }
        return links;
    }

private:
    LinkEnd end_of(const Party& party, const AssetChange& change) const {
        return {party.address, changes_.assets[change.asset], change.amount};
    }

    std::optional<Link> own_swap(const Party& party) {
        Link link;
        std::vector<bool> bought(changes_.assets.size(), false);
        for (const AssetChange& lost : changes_.of(party)) {
            if (lost.gain) continue;
            const auto* reached = exchange_->reach(lost.asset, &party);
            if (reached == nullptr) return std::nullopt;
            bool used = false;
            for (const AssetChange& gained : changes_.of(party))
                if (gained.gain && (*reached)[gained.asset]) used = bought[gained.asset] = true;
            const Amount exchanged = std::min(lost.amount, exchange_->taken(lost.asset));
            if (used && !exchanged.is_zero())
                link.from.push_back({party.address, changes_.assets[lost.asset], exchanged});
        }
        for (const AssetChange& gained : changes_.of(party))
            if (gained.gain && bought[gained.asset]) link.to.push_back(end_of(party, gained));
        if (link.from.empty() || link.to.empty()) return std::nullopt;
        link.confidence = 1;
        link.why.emplace_back("net-change");
        return judge(std::move(link));
    }

    /// One address only pays, others only receive, exchangers stand between, and the values agree.
    std::optional<Link> sale_for_others(const Party& seller,
                                        const std::vector<const Party*>& getters) {
        if (seller.losses != 1) return std::nullopt;
        const AssetChange& lost = changes_.of(seller).front();
        const auto* reached = exchange_->reach(lost.asset, &seller);
        if (reached == nullptr) return std::nullopt;
        Link link;
        for (const Party* getter : getters)
            for (const AssetChange& gained : changes_.of(*getter))
                if ((*reached)[gained.asset]) link.to.push_back(end_of(*getter, gained));
        const Amount exchanged = std::min(lost.amount, exchange_->taken(lost.asset));
        if (link.to.empty() || exchanged.is_zero()) return std::nullopt;
        link.from.push_back({seller.address, changes_.assets[lost.asset], exchanged});
        // An exchanger may be the accomplice here, since the seller himself gets nothing: less sure
        // than a swap.
        link.confidence = 0.85;
        link.why.emplace_back("net-change");
        link.why.emplace_back("recipient-is-not-seller");
        return judge_priced(std::move(link));
    }

    /// Several only pay and several only receive: who paid for whom is told by values alone, and
    /// only where just one payment and just one receipt agree.
    void orders_for_others(const std::vector<const Party*>& payers,
                           const std::vector<const Party*>& getters, std::vector<Link>& links) {
        struct Side {
            const Party* party;
            double usd;
        };
        const auto priced = [&](const std::vector<const Party*>& parties) {
            std::vector<Side> sides;
            for (const Party* party : parties) {
                if (party->losses + party->gains != 1) continue;
                const LinkEnd end = end_of(*party, changes_.of(*party).front());
                const auto usd = context_.usd(chain_, end.asset, end.amount, time_);
                if (usd && *usd > 0) sides.push_back({party, *usd});
            }
            return sides;
        };
        std::vector<Side> got = priced(getters);
        std::sort(got.begin(), got.end(), [](const Side& a, const Side& b) {
            return a.usd != b.usd ? a.usd < b.usd : a.party < b.party;
        });
        constexpr std::size_t kNone = ~std::size_t{0};
        std::vector<std::size_t> claims(got.size(), 0);
        std::vector<std::pair<const Party*, std::size_t>> matches;
        for (const Side& paid : priced(payers)) {
            const auto* reached = exchange_->reach(changes_.of(*paid.party).front().asset, nullptr);
            if (reached == nullptr) return;
            const auto low =
                std::lower_bound(got.begin(), got.end(), paid.usd * (1 - params_.order_tolerance),
                                 [](const Side& side, double usd) { return side.usd < usd; });
            std::size_t only = kNone, seen = 0;
            for (auto at = low;
                 at != got.end() && at->usd <= paid.usd * (1 + params_.order_tolerance); ++at) {
                const auto place = static_cast<std::size_t>(at - got.begin());
                if (!(*reached)[changes_.of(*at->party).front().asset]) continue;
                ++claims[place];
                only = ++seen == 1 ? place : kNone;
                if (seen > kMaxLikeOrders) return;  // A crowd of like orders: nobody's are told.
            }
            if (only != kNone) matches.emplace_back(paid.party, only);
        }
        for (const auto& [payer, place] : matches) {
            if (claims[place] != 1) continue;
            const AssetChange& lost = changes_.of(*payer).front();
            Link link;
            link.from.push_back(end_of(*payer, lost));
            link.from.front().amount = std::min(lost.amount, exchange_->taken(lost.asset));
            link.to.push_back(end_of(*got[place].party, changes_.of(*got[place].party).front()));
            link.confidence = 0.7;
            link.why = {"net-change", "recipient-is-not-seller", "order-by-value"};
            if (auto judged = judge_priced(std::move(link))) links.push_back(std::move(*judged));
        }
    }

    /// "A pays B, and B pays C in another asset" looks just like a sale for another: only equal
    /// values tell them apart.
    std::optional<Link> judge_priced(Link link) const {
        auto judged = judge(std::move(link));
        if (judged &&
            std::find(judged->why.begin(), judged->why.end(), "unpriced") != judged->why.end())
            return std::nullopt;
        return judged;
    }

    std::optional<Link> judge(Link link) const {
        const auto given = value_of(chain_, link.from, context_, time_);
        const auto got = value_of(chain_, link.to, context_, time_);
        if (given && got) {
            const double high = std::max(*given, *got);
            const double low = std::min(*given, *got);
            if (high > 0 && low < params_.min_value_ratio * high) return std::nullopt;
            link.why.emplace_back("values-agree");
        } else {
            link.confidence *= 0.9;
            link.why.emplace_back("unpriced");
        }
        link.kind = "swap";
        if (link.from.size() > 1 || (link.to.size() > 1 && link.to[0].asset != link.to[1].asset))
            link.kind = "liquidity";
        if (is_wrap(link)) {
            link.kind = "wrap";
            link.why.emplace_back("own-contract");
        }
        if (link.from.size() > 1) link.why.emplace_back(given ? "weights-by-usd" : "weights-equal");
        return link;
    }

    /// One to one, and one of the two is a token whose own contract stands on the other side.
    bool is_wrap(const Link& link) const {
        if (link.from.size() != 1 || link.to.size() != 1 ||
            link.from[0].amount != link.to[0].amount)
            return false;
        for (const Asset& asset : {link.from[0].asset, link.to[0].asset})
            if (const auto contract = issuer(chain_, asset)) {
                const Party* party = changes_.find(*contract);
                if (party != nullptr && party->exchanges()) return true;
            }
        return false;
    }

    static constexpr std::size_t kMaxLikeOrders = 16;

    ChainId chain_;
    std::optional<UnixMillis> time_;
    const Context& context_;
    const Swap::Params& params_;
    NetChanges changes_;
    std::optional<Exchange> exchange_;
};

}  // namespace

std::vector<Link> Swap::links(ChainId chain, const ledger::PlacedAccountTxn& txn,
                              const Context& context) const {
    if (txn.txn.transfers.size() < 2) return {};
    std::vector<Asset> assets = moved_assets(txn.txn);
    if (assets.size() < 2) return {};
    const Counterfeit counterfeit;
    std::erase_if(assets, [&](const Asset& asset) {
        return counterfeit.is_worthless(chain, asset, context);
    });
    if (assets.size() < 2) return {};
    return Finder{chain, txn, context, params_, std::move(assets)}.find();
}

}  // namespace cordon::patterns
