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

/// More parties than this is a batch of strangers (airdrops, disperse calls); who exchanged with
/// whom is then not to be told by net changes, and the search would be quadratic in a hostile txn.
constexpr std::size_t kMaxParties = 64;

/// The assets that exchangers other than `self` turn `asset` into, itself excluded.
std::set<Asset> reachable(const NetChanges& changes, const Asset& asset,
                          const std::vector<Address>& selves) {
    std::set<Asset> seen{asset};
    for (bool more = true; more;) {
        more = false;
        for (const auto& [address, change] : changes) {
            if (!change.exchanges() ||
                std::find(selves.begin(), selves.end(), address) != selves.end())
                continue;
            const bool takes =
                std::any_of(change.gained.begin(), change.gained.end(),
                            [&](const auto& entry) { return seen.contains(entry.first); });
            if (!takes) continue;
            for (const auto& [given, amount] : change.lost)
                more = seen.insert(given).second || more;
        }
    }
    seen.erase(asset);
    return seen;
}

/// What exchangers other than the seller took of an asset; the rest of a loss was paid to somebody
/// (an aggregator's fee) and is no part of the exchange.
Amount taken_by_exchangers(const NetChanges& changes, const Asset& asset, const Address& seller) {
    Amount sum;
    for (const auto& [address, change] : changes) {
        if (address == seller || !change.exchanges()) continue;
        if (const auto at = change.gained.find(asset); at != change.gained.end()) sum += at->second;
    }
    return sum;
}

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

/// One to one, and one of the two is a token whose own contract stands on the other side.
bool is_wrap(ChainId chain, const NetChanges& changes, const Link& link) {
    if (link.from.size() != 1 || link.to.size() != 1 || link.from[0].amount != link.to[0].amount)
        return false;
    for (const Asset& asset : {link.from[0].asset, link.to[0].asset}) {
        const auto contract = issuer(chain, asset);
        if (!contract) continue;
        const auto at = changes.find(*contract);
        if (at != changes.end() && at->second.exchanges()) return true;
    }
    return false;
}

class Finder {
public:
    Finder(ChainId chain, const ledger::PlacedAccountTxn& placed, const Context& context,
           double min_ratio, const std::set<Asset>& worthless)
        : chain_{chain},
          time_{placed.time},
          context_{context},
          min_ratio_{min_ratio},
          changes_{net_changes(chain, placed.txn, worthless)} {}

    std::vector<Link> find() {
        std::vector<Link> links;
        if (changes_.size() < 2 || changes_.size() > kMaxParties) return links;
        for (const auto& [address, change] : changes_)
            if (change.exchanges() && !address.is_zero())
                if (auto link = own_swap(address, change)) links.push_back(std::move(*link));
        if (auto link = sale_for_another()) links.push_back(std::move(*link));
        return links;
    }

private:
    std::optional<Link> own_swap(const Address& address, const NetChange& change) const {
        Link link;
        std::set<Asset> bought;
        for (const auto& [asset, amount] : change.lost) {
            bool used = false;
            for (const Asset& reached : reachable(changes_, asset, {address}))
                if (change.gained.contains(reached)) used = bought.insert(reached).second || true;
            if (!used) continue;
            const Amount exchanged =
                std::min(amount, taken_by_exchangers(changes_, asset, address));
            if (!exchanged.is_zero()) link.from.push_back({address, asset, exchanged});
        }
        for (const Asset& asset : bought)
            link.to.push_back({address, asset, change.gained.at(asset)});
        if (link.from.empty() || link.to.empty()) return std::nullopt;
        link.confidence = 1;
        link.why.emplace_back("net-change");
        return judge(std::move(link));
    }

    /// One address only pays, others only receive, exchangers stand between, and the values agree.
    /// With several payers nobody can say who paid for whom.
    std::optional<Link> sale_for_another() const {
        const Address* seller = nullptr;
        for (const auto& [address, change] : changes_) {
            if (!change.gained.empty() || address.is_zero()) continue;
            if (seller != nullptr || change.lost.size() != 1) return std::nullopt;
            seller = &address;
        }
        if (seller == nullptr) return std::nullopt;
        const auto& [asset, amount] = *changes_.at(*seller).lost.begin();
        const std::set<Asset> reached = reachable(changes_, asset, {*seller});
        Link link;
        for (const auto& [address, change] : changes_) {
            if (!change.lost.empty() || address.is_zero()) continue;
            for (const auto& [gained, gain] : change.gained)
                if (reached.contains(gained)) link.to.push_back({address, gained, gain});
        }
        const Amount exchanged = std::min(amount, taken_by_exchangers(changes_, asset, *seller));
        if (link.to.empty() || exchanged.is_zero()) return std::nullopt;
        link.from.push_back({*seller, asset, exchanged});
        // An exchanger may be the accomplice here, since the seller himself gets nothing: less sure
        // than a swap.
        link.confidence = 0.85;
        link.why.emplace_back("net-change");
        link.why.emplace_back("recipient-is-not-seller");
        // "A pays B, and B pays C in another asset" looks just the same: only equal values tell
        // them apart.
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
            if (high > 0 && low < min_ratio_ * high) return std::nullopt;
            link.why.emplace_back("values-agree");
        } else {
            link.confidence *= 0.9;
            link.why.emplace_back("unpriced");
        }
        link.kind = "swap";
        if (link.from.size() > 1 || (link.to.size() > 1 && link.to[0].asset != link.to[1].asset))
            link.kind = "liquidity";
        if (is_wrap(chain_, changes_, link)) {
            link.kind = "wrap";
            link.why.emplace_back("own-contract");
        }
        if (link.from.size() > 1) link.why.emplace_back(given ? "weights-by-usd" : "weights-equal");
        return link;
    }

    ChainId chain_;
    std::optional<UnixMillis> time_;
    const Context& context_;
    double min_ratio_;
    NetChanges changes_;
};

}  // namespace

std::vector<Link> Swap::links(ChainId chain, const ledger::PlacedAccountTxn& txn,
                              const Context& context) const {
    std::set<Asset> assets, worthless;
    for (const Transfer& row : txn.txn.transfers)
        if (!row.amount.is_zero()) assets.insert(row.asset);
    if (assets.size() < 2) return {};
    const Counterfeit counterfeit;
    for (const Asset& asset : assets)
        if (counterfeit.is_worthless(chain, asset, context)) worthless.insert(asset);
    if (assets.size() - worthless.size() < 2) return {};
    return Finder{chain, txn, context, params_.min_value_ratio, worthless}.find();
}

}  // namespace cordon::patterns
