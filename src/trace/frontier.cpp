// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "frontier.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>

#include "account_txn.hpp"

namespace cordon::trace {
namespace {

using Place = std::pair<ChainId, Address>;

constexpr std::size_t kPage = 256;

bool unfinished(Stop stop) noexcept {
    return stop == Stop::kHops || stop == Stop::kTime || stop == Stop::kBudget;
}
bool can_move(Stop stop) noexcept {
    return stop == Stop::kUnspent || stop == Stop::kBelowLimit || unfinished(stop);
}

/// What an account holds of each asset by the ledger; nothing when it has more than `max_rows`.
Result<std::optional<std::vector<Asset>>> assets_held(
    const ledger::Reader& ledger, const Place& place, uint64_t max_rows,
    const std::function<bool(const Asset&)>& is_worthless) {
    std::map<Asset, std::pair<Amount, Amount>> sums;  // In, out.
    const auto cursor = ledger.transfers_of(place.first, place.second, {});
    std::array<ledger::PlacedTransfer, kPage> page;
    for (uint64_t rows = 0;;) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) break;
        rows += count;
        if (rows > max_rows) return std::optional<std::vector<Asset>>{};
        for (std::size_t i = 0; i < count; ++i) {
            const Transfer& row = page[i].transfer;
            if (row.from == row.to || is_absurd(row.amount)) continue;
            auto& [in, out] = sums[row.asset];
            (row.to == place.second ? in : out) += row.amount;
        }
    }
    std::vector<Asset> held;
    for (const auto& [asset, sum] : sums)
        if (sum.first > sum.second && !is_worthless(asset)) held.push_back(asset);
    return std::optional{std::move(held)};
}

}  // namespace

Result<std::vector<Watch>> frontier(const ledger::Reader& ledger, const Context& context,
                                    std::span<const LinkSource* const> links,
                                    const TraceResult& result, const FrontierParams& params) {
    if (result.params.direction == Direction::kBackward)
        return fail(ErrorCode::kInvalidParam,
                    "a watch list needs a trace forward: --direction backward leads to where money "
                    "came from");
    std::map<Place, uint32_t> nodes;  // Their places.
    std::set<Place> services;
    for (uint32_t next = 0; const Node& node : result.nodes)
        nodes.insert_or_assign({node.chain, node.address}, next++);

    std::vector<Watch> list;
    std::set<std::pair<Place, Asset>> watched;
    for (const Endpoint& end : result.endpoints) {
        const Place place{end.chain, end.address};
        if (end.stop == Stop::kLabel || end.stop == Stop::kHighDegree) services.insert(place);
        if (!can_move(end.stop) || end.address.is_zero()) continue;
        const auto node = nodes.find(place);
        list.push_back({end.chain, end.address, end.outpoint, end.asset, end.tainted,
                        node != nodes.end() ? result.nodes[node->second].last_seen : std::nullopt,
                        params.case_name, format("trace:{}", to_string(end.stop)),
                        unfinished(end.stop) ? params.unfinished_confidence : 1});
        watched.emplace(place, end.asset);
    }
    // Of one asset at one place there is one row: the reasons are joined, the least sure one
    // counts.
    const auto key = [](const Watch& row) {
        return std::tie(row.chain, row.address, row.outpoint, row.asset);
    };
    std::sort(list.begin(), list.end(), [&](const Watch& a, const Watch& b) {
        return std::tuple_cat(key(a), std::tie(a.source)) <
               std::tuple_cat(key(b), std::tie(b.source));
    });
    std::vector<Watch> joined;
    for (Watch& row : list) {
        if (joined.empty() || key(joined.back()) != key(row)) {
            joined.push_back(std::move(row));
            continue;
        }
        Watch& same = joined.back();
        same.tainted += row.tainted;
        same.source += "+" + row.source.substr(row.source.find(':') + 1);
        same.confidence = std::min(same.confidence, row.confidence);
    }

    const std::set<Place> givers = [&] {
        std::set<Place> out;
        for (const Edge& edge : result.edges) out.emplace(edge.chain, edge.from);
        return out;
    }();
    for (const Place& place : givers) {
        const auto at = nodes.find(place);
        if (at == nodes.end() || services.contains(place) || place.second.is_zero()) continue;
        const Node node = result.nodes[at->second];
        const bool service =
            node.label && std::find(result.params.stop.begin(), result.params.stop.end(),
                                    node.label->category) != result.params.stop.end();
        if (service) continue;  // Also a robbed exchange that is a seed: its money is its own.
        std::vector<Asset> held;
        if (is_utxo(place.first)) {
            CORDON_TRY(const auto balance, ledger.balance(place.first, place.second));
            if (balance.unspent != 0) held.emplace_back();
        } else {
            CORDON_TRY(const auto found,
                       assets_held(ledger, place, params.max_rows, [&](const Asset& asset) {
                           return std::any_of(
                               links.begin(), links.end(), [&](const LinkSource* source) {
                                   return source->is_worthless(place.first, asset, context);
                               });
                       }));
            if (found) held = *found;
        }
        for (const Asset& asset : held)
            if (!watched.contains({place, asset}))
                joined.push_back({place.first, place.second, std::nullopt, asset, Amount{},
                                  node.last_seen, params.case_name, "trace:upstream",
                                  params.upstream_confidence});
    }
    std::sort(joined.begin(), joined.end(),
              [&](const Watch& a, const Watch& b) { return key(a) < key(b); });
    return joined;
}

}  // namespace cordon::trace
