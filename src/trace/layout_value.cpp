// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_value.hpp"

#include <cmath>
#include <set>

#include <cordon/base/format.hpp>

namespace cordon::trace {
namespace {

using Key = std::pair<ChainId, Asset>;

/// What the first pass over a result learns about one asset.
struct Seen {
    Amount seeded;
    Amount total;    // Everything tainted that ever was in this asset.
    Amount largest;  // Of its tainted movements: a round basis for the price query.
    std::optional<UnixMillis> first;
    bool moved = false;
};

/// A search keeps no books: what left its seeds stands for the loot, when it is of one asset, to
/// which swaps and crossings then give the others their rates.
void seed_searched(const TraceResult& result, std::map<Key, Seen>& seen) {
    std::set<std::pair<ChainId, Address>> seeds;
    for (const Node& node : result.nodes)
        if (node.seed) seeds.emplace(node.chain, node.address);
    std::map<Key, Amount> left;
    for (const Edge& edge : result.edges) {
        if (!seeds.contains({edge.chain, edge.from})) continue;
        Amount& sum = left[{edge.chain, edge.asset}];
        sum = checked_add(sum, edge.amount).value_or(Amount::max());
    }
    if (left.size() == 1) seen[left.begin()->first].seeded = left.begin()->second;
}

/// `exchanges`: the swaps and crossings of the result, in its order.
std::map<Key, Seen> survey(const TraceResult& result, std::vector<Edge>& exchanges) {
    std::map<Key, Seen> seen;
    for (const Total& total : result.totals) {
        Seen& s = seen[{total.chain, total.asset}];
        s.seeded = total.seeded;
        s.total = checked_add(total.seeded, total.swapped_in).value_or(Amount::max());
        s.total = checked_add(s.total, total.inherited).value_or(Amount::max());
    }
    // Most movements have the asset of the one before: no look-up then.
    auto last = seen.end();
    const auto place = [&](ChainId chain, const Asset& asset) -> Seen& {
        if (last == seen.end() || last->first.first != chain || last->first.second != asset)
            last = seen.try_emplace({chain, asset}).first;
        return last->second;
    };
    const auto note = [&](ChainId chain, const Asset& asset, const Amount& tainted,
                          std::optional<UnixMillis> time) {
        Seen& s = place(chain, asset);
        s.moved = true;
        s.largest = std::max(s.largest, tainted);
        if (time && (!s.first || *time < *s.first)) s.first = time;
    };
    for (const Edge& edge : result.edges) {
        note(edge.chain, edge.asset, edge.tainted, edge.time);
        if (!edge.to_asset || !edge.to_amount) continue;
        note(edge.arrives_on(), *edge.to_asset, *edge.to_amount, edge.time);
        exchanges.push_back(edge);
    }
    if (result.totals.empty()) seed_searched(result, seen);
    for (const Endpoint& end : result.endpoints) {
        Seen& s = place(end.chain, end.asset);
        s.largest = std::max(s.largest, end.tainted);
    }
    return seen;
}

std::string symbol_of(const Context* context, const Key& key) {
    if (context)
        if (const auto info = context->asset(key.first, key.second)) return info->symbol;
    if (key.second.is_native()) return std::string{native_symbol(key.first)};
    return std::string{key.second.text()};
}

unsigned decimals_of(const Context* context, const Key& key) {
    if (context)
        if (const auto info = context->asset(key.first, key.second)) return info->decimals;
    return key.second.is_native() ? native_decimals(key.first) : 0;
}

}  // namespace

ValueScale ValueScale::make(const TraceResult& result, const Context* context) {
    ValueScale scale;
    std::vector<Edge> exchanges;
    const std::map<Key, Seen> seen = survey(result, exchanges);

    std::map<Key, double> prices;
    std::vector<Key> seeded;
    for (const auto& [key, s] : seen) {
        if (!s.seeded.is_zero()) seeded.push_back(key);
        const Amount& basis = s.largest.is_zero() ? s.total : s.largest;
        if (!context || basis.is_zero()) continue;
        const auto usd = context->usd(key.first, key.second, basis, s.first);
        if (usd && std::isfinite(*usd) && *usd > 0) prices[key] = *usd / basis.to_double();
    }
    if (seeded.empty() && seen.size() == 1) seeded.push_back(seen.begin()->first);

    const bool all_seeded_priced =
        !seeded.empty() && std::all_of(seeded.begin(), seeded.end(),
                                       [&](const Key& key) { return prices.contains(key); });
    if (seen.size() > 1 && all_seeded_priced) {
        scale.unit_ = Unit::kUsd;
        scale.unit_name_ = "USD";
        scale.rates_ = std::move(prices);
        scale.note_ =
            "Amounts of all assets are shown in USD, each asset at its price when it first moved.";
    } else if (seeded.size() == 1) {
        const Key& key = seeded.front();
        scale.unit_name_ = symbol_of(context, key);
        scale.rates_[key] = std::pow(10.0, -static_cast<double>(decimals_of(context, key)));
        if (seen.size() > 1)
            scale.note_ = "Amounts of other assets are shown in " + scale.unit_name_ +
                          " at the rate of the first swap or crossing into them.";
    } else if (!seeded.empty()) {
        scale.unit_ = Unit::kShare;
        scale.unit_name_ = "share of loot";
        for (const Key& key : seeded) scale.rates_[key] = 1.0 / seen.at(key).seeded.to_double();
        scale.note_ =
            "Not every stolen asset is priced: each asset is scaled by its own loot (100 % = all "
            "that was stolen of it).";
    }

    // Swaps and crossings give a rate to what they bring. Edges are in chain order, so one pass
    // reaches a chain of swaps; only crossings may lead to a chain that was passed already.
    for (bool again = true; again;) {
        again = false;
        for (const Edge& edge : exchanges) {
            if (edge.to_amount->is_zero()) continue;
            const auto from = scale.rates_.find({edge.chain, edge.asset});
            const Key to{edge.arrives_on(), *edge.to_asset};
            if (from == scale.rates_.end() || scale.rates_.contains(to)) continue;
            const double rate =
                from->second * edge.amount.to_double() / edge.to_amount->to_double();
            if (!std::isfinite(rate) || rate <= 0) continue;
            scale.rates_[to] = rate;
            again = again || edge.to_chain.has_value();
        }
    }

    for (const Key& key : seeded)
        scale.loot_ += scale.value(key.first, key.second, seen.at(key).seeded);
    if (scale.loot_ <= 0)
        for (const Node& node : result.nodes) {
            double held = 0;
            for (const Holding& h : node.holdings)
                held += scale.value(node.chain, h.asset, h.tainted);
            scale.loot_ = std::max(scale.loot_, held);
        }

    std::string without;
    for (const auto& [key, s] : seen) {
        if (scale.rates_.contains(key)) continue;
        const Amount& whole = s.total.is_zero() ? s.largest : s.total;
        if (whole.is_zero()) continue;
        scale.rates_[key] = (scale.loot_ > 0 ? scale.loot_ : 1.0) / whole.to_double();
        if (s.moved) without += (without.empty() ? "" : ", ") + symbol_of(context, key);
    }
    if (!without.empty()) {
        if (!scale.note_.empty()) scale.note_ += ' ';
        scale.note_ +=
            "Without price, swap or crossing, drawn as a share of its own total: " + without + ".";
    }
    if (scale.loot_ <= 0) scale.loot_ = 1;
    if (scale.unit_name_.empty())
        scale.unit_ = Unit::kShare, scale.unit_name_ = "share of its asset";
    return scale;
}

double ValueScale::rate(ChainId chain, const Asset& asset) const noexcept {
    const auto it = rates_.find({chain, asset});
    return it == rates_.end() ? 0.0 : it->second;
}

std::string short_number(double value) {
    if (!std::isfinite(value)) return "?";
    if (value <= 0) return "0";
    static constexpr std::array<const char*, 6> kSuffix{"", "k", "M", "B", "T", "P"};
    std::size_t step = 0;
    double v = value;
    // 999.5 would print as "1000": go on to the next suffix where rounding reaches it.
    while (v >= 999.5 && step + 1 < kSuffix.size()) v /= 1000, ++step;
    if (v >= 1e6) return format("{:.1e}", value);
    if (step == 0) {
        if (v >= 99.95) return format("{:.0f}", v);
        if (v >= 9.995) return format("{:.1f}", v);
        if (v >= 0.01) return format("{:.2f}", v);
        if (v >= 0.0001) return format("{:.4f}", v);
        return "<0.0001";
    }
    return (v >= 99.95 ? format("{:.0f}", v) : format("{:.1f}", v)) + kSuffix[step];
}

std::string ValueScale::text(double value) const {
    switch (unit_) {
        case Unit::kUsd: return value > 0 && value < 0.01 ? "<$0.01" : "$" + short_number(value);
        case Unit::kShare: {
            const double percent = value * 100;
            if (percent > 0 && percent < 0.01) return "<0.01 %";
            return percent >= 99.95 ? format("{:.0f} %", percent) : format("{:.2f} %", percent);
        }
        case Unit::kAsset: break;
    }
    return short_number(value);
}

std::string ValueScale::text_with_unit(double value) const {
    return unit_ == Unit::kAsset ? text(value) + " " + unit_name_ : text(value);
}

const Holding* ValueScale::main_holding(const Node& node) const noexcept {
    const Holding* best = nullptr;
    double most = -1;
    for (const Holding& holding : node.holdings) {
        const double v = value(node.chain, holding.asset, holding.tainted);
        if (v > most) best = &holding, most = v;
    }
    return best;
}

const Total* ValueScale::main_total(const TraceResult& result) const noexcept {
    const Total* best = nullptr;
    double most = -1;
    for (const Total& total : result.totals) {
        const double v = value(total.chain, total.asset, total.seeded);
        if (v > most) best = &total, most = v;
    }
    return best;
}

}  // namespace cordon::trace
